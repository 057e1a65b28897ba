"""The server, and nothing else: how it is reached, what it answers, what is there. What it accepts is in `labels`.

- `wire` speaks HTTP: requests out, answers or failures back.
- `answers` says what an answer to an upload means, and when to ask again; it is pure.
- `reads` looks up what is on the server, along `routes`.
- `task_states` completes and skips tasks, and `config_change` sets a label configuration.
- `uploads` sends a batch to a project; `retry` looks something up again while that fails for reasons that pass;
  `timing` is the clock, the sleep and the jitter of whatever waits, `http_dates` reads what a server calls a time.
- `diagnosis` examines the way to a server step by step; `remedies` says what to do where the way is blocked.

It knows nothing of sources, packing or checkpoints. Facts about the server were measured on a running one; they are
written down in `tests/vectors/PROTOCOL.md` ("protocol 2.6" is a section of it), and the sandbox, which shares no code
with this package, replays them.
"""
