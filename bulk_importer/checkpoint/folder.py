"""The files of a checkpoint folder, opened together and written in the order in which they count on each other.

What a folder holds: `log` (see `log`), `rejected.jsonl` (see `rejects`), `digests` (see `digests`), `lock` (see
`lock`). Files that others keep there, as `run.log` and `summary.json`, are not touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import msgspec

from bulk_importer.checkpoint.digests import DIGESTS, SegmentDigests
from bulk_importer.checkpoint.identity import check_source
from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.checkpoint.log.file import COMPACT_BYTES, CheckpointLog, read_log
from bulk_importer.checkpoint.log.records import (
    Corrected,
    Header,
    InDoubt,
    Record,
    Rejected,
    RunBegan,
    SegmentRead,
    ServerMoved,
    SettingValue,
    SourceChanged,
)
from bulk_importer.checkpoint.log.transitions import apply
from bulk_importer.checkpoint.rejects import REJECTED, RejectedLines
from bulk_importer.errors import CheckpointMismatch, CheckpointUnusable
from bulk_importer.files.durable import DurableFile, create_folder, sync_folder
from bulk_importer.model import Rejection
from bulk_importer.spans import SpanSet

__all__ = ["MOVED", "CheckpointFolder", "FolderOptions", "LogEntry"]

MOVED = "If it is the same server under another name, say --server-moved: the project is looked up there by its id."
"""What to do about a checkpoint that names another server."""


class FolderOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a checkpoint is opened and kept.

    Attributes:
        source_file: the source, open, where it is a file; without it a changed one cannot be judged.
        source_grew: the user says that the source only grew.
        server_moved: the server of the header is the recorded one under another name; the caller found the project
            there. It is put on record.
        max_rejected_bytes: from there on `rejected.jsonl` keeps no entries; None for no limit.
        compact_bytes: a log shorter than this is not compacted.
        clock: seconds since the epoch.
        open_file: what the files are written through.
    """

    source_file: int | None = None
    source_grew: bool = False
    server_moved: bool = False
    max_rejected_bytes: int | None = None
    compact_bytes: int = COMPACT_BYTES
    clock: Callable[[], float] = time.time
    open_file: Callable[[Path], DurableFile] = DurableFile


class LogEntry(msgspec.Struct, frozen=True):
    """A record, and what must be on disk before it."""

    record: Record
    rejections: tuple[Rejection, ...] = ()
    digests: bytes = b""


class CheckpointFolder:
    """The files of one checkpoint, open for writing under the lock. Used by one thread at a time."""

    def __init__(self, folder: Path, header: Header, options: FolderOptions) -> None:
        """Begin a checkpoint or go on with it; blocks. Raises what `Checkpoint.open` raises."""
        self._folder = folder
        with ExitStack() as opened:
            try:
                create_folder(folder)
                lock = FolderLock(folder, header.run)
                opened.callback(lock.release)
                self._open_files(header, options, opened)
            except OSError as error:
                raise CheckpointUnusable.by(folder, error) from error
            self._opened = opened.pop_all()

    def _open_files(self, header: Header, options: FolderOptions, opened: ExitStack) -> None:
        folder, open_file = self._folder, options.open_file
        if not CheckpointLog.exists(folder):
            _require_fresh(folder)
            _create_log(folder, header, options)
        replayed = read_log(folder)
        if not replayed.state.segments and _differs_in_path_alone(replayed.header, header):
            # Nothing is on record that another path could give a meaning; a first try may have been told to say one.
            _create_log(folder, header, options)
            replayed = read_log(folder)
        self.header, self.state = replayed.header, replayed.state
        _require_same(self.header, header, folder, server_moved=options.server_moved)
        changed = check_source(
            self.state, header.identity, options.source_file, folder=folder, grew=options.source_grew
        )
        self._log = CheckpointLog(folder, replayed, compact_bytes=options.compact_bytes, open_file=open_file)
        opened.callback(self._log.close)
        max_bytes = options.max_rejected_bytes
        self._rejects = RejectedLines(
            folder, self.state.rejected_bytes, max_bytes=max_bytes, open_file=open_file
        )
        opened.callback(self._rejects.close)
        self._digests = SegmentDigests(folder, self.state.position, open_file)
        opened.callback(self._digests.close)
        sync_folder(folder)
        self._begin_run(header, options.clock(), changed=changed)
        self.header = msgspec.structs.replace(self.header, server=self.state.server)

    def _begin_run(self, header: Header, now: float, *, changed: bool) -> None:
        records: list[Record] = [
            InDoubt(batch=number, reason="the run ended before the answer came")
            for number, batch in self.state.undecided.items()
            if not batch.reason
        ]
        if changed:
            records.append(SourceChanged(identity=header.identity))
        if header.server != self.state.server:
            records.append(ServerMoved(server=header.server))
        records.append(RunBegan(run=header.run, at=now))
        self._log.append(records)
        for record in records:
            apply(self.state, record)

    def write(self, entries: Sequence[LogEntry]) -> Sequence[Record]:
        """Put `entries` on disk and return their records as they were written; the state is left alone.

        The state must say what the log says, and nobody may change it before this returns.

        Raises:
            CheckpointUnusable: the disk refused; nothing may be written any more.
        """
        try:
            if self._log.is_mostly_history:
                self._log.compact(self.state)
            records: list[Record] = []
            for corrects, group in groupby(entries, key=lambda entry: isinstance(entry.record, Corrected)):
                records += (self._correct if corrects else self._append)(list(group))
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error
        return records

    def close(self) -> None:
        """Give files and lock back; a second time does nothing."""
        self._opened.close()

    def _append(self, entries: Sequence[LogEntry]) -> Sequence[Record]:
        """Write what records count on, and then the records."""
        records = [self._prepare(entry) for entry in entries]
        if any(entry.digests for entry in entries):
            self._digests.sync()
        if any(entry.rejections for entry in entries):
            self._rejects.sync()
        self._log.append(records)
        return records

    def _correct(self, entries: Sequence[LogEntry]) -> Sequence[Record]:
        """Take lines out of `rejected.jsonl`, each time around the record that counts on what is left."""
        records: list[Record] = []
        for entry in entries:
            assert isinstance(entry.record, Corrected)
            gone = SpanSet((*self.state.delivered, *entry.record.spans))
            left = self._rejects.write_without(gone)
            record = msgspec.structs.replace(entry.record, counts=left.counts, rejected_bytes=left.size)
            self._log.append([record])
            self._rejects.replace_by(left)
            records.append(record)
        return records

    def _prepare(self, entry: LogEntry) -> Record:
        """Write what the record of `entry` counts on, and let it say where that ended."""
        record = entry.record
        if entry.digests:
            self._digests.append(entry.digests)
        if entry.rejections:
            self._rejects.append(entry.rejections)
        if isinstance(record, SegmentRead | Rejected):
            return msgspec.structs.replace(record, rejected_bytes=self._rejects.size)
        return record


def _create_log(folder: Path, header: Header, options: FolderOptions) -> None:
    """Put a log into the folder that says what it is for, and nothing else; one that is there is replaced."""
    first = msgspec.structs.replace(header, began_at=options.clock(), compacted=False)
    CheckpointLog.create(folder, first, options.open_file)


def _require_fresh(folder: Path) -> None:
    """A folder that lacks only its log has lost it; beginning anew would send again what was delivered."""
    for name in (REJECTED, DIGESTS):
        if (folder / name).exists():
            advice = "Restore the file 'log' from a copy, or name another folder with --checkpoint."
            raise CheckpointUnusable(str(folder), f"it has a file {name!r} but no log", advice=advice)


def _differs_in_path_alone(recorded: Header, now: Header) -> bool:
    settings = {**recorded.settings, "path": now.settings.get("path")}
    same_target = (recorded.server, recorded.project) == (now.server, now.project)
    return same_target and recorded.settings != now.settings and settings == now.settings


def _require_same(recorded: Header, now: Header, folder: Path, *, server_moved: bool) -> None:
    """A resume must mean the same as the first run did; the server may have another name where that is said."""
    meanings: list[tuple[str, SettingValue, SettingValue]] = [("the project", recorded.project, now.project)]
    if not server_moved:
        meanings.insert(0, ("the server", recorded.server, now.server))
    meanings += [
        (f"the setting {name}", recorded.settings.get(name), now.settings.get(name))
        for name in sorted(recorded.settings.keys() | now.settings.keys())
    ]
    differences = [
        f"{name} was {_said(before)} and is {_said(after)}"
        for name, before, after in meanings
        if before != after
    ]
    if differences:
        is_elsewhere = recorded.server != now.server and not server_moved
        is_same_project = recorded.project == now.project
        raise CheckpointMismatch.in_meaning(
            str(folder),
            "; ".join(differences),
            advice=MOVED if is_elsewhere and is_same_project else "",
            is_for_same_target=is_same_project and not is_elsewhere and not now.settings.get("settled_by"),
        )


def _said(value: SettingValue) -> str:
    return "not set" if value is None else repr(value)
