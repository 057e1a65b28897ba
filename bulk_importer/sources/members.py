"""The files of a source by name, for formats that are more than one array: a folder, a zip archive, or a single file.

Nothing is unpacked to the disk: a member of an archive is read where it lies, whatever its name says. What must be held
as a whole is held only up to a limit, so that a member that unpacks to a thousand times its size is an error, and not
the end of the memory.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

from xxhash import xxh3_128

from bulk_importer.errors import SourceUnreadable
from bulk_importer.files.small_files import reason_of

__all__ = ["MOST_MEMBER_BYTES", "OpenMembers", "open_members"]

MOST_MEMBER_BYTES = 256 << 20
"""The largest member that is held as a whole. Formats whose single file is larger read it in order."""

_HEAD_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_SMALL_PIECE_BYTES = 1 << 16
_SMALL_BYTES = 1 << 14
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


class OpenMembers(Protocol):
    """The files of a source, opened; ascending by name.

    Attributes:
        name: of the source, for people.
        paths: names relative to it, with slashes.
        size: of all files together, in bytes as they lie there.
        taken: how much of that was read.
    """

    name: str
    paths: tuple[str, ...]
    taken: int

    @property
    def size(self) -> int: ...

    def head(self, path: str) -> bytes:
        """The first bytes of a file, 64 KiB at most. Raises `SourceUnreadable`."""

    def length(self, path: str) -> int:
        """How many bytes a file has. Raises `SourceUnreadable`."""

    def read(self, path: str) -> bytes:
        """A file as a whole. Raises `SourceUnreadable`, also where it is larger than `MOST_MEMBER_BYTES`."""

    def open(self, path: str) -> BinaryIO:
        """A file, to be read from any offset and closed. Raises `SourceUnreadable`, also later.

        In an archive, going back reads from its beginning again.
        """

    def elsewhere(self) -> OpenMembers | None:
        """The same files for another process, which can be pickled, and asked by names alone; None where it cannot."""

    def stamp(self) -> str:
        """Names, sizes and times of change of the files: the same where nobody has touched them.

        Raises `SourceUnreadable`.
        """

    def close(self) -> None:
        """Give back what was opened."""


def open_members(path: Path, *, called: str | None = None) -> OpenMembers:
    """The files of a folder or a zip archive, or the single file at `path`, by another name where it is a copy.

    Raises:
        SourceUnreadable: it cannot be opened, or is a damaged archive.
    """
    try:
        if path.is_dir():
            return FolderMembers(path)
        with path.open("rb") as file:
            is_archive = file.read(4) in _ZIP_MARKS
        return ArchiveMembers(path) if is_archive else FileMember(path, called or path.name)
    except OSError as error:
        raise SourceUnreadable(os.fspath(path), reason_of(error)) from error


class _Members(ABC):
    """What the three have in common: reading by way of `_open`."""

    name: str
    paths: tuple[str, ...]
    taken = 0  # changed by whatever reads a file

    def head(self, path: str) -> bytes:
        with self.open(path) as file:
            return file.read(_HEAD_BYTES)

    def read(self, path: str) -> bytes:
        # Without the buffer of `open`: of a folder with many small files that was most of the time.
        pieces: list[bytes] = []
        length = 0
        with _translated(self._place(path)), self._open(path) as file:
            while length <= MOST_MEMBER_BYTES and (piece := file.read(_SMALL_PIECE_BYTES)):
                pieces.append(piece)
                length += len(piece)
        self._take(length)
        if length > MOST_MEMBER_BYTES:
            reason = f"it is larger than {MOST_MEMBER_BYTES >> 20} MiB, which no file of its kind should be"
            raise SourceUnreadable(self._place(path), reason)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def open(self, path: str) -> BinaryIO:
        return io.BufferedReader(_Translating(self._open(path), self._place(path), self._take), _PIECE_BYTES)

    def elsewhere(self) -> OpenMembers | None:
        return None

    @property
    @abstractmethod
    def size(self) -> int:
        """Of all files together, in bytes as they lie there."""

    @abstractmethod
    def length(self, path: str) -> int:
        """How many bytes a file has."""

    def stamp(self) -> str:
        digest = xxh3_128()
        for path in self._files():
            with _translated(self.name):
                state = os.stat(path)
            digest.update(
                f"{path}\0{state.st_size}\0{state.st_mtime_ns}\0".encode("utf-8", "surrogateescape")
            )
        return digest.hexdigest()

    @abstractmethod
    def close(self) -> None:
        """Give back what was opened."""

    def _files(self) -> Iterator[str]:
        """Where on the disk it lies."""
        yield self.name

    def _take(self, length: int) -> None:
        self.taken += length

    @abstractmethod
    def _open(self, path: str) -> BinaryIO:
        """A file without a buffer, whose errors are those of whatever it lies in."""

    def _place(self, path: str) -> str:
        return f"{self.name}: {path}"


class FileMember(_Members):
    """A single file, by its name."""

    def __init__(self, path: Path, called: str) -> None:
        self.name = os.fspath(path)
        self.paths = (called,)
        self._path = path
        with _translated(self.name):
            self._size = path.stat().st_size

    @property
    def size(self) -> int:
        return self._size

    def length(self, _: str) -> int:
        return self._size

    def elsewhere(self) -> OpenMembers:
        return self

    def close(self) -> None:
        """Nothing is held open."""

    def _open(self, _: str) -> BinaryIO:
        with _translated(self.name):
            return self._path.open("rb", buffering=0)

    def _place(self, _: str) -> str:
        return self.name


class FolderMembers(_Members):
    """The files below a folder. Links to folders are not followed, so that there is an end to them.

    Args:
        paths: where they are known, or not asked for; else the folder is searched.
    """

    def __init__(self, folder: Path, paths: tuple[str, ...] | None = None) -> None:
        self.name = os.fspath(folder)
        self._folder = self.name.rstrip("/") + "/"
        if paths is None:
            with _translated(self.name):
                paths = tuple(sorted(_files_below(self._folder)))
        self.paths = paths

    @cached_property
    def size(self) -> int:  # it takes longer than to find the files, and few ask for it
        with _translated(self.name):
            return sum(os.stat(self._folder + each).st_size for each in self.paths)

    def length(self, path: str) -> int:
        with _translated(self._place(path)):
            return os.stat(self._folder + path).st_size

    def head(self, path: str) -> bytes:
        with _translated(self._place(path)):
            head = _first_bytes(self._folder + path, _HEAD_BYTES)
        self._take(len(head))
        return head

    def read(self, path: str) -> bytes:
        # A folder may have hundreds of thousands of small files: without a file object for each.
        try:
            content = _first_bytes(self._folder + path, _SMALL_BYTES)
        except OSError as error:
            raise SourceUnreadable(self._place(path), reason_of(error)) from error
        if len(content) >= min(_SMALL_BYTES, MOST_MEMBER_BYTES):
            return super().read(path)
        self._take(len(content))
        return content

    def elsewhere(self) -> OpenMembers:
        return FolderMembers(Path(self._folder), ())

    def close(self) -> None:
        """Nothing is held open."""

    def _files(self) -> Iterator[str]:
        return (os.path.join(self._folder, path) for path in self.paths)

    def _open(self, path: str) -> BinaryIO:
        with _translated(self._place(path)):
            return open(self._folder + path, "rb", buffering=0)


def _first_bytes(path: str, count: int) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, count)
    finally:
        os.close(file)


class ArchiveMembers(_Members):
    """The files of a zip archive. Folders and links in it are none."""

    def __init__(self, path: Path) -> None:
        self.name = os.fspath(path)
        with _translated(self.name):
            self._archive = zipfile.ZipFile(path)
        found = [each for each in self._archive.infolist() if _is_file(each)]
        self._infos = {each.filename: each for each in found}
        self.paths = tuple(sorted(self._infos))

    @property
    def size(self) -> int:
        return sum(each.file_size for each in self._infos.values())

    def _open(self, path: str) -> BinaryIO:
        with _translated(self._place(path)):
            return self._archive.open(self._infos[path])  # type: ignore[return-value]

    def length(self, path: str) -> int:
        return self._infos[path].file_size

    def close(self) -> None:
        self._archive.close()


def _is_file(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)


def _files_below(folder: str) -> Iterator[str]:
    """The names of the files, with slashes. `folder` ends with one."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder + below) as entries:
            for entry in entries:
                if not entry.is_dir():
                    yield below + entry.name
                elif not entry.is_symlink():
                    waiting.append(f"{below}{entry.name}/")


class _Translating(io.RawIOBase):
    """A file whose errors say where they were; `take` is called with how much was read."""

    def __init__(self, file: BinaryIO, place: str, take: Callable[[int], None]) -> None:
        self._file = file
        self._place = place
        self._take = take

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        with _translated(self._place):
            return self._file.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with _translated(self._place):
            count: int = self._file.readinto(buffer)  # type: ignore[attr-defined]  # that all of them have
        self._take(count)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _translated(place: str) -> Iterator[None]:
    """Make `SourceUnreadable` of what the system, zipfile and its decompressors raise."""
    try:
        yield
    except OSError as error:
        raise SourceUnreadable(place, reason_of(error)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise SourceUnreadable(place, f"the archive is damaged ({error})") from error
    except RuntimeError as error:  # how zipfile says that a member needs a password
        raise SourceUnreadable(place, f"it is encrypted ({error})") from error
