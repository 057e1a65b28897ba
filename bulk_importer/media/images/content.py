"""Reads of an image file what a page may show: its size, what it is by its content, and its bytes if they are few.

What a file is called says nothing: a page shows only what its first bytes say it is, and never what can hold a script.
"""

from __future__ import annotations

import io
import os
import stat
from contextlib import suppress
from pathlib import Path

import msgspec

__all__ = ["MediaImage", "image_in"]

_HEAD_BYTES = 1 << 18
"""Of a photograph with large remarks before its size; most need some hundred bytes."""
_MARKS = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
)


class MediaImage(msgspec.Struct, frozen=True):
    """An image as a page may show it.

    Attributes:
        width, height: in pixels, as it is shown; 0 where that is not known.
        type: by its content, as `image/jpeg`.
        content: its bytes; none where they are too many.
    """

    width: int
    height: int
    type: str
    content: bytes = b""


def image_in(path: Path, *, most_bytes: int) -> MediaImage | None:
    """What a page may show of a file; None where it cannot be read, or is no image that pages show.

    Its size is not known without the package `imagesize`.

    Args:
        most_bytes: how many of its bytes are taken; none of a larger one.
    """
    with suppress(OSError):
        # Not to wait for a pipe that somebody put there.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(file, "rb") as opened:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                return None
            is_small = status.st_size <= most_bytes
            read = opened.read(max(most_bytes, _HEAD_BYTES) + 1 if is_small else _HEAD_BYTES)
        kind = _type_of(read)
        if kind is not None:
            width, height = _size_of(read)
            return MediaImage(width, height, kind, read if is_small and len(read) <= most_bytes else b"")
    return None


def _type_of(head: bytes) -> str | None:
    return next((kind for mark, at, kind in _MARKS if head[at : at + len(mark)] == mark), None)


def _size_of(head: bytes) -> tuple[int, int]:
    try:
        import imagesize

        width, height = imagesize.get(io.BytesIO(head))
    except (ImportError, ValueError, OSError):
        return 0, 0
    return (width, height) if width > 0 and height > 0 else (0, 0)
