"""What an earlier import delivered is left out of a segment, and what would come too late is rejected."""

from __future__ import annotations

from msgspec.structs import replace

from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.pipeline.resume.already_delivered import AlreadyDelivered
from bulk_importer.spans import SpanSet
from support.entries import segment_of

FOUND = AlreadyDelivered(SpanSet.of([0, 3]), SpanSet.of([1]))


def test_delivered_entries_are_skipped_and_late_ones_rejected() -> None:
    segment = FOUND.leave_out(segment_of(0, 5))
    assert list(segment.run.positions) == [2, 4]
    assert [each.position for each in segment.rejections] == [1]
    assert list(SpanSet(segment.skipped)) == list(SpanSet.of([0, 3]))
    assert segment.counts == {"retry-out-of-order": 1}


def test_what_was_delivered_is_not_rejected_by_the_rules_of_today() -> None:
    """Its findings are not counted either."""
    judged = replace(segment_of(0, 5, rejected=[3, 4]), counts={"schema": 2})
    segment = FOUND.leave_out(judged)
    assert [each.position for each in segment.rejections] == [1, 4]
    assert segment.counts == {"schema": 1, "retry-out-of-order": 1}


def test_a_segment_without_such_entries_stays_as_it_is() -> None:
    segment = segment_of(10, 5)
    assert FOUND.leave_out(segment) is segment
    assert FOUND.delivered_in(segment) == ([], [])


def test_the_delivered_entries_of_a_segment_can_be_looked_at() -> None:
    segment = segment_of(0, 5)
    assert FOUND.delivered_in(segment) == ([0, 3], [segment.run.keys[0], segment.run.keys[3]])


def test_those_that_are_rejected_today_are_among_them() -> None:
    """They hold labels all the same."""
    judged = segment_of(0, 5, rejected=[3, 4])
    assert judged.rejections[0].media_id is not None
    of_rejected = key_of(lane_of(judged.rejections[0].media_id))
    assert FOUND.delivered_in(judged) == ([0, 3], [judged.run.keys[0], of_rejected])
