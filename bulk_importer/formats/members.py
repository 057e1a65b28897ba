"""What a reader is given: files by name, of a folder, of an archive, or a single one."""

from __future__ import annotations

from typing import BinaryIO, Protocol

__all__ = ["HEAD_BYTES", "PICTURES", "Members", "is_picture", "lines_of"]

HEAD_BYTES = 1 << 16
"""How much of a member is looked at to recognise a format."""


PICTURES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".jp2", ".png", ".tif", ".tiff", ".webp"})
"""Endings of files that are pictures, in lower case."""


def is_picture(path: str) -> bool:
    """Whether a file is a picture, by its ending."""
    dot = path.rfind(".")
    return dot >= 0 and path[dot:].lower() in PICTURES


def lines_of(text: str) -> list[str]:
    """The lines of a file in which each is a name, as editors have them: `splitlines` sees more ends, within names."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if text else []


class Members(Protocol):
    """The files of a source.

    Attributes:
        name: of the source as a whole, for people.
        paths: names of the files relative to it, with slashes, ascending; that of a single file is its name.
    """

    name: str
    paths: tuple[str, ...]

    def head(self, path: str) -> bytes:
        """The first bytes of a file, `HEAD_BYTES` at most, unpacked where it is compressed.

        Raises:
            SourceUnreadable: it cannot be read.
        """

    def length(self, path: str) -> int:
        """How many bytes a file has, unpacked. Raises `SourceUnreadable`."""

    def read(self, path: str) -> bytes:
        """A file as a whole. Raises `SourceUnreadable` where it cannot be read or is larger than a reader may hold."""

    def open(self, path: str) -> BinaryIO:
        """A file, to be read and closed. What goes wrong while it is read is a `SourceUnreadable`, too.

        It can be read from any offset, but cheaply only forwards.
        """
