"""JSON pointers (RFC 6901) and values cut to a readable length, for findings.

Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

__all__ = ["places_of", "pointer_of", "shown", "step"]

_LONGEST = 80
_LONGEST_KEY = 200  # a server's keys end at 255; a key of a megabyte would stand in every pointer below it
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def pointer_of(path: Iterable[str | int]) -> str:
    """The pointer of a path of keys and indexes; empty for the root.

    A lone surrogate in a key shows as `?`, and a key of more than 200 characters is cut.
    """
    return "".join(f"/{_escaped(each)}" for each in path)


def step(pointer: str, key: str) -> str:
    """The pointer of what stands under a key. (Under an index: `f"{pointer}/{index}"`.)"""
    if key.isascii() and "~" not in key and "/" not in key and len(key) <= _LONGEST_KEY:
        return f"{pointer}/{key}"
    return f"{pointer}/{_escaped(key)}"


def places_of(key: str, value: object, at: str = "") -> Iterator[str]:
    """The pointers of all that stands under this key, wherever it is inside a value."""
    if isinstance(value, dict):
        for each, inner in value.items():
            here = step(at, each)
            if each == key:
                yield here
            yield from places_of(key, inner, here)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places_of(key, inner, f"{at}/{index}")


def _escaped(each: str | int) -> str:
    if isinstance(each, int):
        return str(each)
    plain = each.encode("utf-8", "replace").decode()
    if len(plain) > _LONGEST_KEY:
        plain = plain[: _LONGEST_KEY - 1] + "…"
    return plain.replace("~", "~0").replace("/", "~1")


def shown(value: object) -> str:
    """A value as JSON on one line, cut to a readable length; what cannot be written as UTF-8 is escaped."""
    if isinstance(value, str):
        value = value[: _LONGEST + 1]
    text = ""
    for piece in _ENCODER.iterencode(value):
        text += piece
        if len(text) > _LONGEST:
            text = text[: _LONGEST - 1] + "…"
            break
    return text.encode("utf-8", "backslashreplace").decode()
