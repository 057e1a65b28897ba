"""The sign of a page in the tab of a browser: how the run stands, and how far it is. Pure."""

from __future__ import annotations

import math

from bulk_importer.observe.drawing.svg import element, picture
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.page.running.words import state_word

__all__ = ["icon"]

_COLOURS = {
    "starting": "#57606a",
    "running": "#0969da",
    "paused": "#9a6700",
    "waiting": "#9a6700",
    "stopping": "#9a6700",
    "complete": "#1a7f37",
    "stopped": "#57606a",
    "fruitless": "#cf222e",
    "failed": "#cf222e",
    "killed": "#cf222e",
    "unusable": "#cf222e",
}
_SIGNS = {
    "starting": "M10 14.5h3v3h-3zM14.5 14.5h3v3h-3zM19 14.5h3v3h-3z",
    "running": "M14 10.5l8 5.5-8 5.5z",
    "paused": "M11.5 10.5h3.2v11h-3.2zM17.3 10.5h3.2v11h-3.2z",
    "waiting": "M15 10h2v5.6l3.6 3-1.3 1.5L15 16.5z",
    "stopping": "M11.5 11.5h9v9h-9z",
    "stopped": "M11.5 11.5h9v9h-9z",
    "complete": "M14.6 21.4l-4.7-4.7 1.7-1.7 3 3 6.4-6.4 1.7 1.7z",
}
_CROSS = "M11 12.7l1.7-1.7 3.3 3.3 3.3-3.3 1.7 1.7-3.3 3.3 3.3 3.3-1.7 1.7-3.3-3.3-3.3 3.3-1.7-1.7 3.3-3.3z"
_RADIUS = 13.0


def icon(state: str, percent: int | None) -> Markup:
    """A ring that closes with the percent, and a sign of the state in it."""
    colour = _COLOURS.get(state, _COLOURS["starting"])
    round_about = 2 * math.pi * _RADIUS
    done = round_about * (percent if percent is not None else 0) / 100
    ring = [
        element("circle", cx=16, cy=16, r=_RADIUS, fill="#ffffff", stroke="#c8d0d9", stroke_width=4),
        element(
            "circle",
            cx=16,
            cy=16,
            r=_RADIUS,
            fill="none",
            stroke=colour,
            stroke_width=4,
            stroke_dasharray=f"{done:.1f} {round_about:.1f}",
            transform="rotate(-90 16 16)",
        ),
    ]
    sign = element("path", d=_SIGNS.get(state, _CROSS), fill=colour)
    return picture(*ring, sign, title=state_word(state), text=state_word(state), viewBox="0 0 32 32")
