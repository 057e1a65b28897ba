"""Frames: how one record lies in the log, and how what lies there is taken apart.

Pure. The format and its reasons are described in the package.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

__all__ = ["Damage", "frame", "split"]

_HEAD = 26  # eight digits of length, eight of its checksum, a blank, eight of the payload's checksum, a blank
_SEED = 0xFFFFFFFF


class Damage(ValueError):
    """What lies at `offset` was never written like that.

    Attributes:
        resume_at: where the next frame may begin: behind this one when its length is sound, else None.
    """

    def __init__(self, offset: int, reason: str, *, resume_at: int | None = None) -> None:
        self.offset = offset
        self.reason = reason
        self.resume_at = resume_at
        super().__init__(f"byte {offset}: {reason}")


def frame(payload: bytes, offset: int) -> bytes:
    """`payload` (JSON, no line breaks) as it is written at byte `offset` of the log."""
    length = b"%08x" % len(payload)
    seed = offset & _SEED
    return b"%b%08x %08x %b\n" % (length, crc32(length, seed), crc32(payload, seed), payload)


def split(content: bytes, begin: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """The complete frames of a log in order, as (offset, end, payload).

    Ends before a torn frame: one that is cut short, or of which only zeros are left from some byte on up to
    the end of `content`.

    Args:
        content: the log, or what of it stands behind a frame.
        begin: byte of the log at which `content` begins.

    Raises:
        Damage: a frame is there and is not what was written.
    """
    # Zeros at the end are what a file system leaves of a write that a power cut overtook. No frame ends
    # with a zero, and no single flipped bit makes one of its line feed, so none of this hides damage.
    written = len(content.rstrip(b"\0"))
    at = 0
    while at + _HEAD <= written:
        seed = (begin + at) & _SEED
        length = content[at : at + 8]
        if content[at + 8 : at + 16] != b"%08x" % crc32(length, seed):
            raise Damage(begin + at, "the length of a record is not what was written")
        end = at + _HEAD + int(length, 16) + 1
        if end > written:
            return
        payload = content[at + _HEAD : end - 1]
        checksum = b" %08x " % crc32(payload, seed)
        if content[at + 16 : at + _HEAD] != checksum or content[end - 1] != 0x0A:
            raise Damage(begin + at, "a record is not what was written", resume_at=begin + end)
        yield begin + at, begin + end, payload
        at = end
