"""What stands below a canvas: the classes that have no name on it, and what has to be known of the drawing.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bulk_importer.observe.drawing.canvas.lettering import FONT, name_shown, width_of
from bulk_importer.observe.drawing.canvas.looks import look_of
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["below"]

_SIZE = 14.0
_LINE = 20.0
_SWATCH = 26.0
_GAP = 16.0
_MOST_CLASSES = 8


def below(names: Sequence[str], notes: Iterable[str], *, top: float, width: float) -> tuple[Markup, float]:
    """The legend of these classes, and the notes, from `top` on; and where they end."""
    pieces: list[Markup] = []
    baseline = top + _LINE
    left = 0.0
    for name in names[:_MOST_CLASSES]:
        shown = name_shown(name)
        needed = _SWATCH + 6 + width_of(shown, _SIZE)
        if left and left + needed > width:
            left, baseline = 0.0, baseline + _LINE
        pieces += _row(name, shown, left, baseline)
        left += needed + _GAP
    if names:
        baseline += _LINE
    if len(names) > _MOST_CLASSES:
        notes = [f"Classes without a name here: {len(names) - _MOST_CLASSES:,} more.", *notes]
    for note in notes:
        for line in _wrapped(note, width):
            pieces.append(_text(line, 0, baseline))
            baseline += _LINE
    return element("g", pieces), baseline - _LINE + 6


def _row(name: str, shown: str, left: float, baseline: float) -> Iterator[Markup]:
    look = look_of(name)
    yield element(
        "line",
        x1=left,
        x2=left + _SWATCH,
        y1=baseline - 5,
        y2=baseline - 5,
        stroke=look.colour,
        stroke_width=3.0,
        stroke_dasharray=look.dashes,
    )
    yield _text(shown, left + _SWATCH + 6, baseline)


def _text(text: str, x: float, y: float) -> Markup:
    return element("text", text, x=x, y=y, fill="currentColor", font_family=FONT, font_size=_SIZE)


def _wrapped(text: str, width: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}".lstrip()
        if line and width_of(longer, _SIZE) > width:
            yield line
            longer = word
        line = longer
    yield line
