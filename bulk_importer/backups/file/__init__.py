"""The backup file: a zstd stream of entries with records in it (the chapter is in `records`).

- `frames` puts records into frames that decompressors skip, by which `mark` knows a backup, and `chain` links them;
  `tally` counts what is in them.
- `writing` writes a backup, and goes on with one that a crash left; `scan` finds its way from record to record.
- `content` reads entries, and proves on the way that they are what was written.
"""
