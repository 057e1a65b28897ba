"""What can be proven of a checkpoint, and what can be saved of one that is damaged. No run needs any of it.

- `verification` proves from the checkpoint alone that every entry is accounted for, once; `source_proof` that a source
  still holds what was read of it. Both say so in `claims`, as others do that know more (`retries`, `readback`).
- `salvage` reads what a damaged log still says; it is pure. `repair` puts that into the place of the damaged log.
"""
