"""Texts as people and programs can read them: paths that need not be UTF-8, and counts with their nouns and verbs.

Pure. A path is bytes. Python gives one that is not UTF-8 as a text with surrogates in it (PEP 383). It opens the file,
and no encoder takes it. Paths stay as they are wherever something is opened; what is shown or written goes through
here: each byte that is no UTF-8 stands as `\\xNN`, which tells two files apart, and which `as_path` finds the file by.

Counts have separators of thousands. What names a place, a position or a byte, has none: people search for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

__all__ = ["agreeing", "as_json", "as_path", "counted", "readable"]

_PLURALS = {
    "is": "are",
    "was": "were",
    "has": "have",
    "does": "do",
    "its": "their",
    "it": "they",
    "media": "media",
    "this": "these",
}

_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def readable(text: str) -> str:
    """The text with each byte that is not UTF-8 as `\\xNN`; the same text where all of it is UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        bytes_of_path = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", text).encode(
            "utf-8", "surrogateescape"
        )
        return bytes_of_path.decode("utf-8", "backslashreplace")
    return text


def as_path(name: str, *, exists: Callable[[str], bool]) -> str:
    """The path that `readable` made this name of; the name itself where there is such a file."""
    if exists(name) or not _BYTE.search(name):
        return name
    return _BYTE.sub(lambda found: chr(0xDC00 + int(found[1], 16)), name)


def as_json(value: Any, *, indent: bool = True, default: Callable[[Any], Any] | None = None) -> bytes:
    """A value as JSON in UTF-8, without a line break at its end; texts in it are made `readable`."""
    import orjson

    option = orjson.OPT_INDENT_2 if indent else 0
    try:
        return orjson.dumps(value, default=default, option=option)
    except TypeError:  # a text that is not UTF-8
        return orjson.dumps(_readable_in(value), default=default, option=option)


def _readable_in(value: Any) -> Any:
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {_readable_in(key): _readable_in(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_readable_in(each) for each in value]
    return value


def counted(count: int, noun: str, verb: str = "") -> str:
    """So many of something, as in `1 rejected entry`; with a verb, as in `2 entries are`.

    Args:
        noun: what one of them is called.
        verb: as for one of them.
    """
    shown = f"{count:,} {noun if count == 1 else _plural(noun)}"
    return f"{shown} {agreeing(count, verb)}" if verb else shown


def agreeing(count: int, verb: str) -> str:
    """The verb or pronoun that goes with so many: `is` for one, `are` for others.

    Args:
        verb: as for one of them; what is not irregular ends with an s, as `needs`.
    """
    return verb if count == 1 else _PLURALS.get(verb) or verb.removesuffix("s")


def _plural(noun: str) -> str:
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
