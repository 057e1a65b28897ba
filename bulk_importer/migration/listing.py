"""Keeps on disk which media a backup is to hold, in the order in which they are read, so that a later run goes on.

The server lists tasks state by state, without paging: a million rows. They go to a file as they come (`RowSpool`), and
from there into the *listing*: JSON Lines, first a `Listed`, then a row for each media. It is written once, whole or not
at all, and stays until the backup is finished. What comes later to the project is not in it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path

import msgspec

from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import BackupUnusable, CheckpointUnusable
from bulk_importer.files.durable import sync_folder
from bulk_importer.files.small_files import content_digest, reason_of
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.lists import media_tasks
from bulk_importer.media.row_spool import RowSpool

__all__ = ["Listed", "listed_media", "listed_tasks", "listing_digest", "write_listing"]

_BATCH_BYTES = 1 << 20
_read_row = msgspec.json.Decoder(TaskRow).decode
_encode = msgspec.json.Encoder().encode


class Listed(msgspec.Struct, frozen=True):
    """How many media a listing has, and how many of the project it leaves out, by the reason."""

    media: int
    left_out: dict[str, int]


def listing_digest(media_list: str | None) -> str:
    """By what the list of media that a person gives is known again; empty without one. Raises `UsageError`."""
    return "" if media_list is None else content_digest(Path(media_list), "The list").hex()


async def write_listing(path: Path, catalog: Catalog, project: Project, media_list: str | None) -> None:
    """Ask the server for the media of a project, and write the listing.

    Args:
        media_list: file of a list of media; those that it does not have are left out.

    Raises:
        UsageError: the list of media cannot be read.
        ServerError: the server does not answer.
        BackupUnusable: the listing cannot be written.
    """
    wanted = None if media_list is None else await asyncio.to_thread(_keys_in, Path(media_list))
    try:
        with RowSpool(path.with_name(f"{path.name}.rows")) as spool:
            await catalog.tasks(project, spool)
            await asyncio.to_thread(_write, path, spool, wanted)
    except CheckpointUnusable as error:
        advice = "Make it writable, with room; then run the same command again."
        raise BackupUnusable(error.path, error.reason, advice=advice) from error


def listed_media(path: Path) -> Listed:
    """What a listing says of itself. Raises `BackupUnusable`: it cannot be read."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.readline(), type=Listed)
    except (OSError, msgspec.MsgspecError) as error:
        raise _unusable(path, error) from error


def listed_tasks(path: Path, skip: int) -> Iterator[TaskRow]:
    """The rows of a listing behind the first `skip`. Raises `BackupUnusable`: it cannot be read."""
    try:
        with path.open("rb") as file:
            for line in islice(file, 1 + skip, None):
                yield _read_row(line)
    except (OSError, msgspec.MsgspecError) as error:
        raise _unusable(path, error) from error


def _keys_in(media_list: Path) -> array[int]:
    """The media of a list, as sorted keys: eight bytes for each."""
    keys: array[int] = array("Q")
    for run in media_tasks(media_list):
        keys.extend(run.keys)
    return array("Q", (key for key, _ in groupby(sorted(keys))))


def _write(path: Path, spool: RowSpool, wanted: array[int] | None) -> None:
    """Write the rows of a spool that are wanted, each task once, as it came last."""
    repeated, left_out, media, found = spool.repeated(), Counter[str](), 0, 0
    beside, body = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.body")
    try:
        with spool.path.open("rb") as rows, body.open("wb") as kept:
            for line in rows:
                row = _read_row(line)
                task = hash(row.task_id)
                if repeated.get(task, 1) > 1:
                    repeated[task] -= 1
                    continue
                is_wanted = wanted is None or _has(wanted, key_of(lane_of(row.media_id)))
                found += is_wanted
                why = (
                    "not listed" if not is_wanted else "benchmark" if row.label_task_type != "DEFAULT" else ""
                )
                if why:
                    left_out[why] += 1
                    continue
                kept.write(line)
                media += 1
        if wanted is not None and found < len(wanted):
            left_out["unknown"] = len(wanted) - found
        with body.open("rb") as kept, beside.open("wb") as file:
            file.write(_encode(Listed(media, left_out)) + b"\n")
            shutil.copyfileobj(kept, file, _BATCH_BYTES)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise BackupUnusable.by(path, error) from error
    finally:
        for each in (beside, body):
            with suppress(OSError):
                each.unlink(missing_ok=True)


def _has(keys: array[int], key: int) -> bool:
    """Whether a key is among sorted ones."""
    place = bisect_left(keys, key)
    return place < len(keys) and keys[place] == key


def _unusable(path: Path, error: Exception) -> BackupUnusable:
    advice = "It says which media are still to be read. Delete what is there of the backup, and begin anew."
    return BackupUnusable(path, reason_of(error), advice=advice)
