"""The parts of what is shown of a progress, and how quantities are written in them. Pure."""

from __future__ import annotations

from enum import Enum

import msgspec

__all__ = ["Part", "Tone", "amount", "duration"]


class Tone(Enum):
    """What a part of the line is to its reader."""

    PLAIN = "plain"
    STATE = "state"
    BAD = "bad"


class Part(msgspec.Struct, frozen=True):
    """A piece of what is shown.

    Attributes:
        may_shrink: it is a text, which is of use also when its end is missing; a number would be another one.
    """

    text: str
    tone: Tone = Tone.PLAIN
    may_shrink: bool = False


def amount(count: float, unit: str) -> str:
    """So many of a unit, for people: bytes as kB and MB, others with commas."""
    if unit == "bytes":
        if count < 1e6:
            return f"{count / 1e3:,.0f} kB"
        return f"{count / 1e6:,.1f} MB" if count < 1e8 else f"{count / 1e6:,.0f} MB"
    return f"{count:,.0f}" if count >= 10 or count == 0 else f"{count:,.1f}"


def duration(seconds: float) -> str:
    """Seconds for people, in the two largest units that there are."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"
