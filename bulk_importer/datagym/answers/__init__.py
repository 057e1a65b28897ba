"""What the server says about an upload, and what follows from that. All of it is pure.

- `judging` turns an answer, or a failure to get one, into one of the `verdicts`; `schema_text` reads the places out of
  the text about schema violations, `server_words` says what the keys of other refusals mean.
- `state_change` does the same for a task that is to be completed or skipped.
- `policy` is when to send again: the retry policy as data, and the arithmetic of waiting.

Who sends, waits and records is not known here.
"""
