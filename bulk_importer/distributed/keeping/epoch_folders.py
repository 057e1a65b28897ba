"""The checkpoints of one shard in a folder that all workers share.

A lost worker may still write, and nobody can keep it from that. So who follows it copies what it has left into a folder
of its own. The log goes first: what it counts on was there before it, and what is behind that is cut off when the copy
is opened. What is taken out of a file is not there afterwards: so where a log has changed meanwhile all is copied once
more. A copy has another name until it is whole, so what a crash leaves of one counts for nothing.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bulk_importer.checkpoint.log.file import log_path
from bulk_importer.checkpoint.rejects import REJECTED
from bulk_importer.distributed.keeping.interfaces import Kept
from bulk_importer.distributed.values import epoch_name
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import create_folder, sync_folder

__all__ = ["EpochFolders"]

_EPOCH = re.compile(r"epoch-(\d{6,})")
_COPY = re.compile(r"\.epoch-(\d{6,})\..+")
_OF_A_PROCESS = frozenset({"lock"})
"""Files that say something of the worker that writes them, and nothing of its work."""


class EpochFolders:
    """The checkpoints below the folder of a shard; see `Keeping`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def begun(self, epoch: int, unbroken_since: int) -> Kept:
        with self._told():
            last = self._last_epoch()
            if last is not None and last > epoch:
                # Neither that of who follows, which is not this one's, nor an earlier one, which does not know all.
                raise CheckpointUnusable(
                    str(self._root),
                    f"{self._kept(last).name} is of a later worker than this one, in epoch {epoch}",
                    advice="Another worker has the shard: leave it to that one. Where lease-* was deleted, put it "
                    "back. Nothing was sent.",
                )
            if last is not None and last >= unbroken_since:
                return self._kept(last)
            create_folder(self._root)
            if last is not None:
                self._copy(last, epoch)
            return self._kept(epoch)

    def last(self, *files: str) -> Kept | None:
        del files  # all lie there
        with self._told():
            last = self._last_epoch()
            return None if last is None else self._kept(last)

    def put_away(self, kept: Kept, *files: str) -> None:
        """They lie there already."""

    def _kept(self, epoch: int) -> Kept:
        name = epoch_name(epoch)
        return Kept(name, self._root / name)

    def _last_epoch(self) -> int | None:
        """The last one that has a folder. Raises `CheckpointUnusable`: its log is gone."""
        found = (_EPOCH.fullmatch(path.name) for path in self._root.glob("epoch-*"))
        epochs = sorted(int(match[1]) for match in found if match)
        logged = [epoch for epoch in epochs if log_path(self._kept(epoch).folder).exists()]
        if logged and logged[-1] != epochs[-1]:
            # It began with a copy of the earlier one: to go on from either would send again what it has sent.
            raise CheckpointUnusable(
                str(self._kept(epochs[-1]).folder),
                f"its log is gone, and that of the earlier {self._kept(logged[-1]).name} does not know what was sent "
                "since",
                advice="Put the log back, then run the same command again. Nothing was sent.",
            )
        return epochs[-1] if epochs else None

    def _copy(self, last: int, epoch: int) -> None:
        beside = self._root / f".{epoch_name(epoch)}.{secrets.token_hex(4)}"
        for left in self._root.glob(".epoch-*"):
            # That of a later epoch is made at this moment, by who follows this one: this one is lost.
            if (match := _COPY.fullmatch(left.name)) and int(match[1]) <= epoch:
                shutil.rmtree(left, ignore_errors=True)
        source = self._kept(last).folder
        try:
            before = None
            while before != (now := _standing_of(source)):
                before = now
                shutil.rmtree(beside, ignore_errors=True)
                _copy_folder(source, beside)
            beside.rename(self._kept(epoch).folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        sync_folder(self._root)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointUnusable.by(self._root, error) from error


def _standing_of(folder: Path) -> Mapping[Path, tuple[int, int]]:
    """Which file each log in a checkpoint is, and each list of rejected entries, and how long. Raises OSError."""
    found = {}
    for name in (log_path(folder).name, REJECTED):
        for path in folder.rglob(name):
            # Opened, as clients of NFS else remember what they were told a while ago.
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
            found[path] = (status.st_ino, status.st_size)
    return found


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a checkpoint whose log may grow meanwhile; all of it is on disk when this returns. Raises OSError."""
    target.mkdir()
    for path in _log_first(source):
        if path.is_dir():
            _copy_folder(path, target / path.name)
        elif path.is_file():
            _copy_file(path, target / path.name)
    sync_folder(target)


def _log_first(folder: Path) -> Sequence[Path]:
    log = log_path(folder)
    paths = sorted(folder.iterdir(), key=lambda path: (path != log, path.name))
    return [path for path in paths if path.name not in _OF_A_PROCESS and not _is_unfinished(path.name)]


def _is_unfinished(name: str) -> bool:
    """Whether a file counts for nothing before it has its name; the log may count on the lines that are left."""
    return name.endswith(".new") and name != f"{REJECTED}.new"


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("xb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        writing.flush()
        os.fsync(writing.fileno())
