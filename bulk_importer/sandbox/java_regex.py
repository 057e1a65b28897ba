"""`String.split` with a pattern that nobody meant as one: a JSON pointer.

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
    "$": rf"(?=(?:\r\n|(?<!\r)\n|[\r\x85\u2028\u2029])?\Z)",
}
_MOST_LOOPS = 3
"""With more unbounded quantifiers than these a match could take for ever; no real key has them."""


class PatternRefused(Exception):
    """Java refuses the pattern, or it is one that is not translated."""


def split_by(pattern: str, text: str) -> list[str]:
    """The first parts of `text.split(pattern)` in Java: enough of them to tell the second one, and no more.

    Raises:
        PatternRefused: see the class.
    """
    if _LITERAL.fullmatch(pattern) is not None:
        first, found, rest = text.partition(pattern)
        return [first, rest.split(pattern, 1)[0]] if found and rest.replace(pattern, "") else [text]
    parts = []
    start = 0
    for match in _compiled(pattern).finditer(text):
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
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile("".join(_translated(pattern)))
    except re.error as error:
        raise PatternRefused(pattern) from error


def _translated(pattern: str) -> Iterator[str]:
    """`pattern` in Python's notation, piece by piece."""
    position = loops = 0
    loops_outside: list[int] = []  # for each open group, the loops before it
    while position < len(pattern):
        inner_loops = 0
        match pattern[position]:
            case "(":
                if pattern.startswith("(?", position):
                    raise PatternRefused(pattern)
                loops_outside.append(loops)
                position += 1
                yield "("
                continue
            case "|":
                position += 1
                yield "|"
                continue
            case ")" if loops_outside:
                inner_loops = loops - loops_outside.pop()
                atom, position = ")", position + 1
            case _:
                atom, position = _atom(pattern, position)
        quantifier = _QUANTIFIER.match(pattern, position)
        yield atom
        if quantifier is not None:
            position = quantifier.end()
            loops += "*" in quantifier[0] or "+" in quantifier[0] or "," in quantifier[0]
            if inner_loops or loops > _MOST_LOOPS:
                raise PatternRefused(pattern)
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
