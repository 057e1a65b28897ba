"""What attributes say, the sizes of pictures, and words for people about what a file holds.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TypeGuard

import msgspec

from bulk_importer.formats.model import Answer, Left, Size

__all__ = ["answer_of", "placed", "said_of", "shown", "size_of"]


def shown(found: object) -> str:
    """What is there, for people, in few words."""
    if isinstance(found, dict):
        return f"an object with {', '.join(islice(map(str, found), 5))}" if found else "an empty object"
    if isinstance(found, list):
        return f"an array of {len(found)}"
    return "none" if found is None else str(found)[:40]


def placed(left: Left, origin: str) -> Left:
    """A finding whose place is one within another."""
    return msgspec.structs.replace(left, origin=f"{origin}, {left.origin}")


def size_of(width: object, height: object) -> Size | None:
    """The size of a picture; None where it is not said."""
    if _is_count(width) and _is_count(height):
        return Size(width, height)
    return None


def answer_of(found: object) -> Answer | None:
    """What an attribute says, as text; None where it says nothing, or more than a text."""
    if isinstance(found, str):
        return Answer((found,)) if found else None
    if isinstance(found, bool | int | float):
        return Answer((msgspec.json.encode(found).decode(),))
    if isinstance(found, list) and found and all(isinstance(each, str) and each for each in found):
        return Answer(tuple(found))
    return None


def said_of(attributes: object, silent: Sequence[str] = ()) -> tuple[dict[str, Answer], list[str]]:
    """What attributes say, and the names of those that say more than a text.

    Args:
        silent: names of attributes that a tool writes as false where nobody has said anything.
    """
    answers: dict[str, Answer] = {}
    others: list[str] = []
    for name, value in attributes.items() if isinstance(attributes, dict) else ():
        answer = answer_of(value)
        if answer is not None:
            if value is not False or name not in silent:
                answers[name] = answer
        elif value not in (None, "", [], {}):
            others.append(name)
    return answers, others


def _is_count(found: object) -> TypeGuard[int]:
    return isinstance(found, int) and not isinstance(found, bool) and 0 < found <= 2**31
