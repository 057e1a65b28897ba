"""Says how high a value stands in a panel, and what is written at its lines.

Pure. Heights are pixels from the top of the panel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from bulk_importer.observe.drawing.charts.ticks import decade_ticks, number_ticks

__all__ = ["Axis", "figure", "linear", "logarithmic", "seconds_text"]


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """The scale of a panel.

    Attributes:
        lowest, highest: what stands at the bottom and at the top.
        lines: values, and what is written there.
    """

    height: float
    lowest: float
    highest: float
    lines: Sequence[tuple[float, str]]
    is_logarithmic: bool = False

    def y(self, value: float) -> float:
        """How far below the top a value stands; at an end, what is beyond it."""
        low, high, at = self.lowest, self.highest, min(max(value, self.lowest), self.highest)
        if self.is_logarithmic:
            low, high, at = math.log10(low), math.log10(high), math.log10(at)
        return self.height * (1 - (at - low) / (high - low))


def linear(highest: float, *, height: float, whole: bool = False) -> Axis:
    """From 0 to a round number that is no less than the highest value.

    Args:
        whole: there is nothing between two whole numbers.
    """
    ticks = number_ticks(highest or 1.0, 3, whole=whole)
    step = ticks[1]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    lines = [(each, f"{each:,.{digits}f}" if each else "0") for each in ticks]
    return Axis(height=height, lowest=0.0, highest=ticks[-1], lines=lines)


def logarithmic(lowest: float, highest: float, *, height: float) -> Axis:
    """Of seconds, from one power of ten to another: the slowest of many answers takes a thousand times the fastest."""
    ticks = decade_ticks(max(lowest, 1e-3), max(highest, 2e-3))
    every = math.ceil((len(ticks) - 1) / 4)
    lines = [(each, seconds_text(each)) for each in ticks[::every]]
    return Axis(height=height, lowest=ticks[0], highest=ticks[-1], lines=lines, is_logarithmic=True)


def figure(value: float) -> str:
    """A number for people: three digits of one that is small, else whole."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.3g}"


def seconds_text(seconds: float) -> str:
    """A short time for people."""
    if seconds < 0.9995:
        return f"{figure(seconds * 1000) if seconds < 0.1 else f'{seconds * 1000:.0f}'} ms"
    return f"{figure(seconds)} s"
