"""Splits texts as Java's `String.split` does, by a pattern that nobody meant as one: a JSON pointer.

Pure. Nearly every pointer holds letters, digits, `/`, `-`, `_` and blanks only, and stands for itself. For the
rest the pattern is translated from Java's notation to Python's as far as keys can reasonably go: operators,
groups and simple classes. Of what is not translated (nested classes, flags, look-around, many or nested
loops) it is assumed that it does not match its own text, which is nearly always so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["PatternRefused", "split_by"]

_LITERAL = re.compile(r"[^\\.^$|?*+(){\[]*")
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})[?+]?")
_CLASS = re.compile(r"\[(\^?)((?:[^\[\]\\&^-](?:-[^\[\]\\&^-])?)+)\]")
_LINE_ENDS = "\\n\\r\\x85\\u2028\\u2029"
_ATOMS = {
    ".": f"[^{_LINE_ENDS}]",
    "^": r"\A",
    "$": r"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)",
}
_MOST_STEPS = 30_000_000
"""A match that could take more steps than these is not tried: it might take for ever. No real key is like that."""


class PatternRefused(Exception):
    """Java refuses the pattern, or the pattern is of a kind that this module does not translate."""


def split_by(pattern: str, text: str) -> list[str]:
    """The first two parts of `text.split(pattern)` in Java, or the one if there are no two.

    Raises:
        PatternRefused: Java refuses the pattern, or it is not translated here.
    """
    if _LITERAL.fullmatch(pattern) is not None:
        first, found, rest = text.partition(pattern)
        return [first, rest.split(pattern, 1)[0]] if found and rest.replace(pattern, "") else [text]
    compiled, loops = _compiled(pattern)
    if len(text) ** loops > _MOST_STEPS:
        raise PatternRefused(pattern)
    parts = []
    start = 0
    for match in compiled.finditer(text):
        if match.end() == 0:
            continue  # an empty match at the very beginning does not count
        parts.append(text[start : match.start()])
        start = match.end()
    parts.append(text[start:])
    if len(parts) > 1:
        while parts and not parts[-1]:
            parts.pop()
    return parts[:2]


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[re.Pattern[str], int]:
    """`pattern` as Python's, and how many unbounded loops it has."""
    pieces = list(_translated(pattern))
    try:
        return re.compile("".join(pieces)), sum(map(_is_loop, pieces))
    except (re.error, OverflowError) as error:
        raise PatternRefused(pattern) from error


def _is_loop(piece: str) -> bool:
    return piece[0] in "*+" or (piece[0] == "{" and "," in piece)


def _translated(pattern: str) -> Iterator[str]:
    """`pattern` in Python's notation, piece by piece; a quantifier is a piece of its own."""
    position = loops = 0
    loops_before: list[int] = []  # for each open group
    while position < len(pattern):
        inner_loops = 0
        match pattern[position]:
            case "(" | "|" as mark:
                if pattern.startswith("(?", position):
                    raise PatternRefused(pattern)
                if mark == "(":
                    loops_before.append(loops)
                position += 1
                yield mark
                continue
            case ")" if loops_before:
                inner_loops = loops - loops_before.pop()
                piece, position = ")", position + 1
            case _:
                piece, position = _atom(pattern, position)
        yield piece
        quantifier = _QUANTIFIER.match(pattern, position)
        if quantifier is not None:
            if inner_loops:
                raise PatternRefused(pattern)
            position = quantifier.end()
            loops += _is_loop(quantifier[0])
            yield quantifier[0]


def _atom(pattern: str, position: int) -> tuple[str, int]:
    """The Python form of what stands at `position` and may be repeated, and where it ends."""
    letter = pattern[position]
    if letter in _ATOMS:
        return _ATOMS[letter], position + 1
    if letter == "\\":
        # Pointers escape backslashes and quotes, so one of those two follows.
        return re.escape(pattern[position + 1 : position + 2]), position + 2
    if letter == "[":
        found = _CLASS.match(pattern, position)
        if found is None:
            raise PatternRefused(pattern)
        members = "".join(member if member == "-" else re.escape(member) for member in found[2])
        return f"[{found[1]}{members}]", found.end()
    if letter in "*+?{)":
        raise PatternRefused(pattern)
    return re.escape(letter), position + 1
