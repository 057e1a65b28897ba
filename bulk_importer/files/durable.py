"""Files that survive a power cut: those that only grow at their end, and those that are replaced as a whole."""

from __future__ import annotations

import fcntl
import os
from array import array
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["DurableFile", "create_folder", "has_name", "replace_file", "sync_folder"]

# macOS: fsync hands the bytes to the drive, only this makes the drive write them down. Absent elsewhere.
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


class DurableFile:
    """An append-only file. Not thread-safe: one thread at a time.

    What is appended may be lost, in part or whole, until `sync` has returned. After `sync` has failed nothing
    is known about what was appended since the last one, and asking again would lie: Linux reports a failed
    write-back once and then takes the pages for clean. So after any error the owner stops writing.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` for appending; it is created where it does not exist. Raises OSError."""
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self.size = os.fstat(self._fd).st_size

    def fileno(self) -> int:
        """The descriptor of the file, for who locks it or looks at it."""
        return self._fd

    def append(self, content: bytes | memoryview) -> None:
        """Put `content` behind the end. Raises OSError; then the end is where it was, if that is possible."""
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            with suppress(OSError):
                self.cut(self.size)
            raise
        self.size += len(content)

    def sync(self) -> None:
        """Return when all that was appended is on disk. Raises OSError."""
        if _FULL_SYNC is not None:
            fcntl.fcntl(self._fd, _FULL_SYNC)
        else:
            os.fsync(self._fd)

    def cut(self, size: int) -> None:
        """Take away what lies behind the first `size` bytes; on disk after the next `sync`. Raises OSError."""
        os.ftruncate(self._fd, size)
        self.size = size

    def close(self) -> None:
        """Give the file back; a second time does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def replace_file(
    path: Path,
    *pieces: bytes | bytearray | memoryview | array[int],
    open_file: Callable[[Path], DurableFile] = DurableFile,
) -> None:
    """Give the file `path` the content `pieces`, joined; it is on disk when this returns.

    A reader sees the old content or the new one, whole, and so does the next start after a crash at any moment. What a
    crash may leave besides is `path` with `.new` behind its name, which the next call writes anew; that is what
    `open_file` opens.

    Raises:
        OSError: nothing is left beside the file, which has its old content; or the new one, where only the folder
            refused to be synced.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        file = open_file(beside)
        try:
            for piece in filter(len, pieces):
                file.append(memoryview(piece).cast("B"))
            file.sync()
        finally:
            file.close()
        beside.replace(path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def has_name(file: int, path: Path) -> bool:
    """Whether an open file is the one that is called so now.

    To be asked by who has just locked a file that others rename or remove: between the opening and the lock it may have
    become another one, or nobody's. Raises OSError.
    """
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    """Return when the names in `folder` are on disk as they are now. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def create_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, each name on disk when this returns. Raises OSError."""
    missing = [folder, *folder.parents]
    for path in reversed(
        missing[: next((n for n, path in enumerate(missing) if path.is_dir()), len(missing))]
    ):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
