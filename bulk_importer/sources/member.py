"""One member of a compressed file: what unpacks it has to offer, and how it fails."""

from __future__ import annotations

from typing import Protocol

__all__ = ["HEAD_BYTES", "CannotUnpack", "DamagedData", "Member"]

HEAD_BYTES = 18
"""So many of a member are there when it is begun, fewer only at the end; the head of a zstd frame is not longer."""


class CannotUnpack(Exception):
    """What a member needs is not there; its bytes are not to blame."""

    def __init__(self, reason: str, advice: str) -> None:
        self.reason = reason
        self.advice = advice
        super().__init__(f"{reason}. {advice}")


class DamagedData(Exception):
    """A member is not what was packed."""


class Member(Protocol):
    """One member of a compressed file, as `bz2` and `lzma` have it."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...
