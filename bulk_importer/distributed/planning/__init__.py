"""Makes a plan: one pass over the source, as of a check, that proves where it can be cut.

Segments are read and judged on all cores; of each element its place, its bytes and its media are noted. Behind the end
the cuts are chosen at entries, so that shards have about the same weight; media whose entries stand in several
stretches are found by sorting on disk, and go to the shard that has the first of them.
"""
