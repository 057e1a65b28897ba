"""The file `log` in a checkpoint folder: read, appended to, compacted. The package describes its format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from bulk_importer.checkpoint.log.frames import Damage, frame
from bulk_importer.checkpoint.log.records import Header, Record, encode
from bulk_importer.checkpoint.log.replay import Replayed, replay
from bulk_importer.checkpoint.log.snapshot import snapshot
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.files.durable import DurableFile, sync_folder

__all__ = [
    "COMPACT_BYTES",
    "CheckpointLog",
    "log_path",
    "opened_log",
    "read_content",
    "read_log",
    "replace_log",
    "replayed_from",
]

_NAME = "log"
_UNFINISHED = "log.new"
_WHAT_TO_GIVE = (
    "Give the folder that a run named as its checkpoint; of what many workers shared, that of its plan."
)

# Replay reads some 12 MB a second on a core of its own, and 5 on one that is shared (bench_log.py), so this much
# history costs a resume about a second.
COMPACT_BYTES = 8 * 1024 * 1024


def read_log(folder: Path) -> Replayed:
    """What the log in `folder` says, without a lock, also while it is being written.

    Raises:
        CheckpointUnusable: there is none, or it cannot be read.
        CheckpointDamaged: it is not what was written.
    """
    return replayed_from(read_content(folder), folder)


def log_path(folder: Path) -> Path:
    """Where the log of `folder` is."""
    return folder / _NAME


def opened_log(folder: Path) -> BinaryIO:
    """The log in `folder`, open for reading. Raises `CheckpointUnusable`: there is none, or it cannot be read."""
    try:
        return log_path(folder).open("rb")
    except FileNotFoundError:
        reason, advice = "there is no log in it", _WHAT_TO_GIVE
        below = min(folder.glob(f"*/{_NAME}"), default=None)
        if below is not None:
            advice = f"It holds those of several sources: give one of them, such as {below.parent}."
        raise CheckpointUnusable(str(folder), reason, advice=advice) from None
    except NotADirectoryError:
        raise CheckpointUnusable(str(folder), "it is no folder", advice=_WHAT_TO_GIVE) from None
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error


def read_content(folder: Path) -> bytes:
    """The bytes of the log in `folder`. Raises as `opened_log`."""
    with opened_log(folder) as log:
        try:
            return log.read()
        except OSError as error:
            raise CheckpointUnusable.by(folder, error) from error


def replayed_from(content: bytes, folder: Path) -> Replayed:
    """What `content`, the log of `folder`, says. Raises `CheckpointDamaged`: it is not what was written."""
    try:
        return replay(content)
    except Damage as damage:
        raise CheckpointDamaged(
            str(folder / _NAME), damage.offset, damage.reason, is_repairable=True
        ) from damage


class CheckpointLog:
    """A log that is open for appending. The caller holds the lock of the folder."""

    def __init__(
        self,
        folder: Path,
        replayed: Replayed,
        *,
        compact_bytes: int = COMPACT_BYTES,
        open_file: Callable[[Path], DurableFile] = DurableFile,
    ) -> None:
        """Open the log that `replayed` was read from, and cut off what is torn. Raises OSError."""
        self._folder = folder
        self._header = replayed.header
        self._floor = replayed.floor
        self._compact_bytes = compact_bytes
        self._open_file = open_file
        (folder / _UNFINISHED).unlink(missing_ok=True)
        self._file = open_file(folder / _NAME)
        if self._file.size > replayed.length:
            self._file.cut(replayed.length)
        # What a killed run wrote and did not sync was read from memory; it must hold before we build on it.
        self._file.sync()

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether `folder` has a log."""
        return (folder / _NAME).exists()

    @staticmethod
    def create(folder: Path, header: Header, open_file: Callable[[Path], DurableFile] = DurableFile) -> None:
        """Put a log with nothing but `header` into `folder`, whole or not at all. Raises OSError."""
        replace_log(folder, (header,), open_file).close()

    @property
    def size(self) -> int:
        """The bytes of the log."""
        return self._file.size

    @property
    def is_mostly_history(self) -> bool:
        """Whether the log is so long that compaction pays."""
        return self._file.size > max(self._compact_bytes, 2 * self._floor)

    def append(self, records: Iterable[Record]) -> None:
        """Write one group; it is on disk when this returns. Raises OSError; then nothing may be appended."""
        frames = bytearray()
        for record in records:
            frames += frame(encode(record), self._file.size + len(frames))
        self._file.append(bytes(frames))
        self._file.sync()

    def compact(self, state: CheckpointState) -> None:
        """Write the log anew as a snapshot of `state`, which must be what it says now.

        Where there is no room for that the log stays as it is. Raises OSError when it is not known which of
        the two the folder will have after a power cut; then nothing may be appended.
        """
        header = msgspec.structs.replace(
            self._header, identity=state.identity, server=state.server, compacted=True
        )
        try:
            fresh = replace_log(self._folder, (header, snapshot(state)), self._open_file)
        except _NotReplaced:
            self._floor = self._file.size  # try again when there is twice as much
            return
        self._file.close()
        self._file, self._floor = fresh, fresh.size

    def close(self) -> None:
        """Give the file back. What was appended is on disk already."""
        self._file.close()


class _NotReplaced(OSError):
    """The new log could not be written; the old one is untouched."""


def replace_log(
    folder: Path, records: Iterable[Record], open_file: Callable[[Path], DurableFile]
) -> DurableFile:
    """Give `folder` a log that begins with `records`: the file it had, or the new one, never a part of it.

    Raises OSError: it has the old one, or it is not known which of the two it will have after a power cut.
    """
    # Not by `files.durable.replace_file`: the new log stays open for appending, and a failure before the rename, after
    # which the old log is good, has to be told from one behind it.
    path = folder / _UNFINISHED
    try:
        path.unlink(missing_ok=True)
        file = open_file(path)
        try:
            for record in records:
                file.append(frame(encode(record), file.size))
            file.sync()
            os.replace(path, folder / _NAME)
        except OSError:
            file.close()
            raise
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise _NotReplaced(error.errno, error.strerror) from error
    try:
        sync_folder(folder)
    except OSError:
        file.close()
        raise
    return file
