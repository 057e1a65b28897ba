"""Fits what is to be said into one line of a terminal: whole numbers or none, the most important first.

Pure. A character of the far east takes two columns, an accent that stands alone takes none. What would move the cursor
or colour the terminal, in a file's name or a server's words, is shown as a question mark.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

import msgspec

from bulk_importer.observe.parts import Part, Tone

__all__ = ["Drawing", "fitted", "plain"]

_SHORTEST_TEXT = 10
"""Columns; of a text that has to be cut so much at least is shown, or nothing."""
_BAR_COLUMNS = 12


class Drawing(msgspec.Struct, frozen=True):
    """The characters and colours that a line is drawn with.

    Attributes:
        is_ascii: the stream takes no other characters.
        paint: gives a text the colour of its tone.
    """

    is_ascii: bool = False
    paint: Callable[[str, Tone], str] = lambda text, _: text

    @property
    def between(self) -> str:
        """The text between two parts."""
        return " | " if self.is_ascii else " · "

    @property
    def cut(self) -> str:
        """The text in place of what was cut off."""
        return "..." if self.is_ascii else "…"

    def bar(self, percent: int) -> str:
        """A bar of `_BAR_COLUMNS` that is filled to `percent`."""
        full = percent * _BAR_COLUMNS // 100
        done, rest = ("#", "-") if self.is_ascii else ("━", "╌")
        return done * full + rest * (_BAR_COLUMNS - full)


def fitted(parts: Sequence[Part], width: int, drawing: Drawing, *, percent: int | None = None) -> str:
    """A line of at most `width` columns.

    Args:
        parts: the most important first. One that has no room is left out, and later ones may have some.
        percent: how long a bar to draw behind the first part, where there is room for one; the last part comes after
            it.
    """
    chosen: list[Part] = []
    left = width
    bar = ""
    for part in parts:
        if percent is not None and part is parts[-1] and chosen and left > _BAR_COLUMNS:
            bar = f" {drawing.bar(percent)}"
            left -= _BAR_COLUMNS + 1
        text = plain(part.text)
        room = left - (_columns(drawing.between) if chosen else 0)
        if _columns(text) > room:
            if not part.may_shrink or room < _SHORTEST_TEXT:
                continue
            text = _shortened(text, room, drawing.cut)
        left = room - _columns(text)
        chosen.append(Part(text, part.tone))
    shown = [part.text if part.tone is Tone.PLAIN else drawing.paint(part.text, part.tone) for part in chosen]
    shown[:1] = [first + bar for first in shown[:1]]
    return drawing.between.join(shown)


def plain(text: str) -> str:
    """The text without what is not shown as a character."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def _shortened(text: str, room: int, cut: str) -> str:
    kept, left = [], room - _columns(cut)
    for each in text:
        left -= _width(each)
        if left < 0:
            break
        kept.append(each)
    return "".join(kept).rstrip() + cut


def _columns(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
