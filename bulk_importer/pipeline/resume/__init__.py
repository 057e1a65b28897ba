"""What an import can build on that an earlier one left.

`already_delivered` finds what of a mended source was delivered from the source that it was made of; `source_again`
finds the source of a checkpoint; `advice` says how an import that is not finished is gone on with. All three read
checkpoints and do not send. How a plain resume reads its source is in `feed.reading_plan`.
"""
