"""SVG is well formed whatever is written into it, and needs nothing but itself."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from bulk_importer.observe.drawing.svg import element, number, picture


def test_an_element_holds_its_attributes_and_what_is_inside() -> None:
    """Names with hyphens and those that Python keeps for itself included; None is left out."""
    drawn = element("text", element("tspan", "a"), " & b", font_size=12.0, class_="c", x=None, y=0.125)
    assert drawn.text == '<text font-size="12" class="c" y="0.12"><tspan>a</tspan> &amp; b</text>'


@example("\uffff", "\ufffe")
@given(some.text(some.characters(codec=None)), some.text(some.characters(codec=None)))
def test_what_strangers_wrote_is_shown_and_nothing_more(name: str, value: str) -> None:
    """A class may be named like a script, or hold bytes that no XML may hold."""
    root = ET.fromstring(element("text", name, id=value).text)
    assert len(root) == 0
    assert list(root.attrib) == ["id"]


def test_a_picture_says_what_it_shows() -> None:
    """Its title and its description come first, where programs that read aloud look for them."""
    drawn = picture(element("g"), title="A < B", text="Two things.", width=10)
    root = ET.fromstring(drawn.text)
    assert root.get("role") == "img"
    assert [each.tag.partition("}")[2] for each in root] == ["title", "desc", "g"]
    assert [each.text for each in root[:2]] == ["A < B", "Two things."]


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (10.0, "10"), (0.1, "0.1"), (2.999, "3"), (-0.5, "-0.5"), (7, "7")]
)
def test_a_number_has_two_digits_behind_the_point_at_most(value: float, text: str) -> None:
    """More cannot be seen, and makes a page larger."""
    assert number(value) == text
