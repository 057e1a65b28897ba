"""Numbers in files of a temporary folder: what is noted of every entry of a source is too much for memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.sources.pread import read_at

__all__ = ["Column", "Columns"]

_NUMBER_BYTES = 8
_STEP = 1 << 16


class Columns:
    """The columns in a folder; a context manager that closes those that are still open.

    Raises:
        CheckpointUnusable: from `new`: a file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Changed by `new` alone.
        self._made: list[Column] = []

    def __enter__(self) -> Columns:
        return self

    def __exit__(self, *_: object) -> None:
        for column in self._made:
            column.close()

    def new(self) -> Column:
        """A column with nothing in it."""
        self._made.append(Column(self._folder / f"column-{len(self._made)}"))
        return self._made[-1]


class Column:
    """Whole numbers of eight bytes, one behind the other. Written to its end first, then read, in any order.

    Raises, from every call:
        CheckpointUnusable: the file cannot be written or read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            self._file = path.open("w+b")
        # Changed by `append` alone.
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, numbers: array[int] | bytes) -> None:
        """Add numbers; of bytes, each eight are one."""
        with self._told():
            self._file.write(numbers)
        self._count += len(memoryview(numbers).cast("B")) // _NUMBER_BYTES

    def end(self) -> None:
        """See to it that all that was added can be read."""
        with self._told():
            self._file.flush()

    def read(self, first: int, count: int) -> array[int]:
        """The numbers `[first, first + count)`."""
        found = array("Q")
        with self._told():
            found.frombytes(read_at(self._file.fileno(), _NUMBER_BYTES * count, _NUMBER_BYTES * first))
        return found

    def stretches(self, first: int, stop: int) -> Iterator[tuple[int, array[int]]]:
        """The numbers `[first, stop)`, so many at a time as are good for memory, each time with where they begin."""
        for at in range(first, stop, _STEP):
            yield at, self.read(at, min(_STEP, stop - at))

    def rows(self, width: int) -> Iterator[tuple[int, ...]]:
        """The numbers in groups of `width`."""
        for _, numbers in self._whole_rows(width):
            yield from zip(*[iter(numbers)] * width, strict=True)

    def _whole_rows(self, width: int) -> Iterator[tuple[int, array[int]]]:
        step = _STEP // width * width
        for at in range(0, self._count, step):
            yield at, self.read(at, min(step, self._count - at))

    def close(self) -> None:
        """Let go of the file, and of the room that it takes."""
        with suppress(OSError):  # on a full disk what was not written yet is not missed
            self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
