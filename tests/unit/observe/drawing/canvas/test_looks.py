"""A class looks the same everywhere, and can be seen in light and in dark."""

from __future__ import annotations

from bulk_importer.observe.drawing.canvas.looks import ALARM, CAUTION, look_of

NAMES = [f"class {number}" for number in range(500)]


def luminance(colour: str) -> float:
    """As WCAG counts it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_each_look_is_seen_on_white_and_on_black() -> None:
    """Lines need a contrast of 3, and the numbers on what is wrong 4.5."""
    for colour in {look_of(name).colour for name in NAMES} | {ALARM, CAUTION}:
        assert contrast(colour, "#ffffff") >= 3
        assert contrast(colour, "#1e1e1e") >= 3
    assert min(contrast(colour, "#ffffff") for colour in (ALARM, CAUTION)) >= 4.5


def test_classes_are_told_apart_by_two_dozen_looks() -> None:
    """By colour and by dashes; none of them is the red of what is wrong."""
    looks = {look_of(name) for name in NAMES}
    assert len(looks) == 24
    assert ALARM not in {look.colour for look in looks}
    assert look_of("car") == look_of("car")
    assert look_of("\ud800") in looks
