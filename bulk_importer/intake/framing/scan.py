"""Delimits the elements of a stretch of a JSON array by its structure alone, in pure Python over regular expressions.

A structural scan knows strings, brackets and commas and nothing else, so what is wrong *inside* an element
(a bad escape, `NaN`, a missing colon) does not stop it: such an element costs one entry, and the judge says
why. What breaks the array itself stops it, with the byte.

It is the slow way (75 MB/s on labels; `frame` in `segments` does 500) and is used where the fast decoder
refuses. Leaf objects and leaf arrays are matched whole, and runs of them at once, because the volume of label
data is in lists of points. Nesting costs one byte a level, so a hundred thousand brackets are harmless.

When an element counts as read: an object or an array when it is closed; a string or a bare word when the
comma or the closing bracket behind it was seen, because only then is it known to be whole.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

import msgspec

__all__ = ["BLANKS", "Damage", "Scan", "scan"]

BLANKS = b" \t\n\r"
"""What RFC 8259 calls insignificant white space; a form feed is not in it."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_FLAT = rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+"
_LEAF = rb"(?:\{" + _FLAT + rb"\}|\[" + _FLAT + rb"\])"

_gap = re.compile(rb"[ \t\n\r]*+")
_word = re.compile(rb'[^ \t\n\r,:"\[\]{}]++')
_string = re.compile(_STRING, re.DOTALL)
_leaf = re.compile(_LEAF, re.DOTALL)
# In this order: a run of leaves, a string, a single bracket, a quote that is never closed.
_token = re.compile(rb"(?:" + _LEAF + rb'[^"{}\[\]]*+)++|' + _STRING + rb'|[\[\]{}"]', re.DOTALL)

_QUOTE, _COMMA, _COLON = b'",:'
_OPEN_ARRAY, _CLOSE_ARRAY, _OPEN_OBJECT, _CLOSE_OBJECT = b"[]{}"
_CLOSER = {_OPEN_ARRAY: _CLOSE_ARRAY, _OPEN_OBJECT: _CLOSE_OBJECT}


class Damage(msgspec.Struct, frozen=True):
    """Where the array stops being one.

    Attributes:
        offset: byte in the scanned stretch.
        reason: what is wrong there.
        element: byte at which the element that it lies in begins; None where it lies between elements.
        advice: what to do, where that is not to mend it there.
    """

    offset: int
    reason: str
    element: int | None = None
    advice: str = ""


class Scan(msgspec.Struct, frozen=True):
    """What a scan found.

    Attributes:
        starts, lengths: the whole elements, in bytes of the stretch.
        consumed: the byte behind the last whole element; 0 where there is none.
        end: the byte behind the array's closing bracket, where that was reached.
        damage: what stopped it, other than the end of the stretch.
        element: byte at which an element begins that is not finished in this stretch.
    """

    starts: array[int]
    lengths: array[int]
    consumed: int = 0
    end: int | None = None
    damage: Damage | None = None
    element: int | None = None


class _Unfinished(Exception):
    """The stretch ends inside an element."""


class _Mismatch(Exception):
    """A bracket is closed by one of the other kind."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


def scan(data: bytes, *, comma: bool, at_end: bool, limit: int) -> Scan:
    """Delimit up to `limit` elements.

    Args:
        data: a stretch of the array that begins behind its opening bracket or behind a whole element.
        comma: the stretch begins behind an element, so a comma comes before the next one.
        at_end: nothing comes behind the stretch, so what is unfinished in it is broken off.
        limit: stop behind so many elements, as if the stretch ended there.
    """
    starts, lengths = array("q"), array("q")
    consumed = 0
    at = _skip(data, 0)
    try:
        for start, stop in _elements(data, at, comma=comma):
            starts.append(start)
            lengths.append(stop - start)
            consumed = stop
            if len(starts) == limit:
                return Scan(starts, lengths, consumed)
    except _Stop as stop_at:
        if stop_at.damage is None and stop_at.end is None and at_end:
            broken = Damage(len(data), "the input breaks off", stop_at.element)
            return Scan(starts, lengths, consumed, None, broken, stop_at.element)
        return Scan(starts, lengths, consumed, stop_at.end, stop_at.damage, stop_at.element)
    raise AssertionError("the elements of a stretch end with a reason")


class _Stop(Exception):
    """Why there is no further element."""

    def __init__(
        self, end: int | None = None, damage: Damage | None = None, element: int | None = None
    ) -> None:
        self.end = end
        self.damage = damage
        self.element = element


def _elements(data: bytes, at: int, *, comma: bool) -> Iterator[tuple[int, int]]:
    """The bounds of each whole element; ends by raising `_Stop`."""
    first = not comma
    if comma:
        at = _expect_comma(data, at)
    while True:
        at = _skip(data, at)
        if at == len(data):
            raise _Stop
        start, kind = at, data[at]
        if kind == _CLOSE_ARRAY and first:
            raise _Stop(end=at + 1)
        at = _end_of(data, start)
        if kind == _OPEN_OBJECT or kind == _OPEN_ARRAY:
            yield start, at
            at = _expect_comma(data, _skip(data, at))
        else:
            after = _delimited(data, start, at)
            yield start, at
            at = _expect_comma(data, after)
        first = False


def _skip(data: bytes, at: int) -> int:
    found = _gap.match(data, at)
    return found.end() if found else at


def _expect_comma(data: bytes, at: int) -> int:
    """The byte behind the comma at `at`."""
    if at == len(data):
        raise _Stop
    if data[at] == _COMMA:
        return at + 1
    if data[at] == _CLOSE_ARRAY:
        raise _Stop(end=at + 1)
    raise _Stop(damage=Damage(at, "a comma or the closing bracket of the array is missing"))


def _delimited(data: bytes, start: int, stop: int) -> int:
    """The byte of the delimiter behind a string or word, which is whole only when that was seen."""
    after = _skip(data, stop)
    if after == len(data):
        raise _Stop(element=start)
    if data[after] != _COMMA and data[after] != _CLOSE_ARRAY:
        raise _Stop(
            damage=Damage(after, "a comma or the closing bracket of the array is missing", start),
            element=start,
        )
    return after


def _end_of(data: bytes, start: int) -> int:
    """The byte behind the element that begins at `start`."""
    kind = data[start]
    try:
        if kind == _OPEN_OBJECT or kind == _OPEN_ARRAY:
            whole = _leaf.match(data, start)
            return whole.end() if whole else _close(data, start)
        if kind == _QUOTE:
            whole = _string.match(data, start)
            if whole is None:
                raise _Unfinished
            return whole.end()
    except _Unfinished:
        raise _Stop(element=start) from None
    except _Mismatch as mismatch:
        reason = "a bracket is closed by one of the other kind"
        raise _Stop(damage=Damage(mismatch.offset, reason, start), element=start) from None
    whole = _word.match(data, start)
    if whole is None:
        reason = "the array ends behind a comma" if kind == _CLOSE_ARRAY else "an element is missing"
        raise _Stop(damage=Damage(start, reason))
    return whole.end()


def _close(data: bytes, start: int) -> int:
    """The byte behind the bracket that closes the one at `start`."""
    awaited = bytearray((_CLOSER[data[start]],))
    for token in _token.finditer(data, start + 1):
        at = token.start()
        kind = data[at]
        if token.end() - at > 1:
            continue
        if kind == _QUOTE:
            raise _Unfinished
        if kind == _OPEN_ARRAY or kind == _OPEN_OBJECT:
            awaited.append(_CLOSER[kind])
        elif awaited.pop() != kind:
            raise _Mismatch(at)
        elif not awaited:
            return at + 1
    raise _Unfinished
