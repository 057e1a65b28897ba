"""What came of shards, as their workers left it at the place. All of it blocks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import Result

__all__ = ["result_of", "results_of"]

_WORK = "work/"
_NAME = "/result.json"


def result_of(place: Place, index: int) -> Result | None:
    """What came of one shard; None where nobody said yet, or not so that it can be read.

    Raises:
        CheckpointUnusable: the place cannot be read.
    """
    return _read(place, f"{_WORK}{index:05}{_NAME}")


def results_of(place: Place) -> Mapping[int, Result]:
    """What came of all shards of which somebody said something, by index. Raises `CheckpointUnusable`, too."""
    found = (_read(place, name) for name in place.names(_WORK) if name.endswith(_NAME))
    return {each.index: each for each in found if each is not None}


def _read(place: Place, key: str) -> Result | None:
    content = place.read(key)
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=Result)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
