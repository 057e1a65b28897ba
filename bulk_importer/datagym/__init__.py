"""The server and its language, and nothing else: what it takes, what it answers, what is there, how it is reached.

- What it takes: `entry` (the shape of a media entry), `label_config` (classes and values), `meaning` and `bounds` (what
  the server would make of an entry), `findings` (everything that can be wrong with one, in words).
- What it answers: `answers` turns an answer, or a failure to get one, into a verdict (`verdicts`); `schema_text` reads
  the places out of a schema text.
- How it is reached: `client` speaks HTTP, `access` holds the token, `retry` is the only loop that sends again, by a
  `policy` that is data; `uploads` sends a batch to a project.
- What is there: `catalog` looks up projects, datasets, media and configurations along `routes`, `listings` reads long
  lists in bounded memory, `label_reader` reads what media hold.

Facts about the server were measured on a running one; they are written down in `tests/vectors/PROTOCOL.md` ("protocol
2.6" is a section of it), and the sandbox, which shares no code with this package, replays them.
"""
