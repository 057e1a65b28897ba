"""Feeds rejected entries again, corrected by a person or as they are.

`retrying` is the way in: it imports the corrections and settles them in the checkpoint that rejected the entries.
`plan` decides what is fed, `corrections` has it from a file, which `given` reads, or from the rejects, `order` finds
what must wait for other entries of its media, and `outcome` sums up. `deciding` takes a person's word for what became
of lost answers, of an import or of a retry. A retry is an import of its own, with a checkpoint of its own
(`checkpoint.retries`): how entries are judged and sent, this room does not know.
"""
