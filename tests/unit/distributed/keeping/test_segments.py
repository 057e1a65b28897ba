"""What a file in a bucket is: segments, in generations that have a beginning."""

from __future__ import annotations

from bulk_importer.distributed.keeping.segments import Segment, generations


def test_the_segments_of_a_file_are_in_order() -> None:
    """Names of others do not matter."""
    names = ["log/0001-000000000213", "log/0001-000000000000", "summary.json", "log.new/x"]
    assert generations(names) == {"log": [[Segment("log", 1, 0), Segment("log", 1, 213)]]}
    assert [each.name for each in generations(names)["log"][0]] == sorted(names[:2])


def test_a_later_generation_comes_first() -> None:
    """From its first segment on; one that only looks so is none."""
    names = [Segment("log", 1, 0).name, Segment("log", 1, 9).name, Segment("log", 2, 5).name]
    first = [Segment("log", 1, 0), Segment("log", 1, 9)]
    assert generations(names) == {"log": [first]}
    second = [Segment("log", 2, 0), Segment("log", 2, 5)]
    assert generations([*names, Segment("log", 2, 0).name]) == {"log": [second, first]}


def test_each_file_has_generations_of_its_own() -> None:
    """The log may be compacted, and the digests never are; a retry has files of the same names."""
    found = [Segment("digests", 1, 0), Segment("log", 2, 0), Segment("retries/0001/checkpoint/log", 1, 0)]
    assert generations(each.name for each in found) == {each.file: [[each]] for each in found}
