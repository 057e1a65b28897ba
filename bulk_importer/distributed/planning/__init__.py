"""Makes a plan: one pass over the source, as of a check, that proves where it can be cut.

Segments are read and judged on all cores; of each element its place, its bytes and its media are noted. Behind the end
the cuts are chosen at entries, so that shards have about the same bytes; media whose entries stand in several
stretches are found in files, and go to the shard that has the first of them.

- `planning` makes a plan. `opening` sees that a source can be divided at all, `division` divides it, `limits` divides
  what may leave at a time, and the error budget; `asked` says what of the settings workers are told.
- `writing` puts a plan at its place, `reading` reads it there, and proves it; `differences` says in what it is not the
  one that is asked for.
"""
