"""Follows the JSON pointer of a finding into an entry.

Pure and total.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TypeAlias

__all__ = ["Path", "path_of", "value_at"]

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the entry on, as far as they exist."""

_LONGEST_KEY = 200
_MOST_STEPS = 64
_MOST_KEYS = 1000
_INDEX = re.compile("0|[1-9][0-9]{0,8}")


def path_of(pointer: object, entry: object) -> tuple[Path, bool]:
    """The path that a pointer means, as deep as the entry has it; and whether that is the whole pointer."""
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        return (), pointer == ""
    path: list[str | int] = []
    value = entry
    tokens = pointer.split("/", _MOST_STEPS + 1)[1:]
    for token in tokens[:_MOST_STEPS]:
        step = _step(value, token)
        if step is None:
            return tuple(path), False
        path.append(step)
        value = value[step]  # type: ignore[index]  # `_step` has looked
    return tuple(path), len(tokens) <= _MOST_STEPS


def value_at(entry: object, path: Path) -> object:
    """What stands at a path that exists."""
    for each in path:
        entry = entry[each]  # type: ignore[index]  # paths are made of what is there
    return entry


def _step(value: object, token: str) -> str | int | None:
    if isinstance(value, list):
        index = int(token) if _INDEX.fullmatch(token) else len(value)
        return index if index < len(value) else None
    if not isinstance(value, dict):
        return None
    key = token.replace("~1", "/").replace("~0", "~")
    if key in value:
        return key
    # A pointer has long keys cut, and what no UTF-8 holds replaced.
    return next(
        (each for each in islice(value, _MOST_KEYS) if isinstance(each, str) and _cut(each) == key), None
    )


def _cut(key: str) -> str:
    plain = key[: _LONGEST_KEY + 1].encode("utf-8", "replace").decode()
    return plain[: _LONGEST_KEY - 1] + "…" if len(key) > _LONGEST_KEY else plain
