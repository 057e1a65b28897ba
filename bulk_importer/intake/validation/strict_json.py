"""Proves that the text of an element is JSON by RFC 8259 that means one thing to everybody.

Pure. The framing of the source does not look inside texts, and parsers differ in what they let pass: control
characters, bytes that are not UTF-8, halves of surrogate pairs, keys that come twice, depths that overflow a stack.
This is the exact and slower look, taken at elements that the fast accept (see `forms.form`) does not vouch for.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import orjson

from bulk_importer.intake.validation.near_json import Constant, flaw_at, flaws_of_constants
from bulk_importer.labels.entry import ENTRY_KEYS
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import pointer_of, shown

__all__ = ["ignored_keys", "parsed", "repeats_a_key"]

_EXCEPT_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_TEXTS = re.compile(rb'"[^"]*"')
_GAP = re.compile(rb'"[ \t\n\r]+:')
_HALF_PAIR = re.compile("[\ud800-\udfff]")
# Python refuses to turn more digits than this into an integer (and a double ends at 309).
_LONGEST_INTEGER = 4300
_FEW_LEVELS = 8
_decode_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Repeating(dict[str, object]):
    """An object of which the text names a key more than once."""

    repeated: tuple[str, ...] = ()


def parsed(raw: bytes, *, max_depth: int) -> tuple[object, list[Flaw]]:
    """What the text says (the last of repeated keys wins, as in the server), and what is wrong with it as a text.

    Numbers come as int or float, and as infinity where a double cannot hold them. The value is None, and means
    nothing, where a flaw other than `duplicate-key` was found. Never recurses deeper than `max_depth`.
    """
    if _is_deeper(raw, max_depth):
        return None, [Flaw("too-deep", "", f"at most {max_depth} levels", f"more than {max_depth} levels")]
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value, flaws = _looked_at_closely(raw)
        if flaws:
            return None, flaws
    return value, list(_repeated_keys(raw, value))


def repeats_a_key(raw: bytes, keys: int, excluded: Sequence[bytes] = ()) -> bool:
    """Whether the text may name a key twice, given how many different keys a parser saw in it. False is a proof.

    Each key in the text brings a colon. So if there are no more colons than keys that arrived, none was lost; in no
    element, if the text is of several, for there are never fewer colons than keys. Elements `excluded` do not count.
    Colons inside texts spoil this count; a colon right behind a quotation mark is rarer there.
    """
    if raw.count(b":") - sum(each.count(b":") for each in excluded) == keys:
        return False
    if raw.count(b'":') - sum(each.count(b'":') for each in excluded) != keys:
        return True
    return any(gap in raw for gap in (b" :", b"\n:", b"\t:", b"\r:")) and _GAP.search(raw) is not None


def ignored_keys(raw: bytes, keys: int) -> list[str] | None:
    """The keys of an entry that a form skipped, if that accounts for all that the form did not see.

    Args:
        raw: an entry that decodes into a form.
        keys: how many keys the form saw.

    Returns:
        The keys, or None where the exact look is needed: a key may come twice, or an ignored value holds objects or
        bytes that nobody has looked at.
    """
    try:
        values = _decode_keys(raw)
    except UnicodeDecodeError:
        return None
    colons = raw.count(b":")
    ignored = []
    for key, value in values.items():
        if key not in ENTRY_KEYS:
            text = bytes(value)
            if b"{" in text or text.count(b"[") > _FEW_LEVELS or not text.isascii():
                return None
            colons -= text.count(b":")
            ignored.append(key)
    return ignored if colons == keys + len(ignored) else None


def _is_deeper(raw: bytes, limit: int) -> bool:
    if raw.count(b"[") + raw.count(b"{") <= limit:
        return False
    text = raw.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in raw else raw
    # Two quotation marks side by side can always go: whatever is left between marks is still what was in a text.
    text = _TEXTS.sub(b"", text.translate(None, _EXCEPT_BRACKETS).replace(b'""', b""))
    for _ in range(limit):  # each round takes the innermost pairs away, so it takes as many rounds as levels
        shorter = text.replace(b"{}", b"").replace(b"[]", b"")
        if len(shorter) == len(text):
            return len(text) > limit  # unbalanced: not JSON, and the parsers say where
        text = shorter
    return bool(text)


def _looked_at_closely(raw: bytes) -> tuple[object, list[Flaw]]:
    """The value of a text that the fast parser refuses, or the flaws that make it unfit to be sent."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        found = f"byte 0x{raw[error.start]:02x} at byte {error.start} of the element"
        return None, [Flaw("not-utf8", "", "UTF-8", found)]
    try:
        value: object = json.loads(text, parse_constant=Constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        return None, [flaw_at(text, error)]
    constants = list(flaws_of_constants(value))
    if constants:
        return None, constants
    for pointer, each in _texts_in(value):
        if _HALF_PAIR.search(each):
            return None, [Flaw("lone-surrogate", pointer, "whole characters", shown(each))]
    return value, []


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _repeated_keys(raw: bytes, value: object) -> Iterator[Flaw]:
    """One flaw for each key that is named twice.

    Written again, the value has as many colons as the text, unless a key was lost or a colon was escaped.
    """
    if b"\\" not in raw and _colons(value) == raw.count(b":"):
        return
    marked: object = json.loads(raw, object_pairs_hook=_marked, parse_int=_integer)
    for path, each in _walk(marked, ()):
        if isinstance(each, _Repeating):
            for key in each.repeated:
                yield Flaw("duplicate-key", pointer_of((*path, key)), "each key once", f"{shown(key)} twice")


def _colons(value: object) -> int:
    try:
        return orjson.dumps(value).count(b":")
    except TypeError:  # an integer that only Python can hold
        return -1


def _marked(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = _Repeating(plain)
    times = Counter(name for name, _ in pairs)
    marked.repeated = tuple(name for name in plain if times[name] > 1)
    return marked


def _walk(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every object and text with its path; a key counts as a text at its own path."""
    if isinstance(value, dict):
        yield path, value
        for key, each in value.items():
            yield (*path, key), key
            yield from _walk(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _walk(each, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _texts_in(value: object) -> Iterator[tuple[str, str]]:
    for path, each in _walk(value, ()):
        if isinstance(each, str):
            yield pointer_of(path), each
