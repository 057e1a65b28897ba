"""Divides the elements of a source that was checked: what goes to which shard, in which pieces.

`survey` notes the place and the media of each element on disk, in `columns`, while the source is checked. Behind its
end `cutting` makes blocks of elements, much smaller than a shard; `repeats` finds the media that come in several of
them, and `moving` which entries follow such a media to an earlier block. Then `cutting` chooses where shards begin,
and `dividing` gives each its pieces, with their digests.
"""
