"""Gives every row an id that looks like a random UUID, and finds the row of an id without an index.

Pure. A row is named by its kind and its number; the id is a bijection of the two on 122 bits (multiply, fold
the upper half into the lower, twice), written with the version and variant bits of a random UUID. So ids cost
no storage and no look-up, and a seed makes all ids of a sandbox reproducible: a corpus can be written for
media that do not exist yet.
Rejected: stored random UUIDs, a third of the size of a large database and half of its insert time.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = ["IdKind", "Ids"]

_BITS: Final = 122
_HALF: Final = _BITS // 2
_MASK: Final = (1 << _BITS) - 1
_KIND_SHIFT: Final = 116
_NUMBER_MASK: Final = (1 << _KIND_SHIFT) - 1
# Any odd factor is invertible modulo a power of two; this one (digits of the golden ratio) spreads
# neighbouring numbers over all digits.
_FACTOR: Final = 0x278DDE6E5FD29E7ADBA5F4A0F3E2D1B | 1
_INVERSE: Final = pow(_FACTOR, -1, 1 << _BITS)

_SEQUENCE_BITS: Final = 32
_POINT_BITS: Final = 24


class IdKind(IntEnum):
    """The kind of row that an id names."""

    PROJECT = 1
    CONFIG = 2
    ITERATION = 3
    DATASET = 4
    MEDIA = 5
    TASK = 6
    LABEL_CLASS = 7
    VALUE = 8
    POINT = 9


class Ids:
    """Ids of one sandbox. Equal seeds give equal ids."""

    __slots__ = ("_offset",)

    def __init__(self, seed: int) -> None:
        self._offset = (seed * 0x9E3779B97F4A7C15F39CC0605CEDC835) & _MASK

    def text(self, kind: IdKind, number: int) -> str:
        """The id of the row with this kind and number, which is below 2**116."""
        mixed = ((int(kind) << _KIND_SHIFT | number) * _FACTOR + self._offset) & _MASK
        mixed = (mixed ^ mixed >> _HALF) * _FACTOR & _MASK
        mixed ^= mixed >> _HALF
        high, middle, low = mixed >> 74, (mixed >> 62) & 0xFFF, mixed & 0x3FFFFFFFFFFFFFFF
        digits = f"{high:012x}4{middle:03x}{low | 1 << 63:016x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def number(self, kind: IdKind, text: str) -> int | None:
        """The number of the row that the id `text` names, in any case; None if it names none of this kind."""
        digits = text.replace("-", "")
        if len(text) != 36 or len(digits) != 32:
            return None
        try:
            whole = int(digits, 16)
        except ValueError:
            return None
        mixed = whole >> 80 << 74 | (whole >> 64 & 0xFFF) << 62 | whole & 0x3FFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> _HALF) * _INVERSE & _MASK
        plain = ((mixed ^ mixed >> _HALF) - self._offset) * _INVERSE & _MASK
        if plain >> _KIND_SHIFT != kind or self.text(kind, plain & _NUMBER_MASK) != text.lower():
            return None
        return plain & _NUMBER_MASK

    def value(self, task: int, sequence: int) -> str:
        """The id of the label value that is the `sequence`-th of its task."""
        return self.text(IdKind.VALUE, task << _SEQUENCE_BITS | sequence)

    def value_number(self, text: str) -> tuple[int, int] | None:
        """Task and sequence number of the label value that the id `text` names; None if it names none."""
        number = self.number(IdKind.VALUE, text)
        return None if number is None else (number >> _SEQUENCE_BITS, number & ((1 << _SEQUENCE_BITS) - 1))

    def point(self, task: int, sequence: int, index: int) -> str:
        """The id of the `index`-th point of a label value."""
        return self.text(IdKind.POINT, (task << _SEQUENCE_BITS | sequence) << _POINT_BITS | index)
