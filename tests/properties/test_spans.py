"""A set of spans is a set of positions, however it came about."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.spans import Span, SpanSet, stretches

POSITIONS = st.integers(0, 40)
SPANS = st.tuples(POSITIONS, POSITIONS)
CHANGES = st.lists(st.tuples(st.booleans(), SPANS), max_size=25)


def both(changes: list[tuple[bool, tuple[int, int]]]) -> tuple[SpanSet, set[int]]:
    """The same additions (True) and removals (False) made to a set of spans and to a plain set."""
    spans, plain = SpanSet(), set[int]()
    for adds, (start, stop) in changes:
        if adds:
            spans.add(start, stop)
            plain |= set(range(start, stop))
        else:
            spans.discard(start, stop)
            plain -= set(range(start, stop))
    return spans, plain


@given(CHANGES)
def test_it_holds_what_was_put_in_and_not_taken_out(changes: list[tuple[bool, tuple[int, int]]]) -> None:
    """Positions, their number, and canonical form: sorted, never empty, never touching."""
    spans, plain = both(changes)
    assert {at for start, stop in spans for at in range(start, stop)} == plain
    assert len(spans) == len(plain)
    assert bool(spans) == bool(plain)
    assert spans == SpanSet.of(plain)
    assert all(span.start < span.stop for span in spans)
    assert all(left.stop < right.start for left, right in zip(spans.spans, spans.spans[1:], strict=False))


@given(CHANGES, SPANS)
def test_questions_about_a_run_are_answered_as_by_a_plain_set(
    changes: list[tuple[bool, tuple[int, int]]], run: tuple[int, int]
) -> None:
    """covers, meets, within and missing."""
    spans, plain = both(changes)
    inside = set(range(*run))
    assert spans.covers(*run) == (inside <= plain)
    assert spans.meets(*run) == bool(inside & plain)
    assert SpanSet(spans.within(*run)) == SpanSet.of(inside & plain)
    assert SpanSet(spans.missing(*run)) == SpanSet.of(inside - plain)


@given(CHANGES, SPANS)
def test_a_copy_does_not_follow_its_original(
    changes: list[tuple[bool, tuple[int, int]]], run: tuple[int, int]
) -> None:
    """Neither way."""
    spans, _ = both(changes)
    twin = spans.copy()
    assert twin == spans
    twin.add(*run)
    twin.add(50, 51)
    assert 50 not in spans


def test_a_span_is_half_open() -> None:
    """As everywhere in the program."""
    assert list(SpanSet([(3, 5)])) == [Span(3, 5)]
    assert 5 not in SpanSet([(3, 5)])


@given(st.sets(st.integers(0, 60)))
def test_stretches_are_cut_where_the_next_position_is_not_the_next_number(chosen: set[int]) -> None:
    """Held against a look at each: the stretches tile the positions, none has a hole, and no two belong together."""
    positions = array("q", sorted(chosen))
    naive: list[list[int]] = []
    for position in positions:
        if naive and naive[-1][-1] + 1 == position:
            naive[-1].append(position)
        else:
            naive.append([position])
    found = list(stretches(positions))
    assert [list(positions[start:stop]) for start, stop in found] == naive
    assert [index for start, stop in found for index in range(start, stop)] == list(range(len(positions)))
