"""Opens what a person wrote, and says what is wrong where that is not possible: one way for every file but the source.

Editors and shells put a byte order mark before a text, or write UTF-16; people name a folder, or the wrong file. The
mark is passed over; the rest is a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import BinaryIO

from xxhash import xxh3_128

from bulk_importer.errors import BulkImporterError, UsageError

__all__ = ["content_digest", "opened", "reason_of", "reason_unwritten", "text_of"]

_MARK = b"\xef\xbb\xbf"
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 4
_MOST_BYTES = 1 << 20
_PIECE_BYTES = 1 << 20


@contextmanager
def opened(
    path: str | PathLike[str], what: str, *, refused_as: type[BulkImporterError] = UsageError
) -> Iterator[BinaryIO]:
    """A file that is open for reading, behind the byte order mark if it has one. Pipes are files, too.

    Args:
        what: what the file is, to begin a sentence with: `The token file`.
        refused_as: the kind of error, made of a sentence; by that the file counts as a setting, or as input.

    Raises:
        UsageError: it cannot be opened or, inside the block, read; or it is no UTF-8, as its first bytes tell. Or what
            `refused_as` says.
    """
    try:
        with Path(path).open("rb") as file:
            # Looked at and not read, because a pipe cannot be wound back.
            head = file.peek(_HEAD_BYTES)[:_HEAD_BYTES]
            if head.startswith(_MARKS_OF_UTF_16) or b"\0\0" in (head[::2], head[1::2]):
                raise refused_as(
                    f"{what} {fspath(path)} is written in UTF-16, as some programs on Windows do. Save it as UTF-8."
                )
            if head.startswith(_MARK):
                file.read(len(_MARK))
            yield file
    except OSError as error:
        raise refused_as(f"{what} {fspath(path)} cannot be read: {reason_of(error)}.") from error


def text_of(path: str | PathLike[str], what: str, *, most_bytes: int = _MOST_BYTES) -> str:
    """The text of a small file, without a byte order mark.

    Args:
        what: as for `opened`.
        most_bytes: what is larger was not meant, and is not read.

    Raises:
        UsageError: as `opened`, or it is too large, or no UTF-8 further on.
    """
    with opened(path, what) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise UsageError(f"{what} {fspath(path)} is larger than {most_bytes:,} bytes. Is it the right file?")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        # Without the bytes, which may be part of a secret.
        raise UsageError(
            f"{what} {fspath(path)} is not written in UTF-8, from byte {error.start} on. Save it as UTF-8."
        ) from None


def content_digest(path: Path, what: str) -> bytes:
    """16 bytes by which the content of a file is known again; of any size.

    Raises:
        UsageError: as `opened`, or it can be read once only.
    """
    digest = xxh3_128()
    with opened(path, what) as file:
        if not file.seekable():
            raise UsageError(f"{path} cannot be read twice, and has to be. Write it into a file.")
        file.seek(0)
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.digest()


def reason_of(error: Exception) -> str:
    """Why a file cannot be read or written, for the middle of a sentence: in words, without the system's number."""
    if not isinstance(error, OSError):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    return error.strerror or str(error)


def reason_unwritten(error: OSError) -> str:
    """Why a file that need not be there yet cannot be written, as `reason_of`."""
    return "there is no such folder" if isinstance(error, FileNotFoundError) else reason_of(error)
