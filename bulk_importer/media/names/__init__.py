"""Which media a file name means, for `--media-by name`, and for pictures of other tools.

- `index` is a small file that worker processes map; `near`, beside it, says which names are like one that none has.
- `making` makes both when a checkpoint is begun, and when other names are given. It alone asks the server.
- `homonyms` are the pictures of a converted source that share their file names, and `contested` says which of these
  mean one media.
- `sorted_lines` finds keys in a text.
"""
