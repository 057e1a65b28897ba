"""A segment is accepted when it provably holds whole elements, and boundaries are guessed where entries meet."""

from __future__ import annotations

import pytest

from bulk_importer.intake.framing.scan import scan
from bulk_importer.intake.framing.segments import Boundaries, LineBreaks, frame, frame_lines, joint_before


@pytest.mark.parametrize(
    ("data", "comma", "elements"),
    [
        (b'{"a":1},{"b":2}', False, [b'{"a":1}', b'{"b":2}']),
        (b' , {"a":1}\r\n,\t[]', True, [b'{"a":1}', b"[]"]),
        (b'\n1 ,"},{" , null', False, [b"1", b'"},{"', b"null"]),
    ],
)
def test_a_segment_is_framed_and_scanned_alike(data: bytes, comma: bool, elements: list[bytes]) -> None:
    """By the fast decoder and by structure."""
    found = frame(data, comma=comma)
    assert found is not None
    slow = scan(data + b",", comma=comma, at_end=False, limit=99)
    assert (found.starts, found.lengths) == (slow.starts, slow.lengths)
    pairs = zip(found.starts, found.lengths, strict=True)
    assert [data[start : start + length] for start, length in pairs] == elements


@pytest.mark.parametrize(
    ("data", "comma"),
    [
        (b'{"a":1},', False),
        (b'{"a":1}', True),
        (b'{"a":1}]', False),
        (b'{"a":[{"b":1}', False),
        (b'],[{"b":1}', False),
        (b"1],[2", False),
        (b'"a', False),
        (b"1,,2", False),
        (b"[" * 5000 + b"]" * 5000, False),
    ],
)
def test_what_is_no_segment_is_not_framed(data: bytes, comma: bool) -> None:
    """Unbalanced, a comma too many or too few, or deeper than the fast decoder goes."""
    assert frame(data, comma=comma) is None


def test_boundaries_are_where_a_known_key_begins_an_object() -> None:
    """Not where just any object begins."""
    data = b'{"labels":{"a":[{"x":1},{"x":2}]}},\n{"labels":1},{"y":2}'
    boundaries = Boundaries()
    assert boundaries.first(data) == boundaries.last(data) == data.index(b",\n")


def test_boundaries_learn_the_first_key_and_the_joint() -> None:
    """From the head of the source, and from what was proven."""
    data = b'{"image":1},{"image":2},\n{"image":3}'
    boundaries = Boundaries()
    assert boundaries.last(data) is None
    boundaries.begin(b' \n{"image":1}')
    assert boundaries.last(data) == data.index(b",\n")
    boundaries.learn(b'},{"image"')
    assert boundaries.last(data) == data.index(b',{"image":2}')


def test_a_joint_is_what_stands_between_two_elements() -> None:
    """With the first key; nothing where there is no such pattern."""
    data = b'{"a":1} ,\n {"b":2},3'
    assert joint_before(data, data.index(b'{"b"'), 7) == b'} ,\n {"b"'
    assert joint_before(data, data.index(b"3"), data.index(b",3")) == b""


def test_lines_are_delimited_and_blank_ones_are_none() -> None:
    """The break behind a line belongs to it."""
    found = frame_lines(b' {"a":1} \r\n\n\t\n{"b":2}\n{"c"', at_end=False, limit=99)
    assert (list(found.starts), list(found.lengths), found.consumed) == ([1, 14], [7, 7], 22)
    assert (found.end, found.damage, found.element) == (None, None, 22)
    assert LineBreaks().last(b"a\nb\nc") == 4
    assert LineBreaks().first(b"a\nb\nc") == 2
    assert LineBreaks().last(b"a") is None
