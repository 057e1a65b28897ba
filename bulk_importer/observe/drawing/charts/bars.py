"""Draws how many there are of each, as bars that lie: the longest first, each below its name.

Pure. Names are those of strangers, as long as they like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from unicodedata import east_asian_width

from bulk_importer.observe.drawing.charts.curves import BLUE
from bulk_importer.observe.drawing.charts.panel import sheet
from bulk_importer.observe.drawing.svg import element
from bulk_importer.observe.markup import Markup

__all__ = ["bar_rows", "bar_sheet"]

_ROW = 36
_BAR = 10
_LONGEST_NAME = 38
"""Columns: on a telephone there is room for that and a number."""
_MOST = 12
_NARROWEST = 0.4
_LOOKS: Mapping[str, Mapping[str, str | float]] = {
    "error": {"fill": "#d55e00"},
    "warning": {"fill": "#d55e00", "fill_opacity": 0.2, "stroke": "#d55e00", "stroke_width": 1.5},
    "note": {"fill": "none", "stroke": "currentColor", "stroke_dasharray": "3 2"},
    "": {"fill": BLUE},
}
"""By severity. The word stands beside the name, too."""


def bar_rows(counts: Mapping[str, int], noun: str) -> list[tuple[str, int]]:
    """The largest ones, and the sum of the others as the last one."""
    rows = nlargest(_MOST, counts.items(), key=lambda each: (each[1], each[0]))
    rows = sorted(rows, key=lambda each: (-each[1], each[0]))
    others = len(counts) - len(rows)
    if others:
        rest = sum(counts.values()) - sum(count for _, count in rows)
        rows.append((f"and {others:,} more {noun}", rest))
    return rows


def bar_sheet(
    rows: Sequence[tuple[str, int]], severities: Mapping[str, str], *, most: int, title: str, text: str
) -> Markup:
    """The drawing.

    Args:
        most: how many rows are bars; what comes behind them is a sum, and has none.
        severities: `error`, `warning` or `note` for the names that have one.
    """
    longest = max((count for _, count in rows[:most]), default=0)
    drawn = [
        piece
        for index, (name, count) in enumerate(rows)
        for piece in _row(name, count, severities.get(name, ""), longest if index < most else 0, index * _ROW)
    ]
    return sheet(drawn, len(rows) * _ROW, title=title, text=text)


def _row(name: str, count: int, severity: str, longest: int, top: float) -> Iterator[Markup]:
    said = f" ({severity})" if severity and severity != "error" else ""
    yield element("text", f"{_fitted(name or '(no class)')}{said}", x=0, y=top + 13, font_size=13)
    yield element("text", f"{count:,}", x="100%", y=top + 13, font_size=13, text_anchor="end")
    if longest and count:
        width = max(100 * count / longest, _NARROWEST)
        yield element("rect", x=0, y=top + 19, width=f"{width:.2f}%", height=_BAR, **_LOOKS[severity])


def _fitted(name: str) -> str:
    left = _LONGEST_NAME
    for index, each in enumerate(name):
        left -= 2 if east_asian_width(each) in "WF" else 1
        if left < 0:
            return f"{name[: max(0, index - 1)].rstrip()}…"
    return name
