"""How a report looks: its style sheet, and the sign in the tab of the browser."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bulk_importer.observe.drawing.svg import element, picture
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.report.values import Verdict

__all__ = ["icon", "style"]

_COLORS = {
    Verdict.DONE: "#1a7f37",
    Verdict.PARTLY: "#9a6700",
    Verdict.FAILED: "#cf222e",
    Verdict.GOING: "#0969da",
}
_LINES = {
    Verdict.DONE: "M4.5 8.5l2.5 2.5 4.5-5",
    Verdict.PARTLY: "M8 4v5M8 11.5v.5",
    Verdict.FAILED: "M5 5l6 6M11 5l-6 6",
    Verdict.GOING: "M4 8h.1M8 8h.1M12 8h.1",
}


def icon(verdict: Verdict) -> Markup:
    """A disc with a sign in it."""
    sign = element(
        "path", d=_LINES[verdict], stroke="#fff", stroke_width=2, stroke_linecap="round", fill="none"
    )
    disc = element("circle", cx=8, cy=8, r=8, fill=_COLORS[verdict])
    return picture(disc, sign, title=verdict.word, text=verdict.word, viewBox="0 0 16 16")


@cache
def style() -> str:
    """The style sheet, without the comments and blanks that are for us."""
    text = (Path(__file__).with_name("report.css")).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()
