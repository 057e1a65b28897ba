"""One writer at a time for a checkpoint folder, held by the kernel.

The lock is `flock` on the file `lock`. It ends with the process, however that ends, and it belongs to the open
file, so that two opens in one process exclude each other. The alternatives: POSIX record locks (`lockf`) do
not do that, and closing any descriptor of the file would end them; locks of the open file description
(`F_OFD_SETLK`) would do, but only Linux has them; a file that merely exists survives its owner. What a
`flock` lacks is mended here: a child made by `fork` would share the lock and keep it alive behind the back of
its dead parent, so such a child closes its copy.

The text in the file only informs: process ids mean nothing from one container to the next. The file is never
removed, because one who waits would then lock a file that nobody else sees. Nothing here waits for another writer:
`--lock-wait` is seen to in `pipeline.lock_wait`, which can be interrupted between two tries.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakSet

import msgspec

from bulk_importer.errors import CheckpointLocked

__all__ = ["FolderLock", "LockOwner", "lock_owner"]

_NAME = "lock"
_POLL_SECONDS = 0.02
# Who only looks (`lock_owner`) holds the lock for some microseconds; that must not turn a writer away.
_LOOKERS_SECONDS = 0.05


class LockOwner(msgspec.Struct, frozen=True):
    """The process that writes in a folder, as it says itself. `since` is an ISO 8601 time in UTC."""

    host: str
    process: int
    run: str
    since: str

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} since {self.since} (run {self.run})"


class FolderLock:
    """The right to write in a checkpoint folder, from construction until `release`."""

    def __init__(self, folder: Path, run: str) -> None:
        """Take the lock. Whoever wants to wait for it tries again, and can be interrupted in between.

        Raises:
            CheckpointLocked: someone else has it.
            OSError: the folder does not allow it.
        """
        path = folder / _NAME
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _take(self._fd, folder)
            since = datetime.now(UTC).isoformat(timespec="seconds")
            owner = LockOwner(socket.gethostname(), os.getpid(), run, since)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, msgspec.json.encode(owner) + b"\n", 0)
        except (OSError, CheckpointLocked):
            os.close(self._fd)
            raise
        _held.add(self)

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        if self._fd >= 0:
            with suppress(OSError):  # a full or vanished disk; the text only informs
                os.ftruncate(self._fd, 0)
            self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


def lock_owner(folder: Path) -> LockOwner | None:
    """Who writes in `folder` now; None when nobody does."""
    path = folder / _NAME
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(path) or LockOwner("an unknown host", 0, "unknown", "an unknown time")
    except OSError:
        return None  # a file system without locks: nobody can hold one
    else:
        return None
    finally:
        os.close(fd)


def _take(fd: int, folder: Path) -> None:
    """Return when `fd` has the lock, or raise `CheckpointLocked`."""
    deadline = time.monotonic() + _LOOKERS_SECONDS
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            left = deadline - time.monotonic()
            if left <= 0:
                owner = _read(folder / _NAME)
                raise CheckpointLocked(str(folder), str(owner or "another process")) from None
            time.sleep(min(_POLL_SECONDS, left))
        else:
            return


def _read(path: Path) -> LockOwner | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=LockOwner)
    except (OSError, msgspec.MsgspecError):
        return None  # between taking the lock and writing the text


_held: WeakSet[FolderLock] = WeakSet()


def _close_in_child() -> None:
    # Only closing: `LOCK_UN` would take the lock from the parent as well.
    for lock in list(_held):
        lock._close()


os.register_at_fork(after_in_child=_close_in_child)
