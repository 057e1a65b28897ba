"""How the geometries of each class look.

Pure. By the name of the class alone, so that a class looks the same in every picture. The colour-blind can tell the
colours apart too, and their contrast to white as well as to black is 3 or more; dashes tell apart what has one colour.
Red is none of them: it says what is wrong.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

__all__ = ["ALARM", "CAUTION", "Look", "look_of"]

ALARM = "#e3122f"
CAUTION = "#b65c00"
_COLOURS = ("#7547f8", "#0e9fbe", "#9d7e0f", "#a64c81", "#5a7647", "#9b61d8")
"""Found by drawing at random: any two of them are 22 apart (CIE 1976) as most people see them and as those see them who
lack one of the three kinds of cones, and each is 62 apart from the red."""
_START = 183790
"""With this one, six kinds of what drives have six colours, and twenty of 22 usual classes have looks of their own."""
_DASHES = (None, "7 3", "2 3", "9 3 2 3")


class Look(NamedTuple):
    """The stroke of a class; `dashes` is None for a whole line."""

    colour: str
    dashes: str | None


def look_of(name: str) -> Look:
    """How a class looks; one without a name too."""
    number = crc32(name.encode("utf-8", "replace"), _START)
    return Look(_COLOURS[number % len(_COLOURS)], _DASHES[number // len(_COLOURS) % len(_DASHES)])
