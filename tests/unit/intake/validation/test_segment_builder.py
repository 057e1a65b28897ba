"""What judging a segment gives, element by element."""

from __future__ import annotations

from bulk_importer.intake.validation.segment_builder import Flawed, Judged, SegmentBuilder, text_digest
from bulk_importer.labels.flaws import Flaw
from bulk_importer.model import KeepData
from bulk_importer.spans import Span

DATA = b"a,bb,ccc,dddd"
STARTS, LENGTHS = [0, 2, 5, 9], [1, 2, 3, 4]
FLAW = Flaw("schema", "/labels", "an object", "a list")


def digest(number: int) -> bytes:
    """The digest of an accepted element, which whoever judges it has made."""
    return bytes([number]) * 8


def mixed(*, is_report: bool = False) -> Judged:
    """Of four elements the first and the last are accepted, the second is rejected, and the third is no entry."""
    builder = SegmentBuilder()
    builder.accept("m0", KeepData.TRUE, 3, digest(0))
    builder.reject(b"bb", "m1", (FLAW,))
    builder.skip(b"ccc")
    builder.warn("m3", (FLAW,))
    builder.accept("m3", KeepData.MISSING, 4, digest(3))
    return builder.judged(DATA, STARTS, LENGTHS, is_report=is_report)


def test_each_element_is_accepted_rejected_or_skipped() -> None:
    """By its index in the segment."""
    judged = mixed()
    assert list(judged.run.positions) == [0, 3]
    assert judged.rejected == (Flawed(1, "m1", (FLAW,)),)
    assert judged.skipped == (Span(2, 3),)


def test_the_columns_of_the_run_are_those_of_accepted_elements() -> None:
    """Where they are in the data, and what was said of each."""
    run = mixed().run
    assert [DATA[at : at + length] for at, length in zip(run.starts, run.lengths, strict=True)] == [
        b"a",
        b"dddd",
    ]
    assert run.media_ids == ["m0", "m3"]
    assert list(run.keeps) == [KeepData.TRUE, KeepData.MISSING]
    assert list(run.weights) == [3, 4]


def test_where_nothing_was_left_out_the_places_are_used_as_they_are() -> None:
    """Without a copy; nearly all segments are like that."""
    builder = SegmentBuilder()
    for number in range(4):
        builder.accept(f"m{number}", KeepData.MISSING, 1, digest(number))
    run = builder.judged(DATA, STARTS, LENGTHS, is_report=False).run
    assert run.positions == range(4)
    assert run.starts is STARTS
    assert run.lengths is LENGTHS


def test_a_warning_belongs_to_the_entry_that_is_accepted_next() -> None:
    """No flaws are no warning."""
    assert mixed().warned == (Flawed(3, "m3", (FLAW,)),)
    builder = SegmentBuilder()
    builder.warn("m0", ())
    assert builder.warned == []


def test_every_element_has_a_digest() -> None:
    """One that is left out that of its text, so that a resume knows it again; a report keeps none."""
    assert mixed().digests == digest(0) + text_digest(b"bb") + text_digest(b"ccc") + digest(3)
    assert mixed(is_report=True).digests == b""


def test_the_next_index_counts_all_elements() -> None:
    """Those that were left out too."""
    builder = SegmentBuilder()
    builder.skip(b"x")
    builder.accept("m", KeepData.MISSING, 1, digest(1))
    assert builder.index == 2
