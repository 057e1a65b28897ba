"""Which pictures of a converted source share their file name, folders and endings aside.

Any of them may be taken for another. Written when a source is converted, whatever project it goes to, beside the
converted entries; there is no file where all names differ, as they mostly do. A line for each such name (see
`sorted_lines`): the key of its file name, and the name as a JSON text. Names of one key stand together, each of them
once.

Memory while it is written: 16 MiB of names that wait, then what is in one of 256 parts of a scratch file, each with the
names whose keys begin alike. So 100 bytes for each name of a part; all names are in one only where all files of a
source are called the same.
"""

from __future__ import annotations

import os
import unicodedata
from array import array
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import msgspec
from xxhash import xxh3_64_hexdigest

from bulk_importer.media.names.sorted_lines import SEPARATOR, SortedLines

__all__ = ["HOMONYMS", "HomonymWriter", "homonyms_in", "homonyms_of"]

HOMONYMS = "converted.homonyms"
"""Its name in the folder of a conversion."""

_END = b"\n"
_KEY_CHARACTERS = 16
_PARTS = 256
_MOST_WAITING = 16 << 20


class HomonymWriter:
    """Takes the names of all pictures of a source, and writes those that share their file name.

    Args:
        scratch: opens a file for names that are too many to wait in memory.
    """

    def __init__(self, scratch: Callable[[], BinaryIO]) -> None:
        # Changed by `add` and `_flush`: names that wait by part, their bytes, and where those in the scratch file are.
        self._open = scratch
        self._scratch: BinaryIO | None = None
        self._end = 0
        self._waiting: list[list[bytes]] = [[] for _ in range(_PARTS)]
        self._bytes = 0
        self._blocks = [array("Q") for _ in range(_PARTS)]

    def add(self, name: str) -> None:
        """Take the name of the next picture. Raises OSError."""
        line = _line_of(name)
        self._waiting[int(line[:2], 16)].append(line)
        self._bytes += len(line)
        if self._bytes > _MOST_WAITING:
            self._flush()

    def write(self, folder: Path) -> None:
        """Write what is in `folder` anew, durably but for its name there; nothing is there where all names differ.

        Raises OSError.
        """
        path = folder / HOMONYMS
        beside = path.with_name(f"{HOMONYMS}.new")
        with beside.open("wb") as file:
            for part in range(_PARTS):
                file.writelines(_repeated(sorted(set(self._lines(part)))))
            file.flush()
            os.fsync(file.fileno())
            is_empty = not file.tell()
        if is_empty:
            beside.unlink()
            path.unlink(missing_ok=True)
        else:
            beside.replace(path)

    def close(self) -> None:
        """Give the scratch file back."""
        if self._scratch is not None:
            self._scratch.close()

    def _lines(self, part: int) -> Iterator[bytes]:
        for offset, length in zip(self._blocks[part][::2], self._blocks[part][1::2], strict=True):
            assert self._scratch is not None
            self._scratch.seek(offset)
            yield from self._scratch.read(length).splitlines(keepends=True)
        yield from self._waiting[part]

    def _flush(self) -> None:
        if self._scratch is None:
            self._scratch = self._open()
        self._scratch.seek(self._end)
        for part, lines in enumerate(self._waiting):
            if lines:
                block = b"".join(lines)
                self._scratch.write(block)
                self._blocks[part].extend((self._end, len(block)))
                self._end += len(block)
                self._waiting[part] = []
        self._bytes = 0


def homonyms_in(folder: Path) -> Iterator[Iterator[str]]:
    """The names in a folder that share their file name, a group after the other."""
    for _, lines in groupby(SortedLines(folder / HOMONYMS), _key_in):
        yield map(_name_in, lines)


def homonyms_of(name: str, lines: SortedLines) -> Iterator[str]:
    """The names in such a file that share the file name of this one, itself among them."""
    return map(_name_in, lines.of(_key_of(name)))


def _repeated(lines: list[bytes]) -> Iterator[bytes]:
    """Those of some lines, ascending, whose key is not theirs alone."""
    for _, each in groupby(lines, _key_in):
        first, *others = each
        if others:
            yield first
            yield from others


def _line_of(name: str) -> bytes:
    return _key_of(name) + SEPARATOR + msgspec.json.encode(name) + _END


def _key_of(name: str) -> bytes:
    """By what names are one that may mean one media: the last part, composed, without its ending."""
    last = name.replace("\\", "/").rpartition("/")[2]
    stem = last.rpartition(".")[0] or last
    return xxh3_64_hexdigest(unicodedata.normalize("NFC", stem).encode("utf-8", "surrogatepass")).encode()


def _key_in(line: bytes) -> bytes:
    return line[:_KEY_CHARACTERS]


def _name_in(line: bytes) -> str:
    return msgspec.json.decode(line[_KEY_CHARACTERS + 1 :], type=str)
