"""A picture of a rejected entry shows what is wrong, where it is, and what it could not show."""

from __future__ import annotations

import copy
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bulk_importer.observe.drawing.canvas.looks import ALARM, CAUTION
from bulk_importer.observe.drawing.pictures import ImageRef, Picture, picture_of

SVG = "{http://www.w3.org/2000/svg}"
CAR = [{"x": 57, "y": 412}, {"x": 54, "y": 463}, {"x": 130, "y": 524}, {"x": 260, "y": 500}]
ENTRY: dict[str, Any] = {
    "internal_media_ID": "a",
    "labels": {
        "car": [
            {
                "polygon": CAR,
                "classifications": {"kind": ["suv"]},
                "nested_geometries": {"wheel": [{"rectangle": [{"x": 80, "y": 450, "w": 30, "h": 40}]}]},
            },
            {"classifications": {}},
        ],
        "bus": [{"rectangle": [{"x": 272, "y": 302, "w": 324, "h": 169}]}],
        "street": [{"line": [{"x": 0, "y": 560}, {"x": 640, "y": 580}]}],
        "poi": [{"point": [{"x": 500, "y": 120}]}],
    },
}


def finding(pointer: str, code: str = "schema-coordinate", **more: object) -> dict[str, object]:
    """As a line of `rejected.jsonl` has it."""
    return {"code": code, "severity": "error", "position": 7, "pointer": pointer, **more}


def drawn(entry: object, *findings: dict[str, object], image: ImageRef | None = None) -> Picture:
    """The picture, which there must be."""
    found = picture_of(entry, findings, image)
    assert found is not None
    return found


def texts(picture: Picture) -> list[str]:
    """What can be read in it."""
    return [each.text or "" for each in ET.fromstring(picture.svg).iter(f"{SVG}text")]


def with_value(value: object, *path: str | int) -> dict[str, Any]:
    """The entry with another value at a place."""
    changed = copy.deepcopy(ENTRY)
    inner: Any = changed["labels"]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("pointer", "marked"),
    [
        ("/labels/car/0/polygon/2/x", "element 3 of 4 of the polygon of car, at x 130, y 524"),
        ("/labels/car/0/polygon", "the polygon of car of 4 elements"),
        ("/labels/car/0/classifications/kind/0", "the polygon of car of 4 elements"),
        ("/labels/car/0/nested_geometries/wheel/0/rectangle/0/w", "the rectangle of wheel of 1 element"),
        ("/labels/bus", "the rectangle of bus of 1 element"),
        ("/labels/poi/0/point/0", "element 1 of 1 of the point of poi, at x 500, y 120"),
        ("/labels/street/0/unknown", "the line of street of 2 elements"),
    ],
)
def test_the_geometry_that_a_finding_leads_to_is_marked(pointer: str, marked: str) -> None:
    """The point, or the geometry that the place belongs to; with a number that a list beside it uses."""
    picture = drawn(ENTRY, finding(pointer))
    assert f"Number 1 marks {marked}." in picture.text
    assert "1" in texts(picture)
    assert ALARM in picture.svg


@pytest.mark.parametrize(
    "pointer", ["", "/internal_media_ID", "/labels", "/labels/car/1", "/labels/car/9", "no"]
)
def test_what_has_no_place_marks_nothing_and_is_said(pointer: str) -> None:
    """The other geometries are not wrong because one is missing."""
    picture = drawn(ENTRY, finding(pointer), finding("/labels/bus/0/rectangle"))
    assert "Not in the drawing: number 1." in picture.text
    assert "Not in the drawing: number 1." in texts(picture)
    assert ALARM not in drawn(ENTRY, finding(pointer)).svg


def test_a_warning_alone_looks_otherwise() -> None:
    """It is not what the entry is rejected for."""
    svg = drawn(ENTRY, finding("/labels/bus/0/rectangle", severity="warning")).svg
    assert CAUTION in svg
    assert ALARM not in svg


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        {},
        {"internal_media_ID": "a", "global_classifications": {"weather": ["sunny"]}},
        {"labels": {"car": [{"polygon": []}, {"rectangle": [{"w": 3, "h": 4}]}]}},
    ],
)
def test_where_nothing_can_be_drawn_there_is_no_picture(entry: object) -> None:
    """Classifications alone, or geometries without a place."""
    assert picture_of(entry, [finding("/labels")]) is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ([[1, 2], [30, 4], [5, 60]], "polygon"),
        ([1, 2, 30, 4, 5, 60], "polygon"),
        ([{"x": "1", "y": "2"}, {"x": "30", "y": "4"}, {"x": "5", "y": "60"}], "polygon"),
        ({"x": 1, "y": 2}, "polygon"),
    ],
)
def test_what_is_meant_is_drawn_although_it_is_written_wrongly(value: object, kind: str) -> None:
    """A person sees at once that the place is right and the form is not."""
    picture = drawn({"labels": {"car": [{"polygon": value}]}}, finding("/labels/car/0/polygon"))
    assert f"Drawn: 1 x car ({kind})." in picture.text


def test_a_segmentation_is_drawn_too() -> None:
    """It cannot be imported, and its finding says so."""
    mask = {"mask": [{"image_segmentation": [[{"x": 1, "y": 2}, {"x": 30, "y": 4}, {"x": 5, "y": 60}]]}]}
    picture = drawn({"labels": mask}, finding("/labels/mask/0/image_segmentation"))
    assert "Number 1 marks the segmentation of mask" in picture.text


def test_one_point_far_away_does_not_make_a_dot_of_the_rest() -> None:
    """It is told of by an arrow at the edge, and by its coordinate in words."""
    far = with_value(10**9, "car", 0, "polygon", 1, "x")
    picture = drawn(far, finding("/labels/car/0/polygon/1/x"))
    assert "Size of the image unknown: x 0 to 685, y 75 to 625." in picture.text
    assert "x 1,000,000,000" in picture.text
    assert "<polygon points" in picture.svg


def test_the_size_of_the_image_is_known_from_what_an_entry_was_compared_with() -> None:
    """A rectangle that leaves the image is seen to leave it."""
    wide = with_value(900, "bus", 0, "rectangle", 0, "w")
    outside = finding("/labels/bus/0/rectangle/0", "geometry-outside", expected="inside 640 x 600")
    picture = drawn(wide, outside)
    assert "An image of 640 x 600 pixels." in picture.text
    assert "outside" in texts(picture)


def test_it_is_drawn_on_its_image_where_there_is_one() -> None:
    """Stretched to its size, below everything."""
    picture = drawn(ENTRY, image=ImageRef("data:image/png;base64,AA==", 640, 600))
    image = next(ET.fromstring(picture.svg).iter(f"{SVG}image"))
    assert image.attrib["href"] == "data:image/png;base64,AA=="
    assert "An image of 640 x 600 pixels." in texts(picture)


def test_an_image_of_no_known_size_is_as_large_as_it_is() -> None:
    """And lies where its pixels are, below geometries that are in the same pixels."""
    picture = drawn(ENTRY, image=ImageRef("https://images.example/a.jpg", 0, 0))
    image = next(ET.fromstring(picture.svg).iter(f"{SVG}image"))
    assert "width" not in image.attrib
    assert image.attrib["transform"].startswith("scale(")
    assert "Size of the image unknown" in picture.text


def test_a_class_looks_the_same_in_every_picture() -> None:
    """By its name, whatever stands beside it."""
    alone = drawn({"labels": {"bus": ENTRY["labels"]["bus"]}}).svg
    found = re.search(r'<path [^>]*stroke="(#\w+)" stroke-width="2" stroke-dasharray="([^"]*)"', alone)
    assert found is not None
    assert f'stroke="{found[1]}" stroke-width="2" stroke-dasharray="{found[2]}"' in drawn(ENTRY).svg


def test_names_are_written_where_there_is_room_and_below_where_there_is_none() -> None:
    """None is lost, however many geometries lie upon each other."""
    same = {f"class {at}": [{"rectangle": [{"x": 0, "y": 0, "w": 10, "h": 10}]}] for at in range(7)}
    assert {f"class {at}" for at in range(7)} <= set(texts(drawn({"labels": same})))


def test_a_class_named_like_a_script_is_a_name() -> None:
    """Shown as it is written, and nothing of it runs."""
    name = "<script>alert(1)</script>"
    picture = drawn({"labels": {name: [{"point": [{"x": 1, "y": 2}]}]}}, finding("/labels"))
    assert "<script" not in picture.svg
    assert name in texts(picture)


def test_what_is_not_drawn_is_counted() -> None:
    """The first geometries, and always those that are wrong."""
    many = {"labels": {"car": [{"point": [{"x": at, "y": at}]} for at in range(500)]}}
    picture = drawn(many, finding("/labels/car/450/point/0/x"))
    assert "Not drawn: 440 more." in texts(picture)
    assert "Number 1 marks element 1 of 1 of the point of car, at x 450, y 450." in picture.text


def test_the_wrong_one_of_very_many_points_is_where_it_is() -> None:
    """Points in between are left out, but not that one."""
    points = [{"x": at // 100, "y": at % 100} for at in range(100_000)]
    points[33_333] = {"x": -50, "y": 20}
    picture = drawn({"labels": {"car": [{"polygon": points}]}}, finding("/labels/car/0/polygon/33333/x"))
    assert "element 33334 of 100,000 of the polygon of car, at x -50, y 20" in picture.text
    assert len(picture.svg) < 20_000


def test_what_is_too_small_to_be_seen_is_shown_larger() -> None:
    """In a corner, as many times larger as stands there; what can be seen is not."""
    sign = [{"rectangle": [{"x": 7000, "y": 1000, "w": 8, "h": 8}]}]
    image = ImageRef("", 8000, 5000)
    picture = drawn({"labels": {"sign": sign}}, finding("/labels/sign/0/rectangle"), image=image)
    assert "100 x" in texts(picture)
    assert not any(each.endswith(" x") for each in texts(drawn(ENTRY, finding("/labels/bus"), image=image)))


def test_findings_at_one_place_share_a_number() -> None:
    """So that no number hides another."""
    picture = drawn(ENTRY, finding("/labels/car/0/polygon/1/x"), finding("/labels/car/0/polygon/1/y"))
    assert "1, 2" in texts(picture)
