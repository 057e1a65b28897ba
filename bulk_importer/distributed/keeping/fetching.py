"""Reads the checkpoint of a shard from a bucket into a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bulk_importer.backups.replaced import REPLACED
from bulk_importer.checkpoint.digests import DIGEST_BYTES, DIGESTS
from bulk_importer.checkpoint.log.file import log_path, read_log
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.rejects import REJECTED
from bulk_importer.distributed.keeping.segments import Segment, generations
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.pipeline.resume.undone import UNDO_FOLDER

__all__ = ["fetch", "has_checkpoint"]

_AT_ONCE = 16
"""A request takes some 30 ms, most of which is waiting."""

_COUNTED = frozenset({REJECTED, DIGESTS})
_BESIDE_A_LOG = frozenset({*_COUNTED, REPLACED})
_LOG = log_path(Path()).name


def has_checkpoint(place: Place, key: str) -> bool:
    """Whether there is a whole one below `key`. Blocks. Raises `CheckpointUnusable`."""
    return _LOG in generations(_names(place, key, f"{_LOG}/"))


def fetch(
    place: Place, key: str, folder: Path, *, to_go_on: bool = False, besides: Collection[str] = ()
) -> None:
    """Make `folder`, and put the files of the checkpoint below `key` into it, as they were at one moment. Blocks.

    It may be written meanwhile. Files hold what the log counts on, and nothing behind it; so do those of its retries.

    Args:
        to_go_on: also what only who goes on with it needs, such as what it keeps of replaced labels.
        besides: which of `WHOLE` are asked for; one that is missing stays so.

    Raises:
        CheckpointUnusable: it cannot be read, is not there, or something of it is missing.
        CheckpointDamaged: its log, or that of a retry, is not what was written.
    """
    with _told(folder, f"{place.name}/{key}"), ThreadPoolExecutor(_AT_ONCE) as pool:
        folder.mkdir(parents=True)
        reading = _Reading(place, key, folder, pool)
        # The logs first: what they count on was there before them.
        for file, found in generations(_names(place, key)).items():
            if Path(file).name == _LOG:
                reading.write(found[0])
        if not log_path(folder).exists():
            raise CheckpointUnusable(f"{place.name}/{key}", "there is no log in it")
        names = list(_names(place, key))
        for file, found in generations(names).items():
            if _is_wanted(folder, file, to_go_on=to_go_on):
                reading.write_counted(found)
        for name in set(besides).intersection(names):
            (folder / name).write_bytes(place.read(f"{key}/{name}") or b"")


def _names(place: Place, key: str, beginning: str = "") -> Iterator[str]:
    return (name.removeprefix(f"{key}/") for name in place.names(f"{key}/{beginning}"))


def _is_wanted(folder: Path, file: str, *, to_go_on: bool) -> bool:
    """Whether a file is to be read, now that the logs are; not what is of a log that was begun since.

    Of an undo that has no log yet nothing is: its plan is made anew.
    """
    path, undo = folder / file, Path(file).parts[:2]
    if undo[0] == UNDO_FOLDER and not (to_go_on and folder.joinpath(*undo).exists()):
        return False
    if path.name == _LOG or (path.name == REPLACED and not to_go_on):
        return False
    return path.name not in _BESIDE_A_LOG or log_path(path.parent).exists()


class _Reading:
    """Reads the files of one checkpoint. All calls raise `CheckpointUnusable`, and OSError."""

    def __init__(self, place: Place, key: str, folder: Path, pool: ThreadPoolExecutor) -> None:
        self._place = place
        self._key = key
        self._folder = folder
        self._pool = pool
        # Changed by `_counted_bytes` alone: what the log in a folder says.
        self._states: dict[Path, CheckpointState] = {}

    def write(self, segments: Sequence[Segment]) -> None:
        """Write one generation of a file."""
        path = self._folder / segments[0].file
        path.parent.mkdir(parents=True, exist_ok=True)
        contents = self._pool.map(lambda each: self._place.read(f"{self._key}/{each.name}"), segments)
        with path.open("wb") as writing:
            for segment, content in zip(segments, contents, strict=True):
                if content is None or segment.offset != writing.tell():
                    raise self._hole(segment, writing.tell())
                writing.write(content)

    def write_counted(self, found: Sequence[Sequence[Segment]]) -> None:
        """Write the generation that the log counts on, and nothing that it does not.

        When lines are taken out of `rejected.jsonl`, a shorter generation is there before the log counts on it: then it
        has fewer bytes than that, and the one before has them. Where neither has, whoever opens the file says so.
        """
        path = self._folder / found[0][0].file
        counted = self._counted_bytes(path)
        for segments in (*found, found[0]):
            self.write(segments)
            if counted is None or _has_whole(path, counted):
                break
        if counted is not None and path.stat().st_size > counted:
            os.truncate(path, counted)

    def _hole(self, segment: Segment, end: int) -> CheckpointUnusable:
        reason = f"{segment.file} has nothing between byte {end:,} and {segment.name}"
        advice = "Restore what was deleted below that prefix, then run the same command again."
        return CheckpointUnusable(f"{self._place.name}/{self._key}", reason, advice=advice)

    def _counted_bytes(self, path: Path) -> int | None:
        """How much of a file the log beside it counts on; None where no log counts its bytes."""
        if path.name not in _COUNTED:
            return None
        if path.parent not in self._states:
            self._states[path.parent] = read_log(path.parent).state
        state = self._states[path.parent]
        return state.rejected_bytes if path.name == REJECTED else state.position * DIGEST_BYTES


def _has_whole(path: Path, counted: int) -> bool:
    """Whether a file has so many bytes; of lines whole ones: one that has grown since may have others there."""
    with path.open("rb") as file:
        file.seek(max(counted - 1, 0))
        last = file.read(1)
    return not counted or (last == b"\n" if path.name == REJECTED else bool(last))


@contextmanager
def _told(folder: Path, key: str) -> Iterator[None]:
    """Say what is wrong by where it is: the folder goes with the process, and what lies there cannot be repaired."""
    try:
        yield
    except CheckpointDamaged as error:
        path = f"{key}/{Path(error.path).relative_to(folder).as_posix()}"
        raise CheckpointDamaged(path, error.offset, error.reason) from error
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
