"""Says what stands at the place where a text stops being JSON: most of what people have is nearly JSON.

Pure. Other languages write it, and so do people: a comma behind the last value, single quotes, comments, `True`,
keys without quotation marks, `.5`. The parser's own words for these differ between its versions and name none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import pointer_of

__all__ = ["Constant", "flaw_at", "flaws_of_constants"]

_NOT_A_NUMBER = "not-a-number"
_EXCERPT = 24
_BLANKS = " \t\n\r"
_WORD = re.compile(r"[^\W\d][\w$-]*")
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9][\w.]*(?:(?<=[eE])[-+]\w*)?")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?(?:nan|inf|infinity)(?!\w)", re.IGNORECASE)
_TYPOGRAPHIC = frozenset("“”‘’‚‛„‟«»")
_SPOKEN = {
    "true": "true",
    "false": "false",
    "none": "null",
    "null": "null",
    "nil": "null",
    "undefined": "null",
}
_CONTROLS = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}
_MISSING = {
    "Expecting ',' delimiter": "a comma",
    "Expecting ':' delimiter": "a colon",
    "Expecting property name": "a key in double quotes",
    "Expecting value": "a value",
    "Extra data": "nothing more",
}


class Constant(str):
    """`NaN`, `Infinity` or `-Infinity` as it stands in a text, in place of the number that it is not."""

    __slots__ = ()


def flaws_of_constants(value: object, path: tuple[str | int, ...] = ()) -> Iterator[Flaw]:
    """A flaw for each constant in a value, at its place."""
    if isinstance(value, Constant):
        yield Flaw(_NOT_A_NUMBER, pointer_of(path), "a number", str(value))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from flaws_of_constants(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from flaws_of_constants(each, (*path, index))


def flaw_at(text: str, error: json.JSONDecodeError) -> Flaw:
    """What is wrong with a text that the parser of the standard library refuses with `error`."""
    seen = _in_a_text(text, error)
    if seen is None:
        at = _next_solid(text, error.pos)
        seen = (
            _comma(text, at) or _mark(text, at) or _value(text, at, error.msg) or _other(text, at, error.msg)
        )
    byte = len(text[: seen.at].encode())
    around = text[seen.at : seen.at + _EXCERPT]
    excerpt = "".join(each if each.isprintable() else " " for each in around).strip()
    return Flaw(
        seen.code, "", seen.expected, f"{seen.what} at byte {byte} of the element: {excerpt}".rstrip(": ")
    )


class _Mistake(NamedTuple):
    """What stands at character `at`, and what should."""

    at: int
    expected: str
    what: str
    code: str = "not-json"


def _next_solid(text: str, at: int) -> int:
    """The place of the next character that is no blank; the end of the text where there is none."""
    return len(text) - len(text[at:].lstrip(_BLANKS))


def _in_a_text(text: str, error: json.JSONDecodeError) -> _Mistake | None:
    if error.msg.startswith("Invalid control character"):
        control = text[error.pos]
        what = f"{_CONTROLS.get(control, 'a control character')} inside a text"
        return _Mistake(error.pos, f"{json.dumps(control)[1:-1]} in its place", what)
    if error.msg.startswith("Invalid \\"):
        at = text.rfind("\\", 0, error.pos + 1)
        return _Mistake(at, r"an escape, or \\ for a backslash", "a backslash that begins no escape")
    if error.msg.startswith("Unterminated string"):
        return _Mistake(error.pos, "a quotation mark at its end", "a text that does not end")
    return None


def _comma(text: str, at: int) -> _Mistake | None:
    """A comma that nothing follows. The parser points at it, or at what comes behind it."""
    before = text[:at].rstrip(_BLANKS)
    for comma in (at, len(before) - 1):
        behind = text[_next_solid(text, comma + 1) :][:1]
        if comma >= 0 and text[comma : comma + 1] == "," and behind in ("]", "}", ","):
            return _Mistake(comma, "a value behind each comma", "a comma too many")
    return None


def _mark(text: str, at: int) -> _Mistake | None:
    here = text[at : at + 1]
    if here == "'":
        return _Mistake(at, "double quotes", "a text in single quotes")
    if here in _TYPOGRAPHIC:
        return _Mistake(at, 'plain double quotes, "', "a typographic quotation mark")
    if here == "#" or text[at : at + 2] in ("//", "/*"):
        return _Mistake(at, "no comments", "a comment")
    return None


def _value(text: str, at: int, complaint: str) -> _Mistake | None:
    """What is meant for a number, a word or a key."""
    word = _WORD.match(text, at)
    if "property name" in complaint:
        return _Mistake(at, f'"{word[0]}"', "a key without quotation marks") if word else None
    no_number = _NO_NUMBER.match(text, at) or (_NO_NUMBER.match(text, at - 1) if at else None)
    if no_number:
        return _Mistake(no_number.start(), "a number", "no number", _NOT_A_NUMBER)
    begin = at
    while begin and (text[begin - 1].isdigit() or text[begin - 1] in "+-."):
        begin -= 1
    number = _NUMBER_LIKE.match(text, begin)
    if number and not _NUMBER.fullmatch(number[0]):
        return _Mistake(begin, "a number such as 10, 0.5 or -1.5e3", "a number in another form than JSON's")
    if word:
        spoken = _SPOKEN.get(word[0].lower(), "a text in double quotes, a number, true, false or null")
        return _Mistake(at, spoken, "a word that JSON does not know")
    return None


def _other(text: str, at: int, complaint: str) -> _Mistake:
    if at == len(text):
        return _Mistake(at, "the rest of it", "the element breaks off")
    expected = next(
        (each for begin, each in _MISSING.items() if complaint.startswith(begin)), "JSON by RFC 8259"
    )
    return _Mistake(at, expected, "something else")
