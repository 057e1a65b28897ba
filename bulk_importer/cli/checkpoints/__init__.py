"""Commands that take a CHECKPOINT folder: `status`, `verify`, `report`, `retry`, `resolve`, `complete`, `undo`.

Each is the module of its name: arguments in, the facts as text or JSON, and an exit code out. `combined` makes one
object of the facts about several checkpoints, `status_text` puts where they stand into words, `comparing` compares
one with its source and its server, and `reading_again` opens what was imported. Where an import stands is said by
`library.status`, what is proven by `checkpoint`, what is fed again by `pipeline.retry`, which tasks are completed and
what is taken back by `migration`; nothing of that is decided here.
"""
