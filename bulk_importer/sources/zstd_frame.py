"""Unpacks one zstd frame, and says so where what it needs is not there: memory, or a dictionary.

Behind its mark a frame says how far back it refers, its *window*, which has to be in memory while it is unpacked: 8 MiB
at most unless it was packed with `--ultra` or `--long`, 128 MiB with `--long`, up to 2 GiB with `--long=31`. A frame
that tells the size of its content refers to no more than that.
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from bulk_importer.machine.memory import available_bytes
from bulk_importer.sources.member import HEAD_BYTES, CannotUnpack, DamagedData

__all__ = ["ZstdFrame", "window_bytes"]

_FRAME = b"\x28\xb5\x2f\xfd"
_MOST_WINDOW_LOG = 31
# Less is not compared with what there is: a run takes about as much for everything else.
_SMALL_BYTES = 128 << 20
_SIZE_BYTES = (0, 2, 4, 8)
_DICTIONARY_BYTES = (0, 1, 2, 4)


class ZstdFrame:
    """One frame, in the form of the members of `bz2` and `lzma`.

    Args:
        head: its first `HEAD_BYTES`, fewer only where it is no longer.

    Raises, also while it unpacks:
        CannotUnpack: something is missing.
        DamagedData: its bytes are at fault.
    """

    def __init__(self, head: bytes) -> None:
        self._window = window_bytes(head)
        room = available_bytes()
        if self._window > _SMALL_BYTES and room is not None and self._window > room:
            raise self._too_large(f"and there are {_mib(room)}")
        if self._window > 1 << _MOST_WINDOW_LOG:
            raise self._too_large("and more than 2 GiB are not taken")
        if len(head) == HEAD_BYTES and head.startswith(_FRAME) and zstd.get_frame_info(head).dictionary_id:
            advice = "Unpack it with that (zstd -d -D DICTIONARY FILE), and import what comes out."
            raise CannotUnpack("its zstd data need a dictionary that is not in them", advice)
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _MOST_WINDOW_LOG}
        self._member = zstd.ZstdDecompressor(options=options)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return self._member.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack at most `max_length` bytes of the frame."""
        try:
            return self._member.decompress(data, max_length)
        except (MemoryError, zstd.ZstdError) as error:
            if isinstance(error, MemoryError) or "not enough memory" in str(error):
                raise self._too_large("and there is not so much") from error
            raise DamagedData from error

    def _too_large(self, but: str) -> CannotUnpack:
        advice = (
            "Where there is more, the same command resumes; or pack it anew with a smaller window "
            "(zstd -d --long=31 < FILE | zstd --long=27), and import that."
        )
        return CannotUnpack(f"its zstd data need a window of {_mib(self._window)} in memory, {but}", advice)


def window_bytes(head: bytes) -> int:
    """The window of the frame that begins with `head`; 0 where it has none, or is cut short (RFC 8878, 3.1.1.1)."""
    if not head.startswith(_FRAME) or len(head) < len(_FRAME) + 2:
        return 0
    flags, at = head[4], 5
    is_single = bool(flags & 0x20)
    window = 0
    if not is_single:
        base = 1 << (10 + (head[5] >> 3))
        window, at = base + base // 8 * (head[5] & 7), 6
    at += _DICTIONARY_BYTES[flags & 3]
    length = _SIZE_BYTES[flags >> 6] or int(is_single)
    if not length or len(head) < at + length:
        return window
    size = int.from_bytes(head[at : at + length], "little") + (256 if length == 2 else 0)
    return size if is_single else min(window, size)


def _mib(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"
