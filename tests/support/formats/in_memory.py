"""The files of a source in memory: nothing is read from the disk while a thousand variants of them are tried."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.members import HEAD_BYTES

__all__ = ["MemberTexts", "texts_of"]


def texts_of(path: Path) -> dict[str, bytes]:
    """The files of a source by name, as readers see them."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    return {
        each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*") if each.is_file()
    }


class MemberTexts:
    """The files of a source, by name."""

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self.name = "source"
        self.paths = tuple(sorted(texts))
        self.size = sum(map(len, texts.values()))
        self.taken = 0
        self._texts = texts

    def head(self, path: str) -> bytes:
        return self.read(path)[:HEAD_BYTES]

    def read(self, path: str) -> bytes:
        if path not in self._texts:
            raise SourceUnreadable(path, "there is no such file")
        return self._texts[path]

    def length(self, path: str) -> int:
        return len(self.read(path))

    def open(self, path: str) -> BinaryIO:
        return io.BytesIO(self.read(path))

    def close(self) -> None:
        """Nothing is held open."""
