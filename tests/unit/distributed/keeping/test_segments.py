"""What a file in a bucket is: the segments of its last generation that has a beginning."""

from __future__ import annotations

from bulk_importer.distributed.keeping.segments import Segment, current


def test_the_segments_of_a_file_are_in_order() -> None:
    """Names of others do not matter."""
    names = ["log/0001-000000000213", "log/0001-000000000000", "summary.json", "log.new/x"]
    assert current(names) == [Segment("log", 1, 0), Segment("log", 1, 213)]
    assert [each.name for each in current(names)] == sorted(names[:2])


def test_a_later_generation_is_all_there_is() -> None:
    """From its first segment on; one that only looks so is none."""
    names = [Segment("log", 1, 0).name, Segment("log", 1, 9).name, Segment("log", 2, 5).name]
    assert [each.generation for each in current(names)] == [1, 1]
    assert current([*names, Segment("log", 2, 0).name]) == [Segment("log", 2, 0), Segment("log", 2, 5)]


def test_each_file_has_generations_of_its_own() -> None:
    """The log may be compacted, and the digests never are."""
    names = [Segment("digests", 1, 0).name, Segment("log", 2, 0).name]
    assert current(names) == [Segment("digests", 1, 0), Segment("log", 2, 0)]
