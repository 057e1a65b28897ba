"""Reads the checkpoint of a shard from a bucket into a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from bulk_importer.checkpoint.digests import DIGEST_BYTES, DIGESTS
from bulk_importer.checkpoint.log.file import log_path, read_log
from bulk_importer.checkpoint.rejects import REJECTED
from bulk_importer.distributed.keeping.segments import Segment, current
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.errors import CheckpointUnusable

__all__ = ["fetch", "has_checkpoint"]

_AT_ONCE = 16
"""A request takes some 30 ms, most of which is waiting."""


def has_checkpoint(place: Place, key: str) -> bool:
    """Whether there is a whole one below `key`. Blocks. Raises `CheckpointUnusable`."""
    return bool(current(_log_names(place, key)))


def fetch(place: Place, key: str, folder: Path) -> None:
    """Make `folder`, and put the files of the checkpoint below `key` into it, as they were at one moment. Blocks.

    It may be written meanwhile. Files hold what the log counts on, and nothing behind it.

    Raises:
        CheckpointUnusable: it cannot be read, is not there, or something of it is missing.
        CheckpointDamaged: its log is not what was written.
    """
    with _told(folder), ThreadPoolExecutor(_AT_ONCE) as pool:
        folder.mkdir(parents=True)
        # The log first: what it counts on was there before it.
        _fetch_file(place, key, folder, _log_names(place, key), pool)
        if not log_path(folder).exists():
            raise CheckpointUnusable(f"{place.name}/{key}", "there is no log in it")
        for file in (REJECTED, DIGESTS):
            _fetch_file(place, key, folder, _names(place, key, file), pool)
        state = read_log(folder).state
        _cut(folder / REJECTED, state.rejected_bytes)
        _cut(folder / DIGESTS, state.position * DIGEST_BYTES)


def _log_names(place: Place, key: str) -> Iterator[str]:
    return _names(place, key, log_path(Path()).name)


def _names(place: Place, key: str, file: str) -> Iterator[str]:
    return (name.removeprefix(f"{key}/") for name in place.names(f"{key}/{file}/"))


def _fetch_file(place: Place, key: str, folder: Path, names: Iterator[str], pool: ThreadPoolExecutor) -> None:
    for file, segments in groupby(current(names), key=lambda each: each.file):
        with (folder / file).open("wb") as writing:
            listed = list(segments)
            contents = pool.map(lambda each: place.read(f"{key}/{each.name}"), listed)
            for segment, content in zip(listed, contents, strict=True):
                if content is None or segment.offset != writing.tell():
                    raise _hole(place, key, segment, writing.tell())
                writing.write(content)


def _hole(place: Place, key: str, segment: Segment, end: int) -> CheckpointUnusable:
    reason = f"{segment.file} has nothing between byte {end:,} and {segment.name}"
    advice = "Restore what was deleted below that prefix, then run the same command again."
    return CheckpointUnusable(f"{place.name}/{key}", reason, advice=advice)


def _cut(path: Path, counted: int) -> None:
    """Take away what the log does not count on; what is too short is told by whoever opens it."""
    if path.exists() and path.stat().st_size > counted:
        os.truncate(path, counted)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
