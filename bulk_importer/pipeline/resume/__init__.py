"""What an import can build on that an earlier one left.

`already_delivered` finds what of a mended source was delivered from the source that it was made of; `recorded_source`
finds the source of a checkpoint, by its `source_identity`; `advice` says how an import that is not finished is gone on
with, `undone` that it was taken back. `settling` has the server asked what became of requests whose answer was lost.
None of them sends an entry. How a plain resume reads its source is in `one_pass.feed.reading_plan`. Whether a resume
may go on at all is decided where the checkpoint is opened: `checkpoint.folder` compares the source, the server (see
`--server-moved`), the project and the settings with what is on record.
"""
