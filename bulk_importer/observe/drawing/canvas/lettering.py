"""Letters in a picture: how wide they are about, and how much of a name is shown.

Pure.
"""

from __future__ import annotations

import unicodedata

__all__ = ["FONT", "name_shown", "width_of"]

FONT = "system-ui, sans-serif"
_LONGEST = 26


def name_shown(name: str) -> str:
    """The name of a class, cut to what can be read, without what would turn a line around."""
    plain = "".join(each for each in name[: 4 * _LONGEST] if unicodedata.category(each)[0] != "C").strip()
    if not plain:
        return "no class"
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def width_of(text: str, size: float) -> float:
    """About how wide a text is: letters that are as wide as high count as such."""
    return size * sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.54 for each in text)
