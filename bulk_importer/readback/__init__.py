"""Labels read back from the server, where only they can tell what became of what was sent.

- `evidence` decides from the labels of a media whether a request was executed; it is pure.
- `doubts` asks about requests whose answer was lost, and puts on record what became of them.
- `sent_by` keeps by which clock each batch was sent, as that may be the one of another machine.
- `compare` holds all that a checkpoint says was delivered against what the server has.

Nothing is sent here: what is owed again is packed and sent as everything else is.
"""
