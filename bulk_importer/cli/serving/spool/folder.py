"""The folder in which uploads lie; what is in it says the docstring of the package.

All of it blocks. One process works in a spool at a time, which a lock of the kernel holds.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path

import msgspec

from bulk_importer.cli.serving.spool.names import kept_name
from bulk_importer.cli.serving.spool.values import Job
from bulk_importer.errors import UsageError
from bulk_importer.files.durable import create_folder, replace_file, sync_folder
from bulk_importer.files.small_files import reason_of

__all__ = ["Incoming", "Spool"]

_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_PURPOSE = "spool.json"
_LOCK = "lock"
_JOB = "job.json"
_CHECK = "check.json"
_UPLOAD = "upload"
_PART = ".part"
_CHECKPOINT = ".checkpoint"


class _Purpose(msgspec.Struct, frozen=True):
    server: str
    project: str


class Incoming:
    """An upload that is being received. It is nothing until `Spool.keep` has returned."""

    def __init__(self, folder: Path, job_id: str, file: str) -> None:
        self.folder = folder
        self.id = job_id
        self.file = file
        # Set by `open`.
        self._file: FileIO | None = None

    def open(self) -> None:
        """Make the file. Raises OSError."""
        (self.folder / _UPLOAD).mkdir(parents=True)
        self._file = FileIO(self.folder / _UPLOAD / self.file, "xb")

    def write(self, content: bytes | bytearray) -> None:
        """Put `content` behind what came before. Raises OSError."""
        assert self._file is not None  # it is open
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]

    def finish(self) -> None:
        """Return when all of it is on disk. Raises OSError."""
        assert self._file is not None  # it is open
        os.fsync(self._file.fileno())
        self._file.close()
        sync_folder(self.folder / _UPLOAD)

    def discard(self) -> None:
        """Leave nothing of it; does nothing where it was kept."""
        if self._file is not None:
            self._file.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Spool:
    """A spool that this process works in, until `close`."""

    def __init__(self, root: Path, server: str, project: str) -> None:
        """Make the folder, or take up what is there.

        Args:
            server, project: that all uploads in it are for.

        Raises:
            UsageError: it is no spool, another process works in it, it is for something else, or it cannot be used.
        """
        self.root = root.absolute()
        try:
            self._lock = self._opened()
            try:
                self._require_purpose(_Purpose(server, project))
                self._clean()
            except BaseException:
                os.close(self._lock)
                raise
        except OSError as error:
            raise UsageError(
                f"The spool {root} cannot be used: {reason_of(error)}. Fix that, or name another folder with --spool."
            ) from error

    def close(self) -> None:
        """Let another process work here."""
        os.close(self._lock)

    def jobs(self) -> list[Job]:
        """What is known of all uploads, the oldest first.

        Raises:
            UsageError: what is known of one of them cannot be read.
        """
        return sorted(self._read_jobs(), key=lambda job: (job.received, job.id))

    def free_bytes(self) -> int:
        """How much room is left on the disk for us. Raises OSError."""
        return shutil.disk_usage(self.root).free

    def begin(self, name: str) -> Incoming:
        """Find a place for an upload that a person calls `name`; nothing is there yet."""
        job_id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"
        return Incoming(self.root / (job_id + _PART), job_id, kept_name(name))

    def keep(self, incoming: Incoming, job: Job) -> None:
        """Make an upload count as there; all of it is on disk when this returns. Raises OSError."""
        replace_file(incoming.folder / _JOB, msgspec.json.encode(job))
        incoming.folder.rename(self._folder(job))
        sync_folder(self.root)

    def attach(self, incoming: Incoming, job: Job) -> str:
        """Put corrected entries beside an upload, on disk when this returns; where they are. Raises OSError."""
        name = f"corrected-{incoming.id}"
        (incoming.folder / _UPLOAD).rename(self._folder(job) / name)
        sync_folder(self._folder(job))
        return f"{name}/{incoming.file}"

    def corrected(self, job: Job) -> Path | None:
        """Where the corrected entries are that are to be fed; None without any."""
        return self._folder(job) / job.corrected if job.corrected else None

    def save(self, job: Job) -> None:
        """Put on disk how an upload stands now. Raises OSError."""
        replace_file(self._folder(job) / _JOB, msgspec.json.encode(job))

    def save_check(self, job: Job, content: bytes) -> None:
        """Put on disk what a check of it found. Raises OSError."""
        replace_file(self._folder(job) / _CHECK, content)

    def check_of(self, job: Job) -> bytes | None:
        """What its latest check found; None where there is none."""
        try:
            return (self._folder(job) / _CHECK).read_bytes()
        except OSError:
            return None

    def source(self, job: Job) -> Path:
        """Where its bytes are."""
        return self._folder(job) / _UPLOAD / job.file

    def checkpoint(self, job: Job) -> Path:
        """Where the checkpoint of its import is, or will be."""
        return self.root / (job.id + _CHECKPOINT)

    def scratch(self, job: Job) -> Path:
        """A new folder for what its check needs meanwhile; the next start deletes it at the latest. Raises OSError."""
        folder = self.root / f"{job.id}.{secrets.token_hex(4)}{_PART}"
        folder.mkdir()
        return folder

    def remove(self, job: Job, *, with_checkpoint: bool) -> None:
        """Delete an upload, and only where that is said the record of what was delivered of it. Raises OSError."""
        gone = [self._folder(job)]
        if with_checkpoint and self.checkpoint(job).exists():
            gone.append(self.checkpoint(job))
        for folder in gone:
            part = folder.with_name(folder.name + _PART)
            folder.rename(part)
            sync_folder(self.root)
            shutil.rmtree(part, ignore_errors=True)

    def _folder(self, job: Job) -> Path:
        return self.root / job.id

    def _opened(self) -> int:
        """The folder, made where it is not there, and its lock."""
        if not self.root.exists():
            create_folder(self.root.parent)
            self.root.mkdir(mode=0o700)
        elif not (self.root / _PURPOSE).exists() and any(each.name != _LOCK for each in self.root.iterdir()):
            raise UsageError(
                f"{self.root} holds something else than a spool, and nothing is changed there. Name another folder "
                "with --spool, or one that does not exist yet."
            )
        self.root.chmod(0o700)
        lock = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise UsageError(
                f"Another 'bulk-importer serve' works in {self.root}. Stop it, or name another folder with --spool."
            ) from None
        return lock

    def _require_purpose(self, purpose: _Purpose) -> None:
        path = self.root / _PURPOSE
        if not path.exists():
            replace_file(path, msgspec.json.encode(purpose))
            return
        try:
            known = msgspec.json.decode(path.read_bytes(), type=_Purpose)
        except msgspec.MsgspecError as error:
            raise UsageError(f"{path} is not what was written: {error}. Restore it from a copy.") from error
        if known != purpose:
            raise UsageError(
                f"The uploads in {self.root} are for project {known.project} at {known.server}, and not for "
                f"{purpose.project} at {purpose.server}. Name another folder with --spool."
            )

    def _clean(self) -> None:
        """Delete what a crash left of uploads that were not whole, of checks, and of removed ones."""
        for each in self.root.glob(f"*{_PART}"):
            if _ID.match(each.name):
                shutil.rmtree(each, ignore_errors=True)

    def _read_jobs(self) -> Iterator[Job]:
        for folder in self.root.iterdir():
            if not (_ID.fullmatch(folder.name) and folder.is_dir()):
                continue
            path = folder / _JOB
            try:
                yield msgspec.json.decode(path.read_bytes(), type=Job)
            except (OSError, msgspec.MsgspecError) as error:
                raise UsageError(
                    f"{path} cannot be read: {reason_of(error)}. Restore it from a copy, or move {folder} elsewhere."
                ) from error
            with suppress(OSError):
                path.with_name(f"{_JOB}.new").unlink(missing_ok=True)
