"""The server, and nothing else: how it is reached, what it answers, what is there. What it takes is `labels`.

- What it answers: `answers` turns an answer, or a failure to get one, into a verdict (`verdicts`); `schema_text` reads
  the places out of a schema text.
- How it is reached: `client` speaks HTTP, `access` holds the token, `retry` is the only loop that sends again, by a
  `policy` that is data; `uploads` sends a batch to a project.
- What is there: `catalog` looks up projects, datasets, media and configurations along `routes`, `listings` reads long
  lists in bounded memory, `label_reader` reads what media hold.

Facts about the server were measured on a running one; they are written down in `tests/vectors/PROTOCOL.md` ("protocol
2.6" is a section of it), and the sandbox, which shares no code with this package, replays them.
"""
