"""Commands that take a CHECKPOINT folder: `status`, `verify`, `retry`, `resolve`, `complete`.

Each is the module of its name: arguments in, the facts as text or JSON, and an exit code out. `combined` makes one
object of the facts about several checkpoints, `status_text` puts where they stand into words, and `comparing` compares
one with its source and its server. Where an import stands is said by `library.status`, what is proven by
`checkpoint`, what is fed again by `pipeline.retry`, and which tasks are completed by `migration`; nothing of that is
decided here.
"""
