"""What becomes of a shape: the geometries of an import, or the reason why there are none."""

from __future__ import annotations

import pytest

from bulk_importer.formats.choices import Choices, Holes
from bulk_importer.formats.model import Box, Ellipse, Mask, Point, Polygon, Polyline, Shape, Size
from bulk_importer.formats.shapes.shaping import ELLIPSE_CORNERS, Geometry, Misfit, geometries_of
from bulk_importer.labels.label_config import ClassType

SIZE = Size(100, 50)
PLAIN = Choices()
SQUARE = (10, 10, 20, 10, 20, 20, 10, 20)
HOLE = (12, 12, 15, 12, 15, 15, 12, 15)


def geometry(shape: Shape, wanted: ClassType | None = None, choices: Choices = PLAIN) -> Geometry:
    """The only geometry of a shape."""
    (found,) = geometries_of(shape, wanted, SIZE, choices).geometries
    return found


def misfit(shape: Shape, wanted: ClassType | None = None, choices: Choices = PLAIN) -> str:
    """The code of what keeps a shape from being carried."""
    with pytest.raises(Misfit) as raised:
        geometries_of(shape, wanted, SIZE, choices)
    return raised.value.code


def corners(found: Geometry) -> list[tuple[float, float]]:
    """Those of a polygon, rounded to what a person would compare."""
    return [(round(each["x"], 6), round(each["y"], 6)) for each in found["polygon"]]


def test_numbers_stay_as_they_are_written() -> None:
    """Whole ones stay whole, and decimals keep their last digit."""
    assert geometry(Box(1, 2.10, 3, 4.30)) == {"rectangle": [{"x": 1, "y": 2.1, "w": 3, "h": 4.3}]}
    assert geometry(Point(1, 2.5)) == {"point": [{"x": 1, "y": 2.5}]}
    assert geometry(Polyline((1, 2, 3.5, 4))) == {"line": [{"x": 1, "y": 2}, {"x": 3.5, "y": 4}]}
    assert geometry(Polygon((SQUARE,)))["polygon"][2] == {"x": 20, "y": 20}


def test_a_box_becomes_a_polygon_where_its_class_is_one() -> None:
    """It loses nothing by that."""
    assert corners(geometry(Box(10, 10, 10, 10), ClassType.POLYGON)) == [
        (10, 10),
        (20, 10),
        (20, 20),
        (10, 20),
    ]


def test_a_turned_box_turns_clockwise_about_its_centre() -> None:
    """Its upper left corner goes to the upper right by a quarter of a turn."""
    found = corners(geometry(Box(10, 10, 20, 10, degrees=90)))
    assert found == [(25, 5), (25, 25), (15, 25), (15, 5)]


def test_an_ellipse_becomes_a_polygon_of_nearly_its_area() -> None:
    """That of many corners."""
    found = corners(geometry(Ellipse(50, 25, 20, 10, degrees=30)))
    around = zip(found, [*found[1:], found[0]], strict=True)
    area = abs(sum(x * below - right * y for (x, y), (right, below) in around)) / 2
    assert len(found) == ELLIPSE_CORNERS
    assert area == pytest.approx(3.14159265 * 20 * 10, rel=0.002)


def test_each_part_becomes_a_geometry() -> None:
    """An object of two parts is two polygons."""
    other = tuple(place + 25 for place in SQUARE)
    assert len(geometries_of(Polygon((SQUARE, other)), None, SIZE, PLAIN).geometries) == 2


def test_a_hole_is_a_finding_unless_a_person_chose() -> None:
    """What each choice makes of it."""
    shape = Polygon((SQUARE,), (HOLE,))
    assert misfit(shape) == "shape-hole"
    assert misfit(shape, choices=Choices(holes=Holes.SKIP)) == "shape-skipped"
    assert len(geometry(shape, choices=Choices(holes=Holes.FILL))["polygon"]) == 4
    assert (
        len(geometry(shape, choices=Choices(holes=Holes.CUT))["polygon"]) == 4 + 4 + 3
    )  # and the way, twice


def test_a_mask_becomes_polygons_along_its_pixels() -> None:
    """By columns or by rows, as the format counts."""
    lines = ((10, ((5, 7),)), (11, ((5, 7),)))
    assert sorted(corners(geometry(Mask(lines, by_columns=True)))) == [(10, 5), (10, 7), (12, 5), (12, 7)]
    assert sorted(corners(geometry(Mask(lines, by_columns=False)))) == [(5, 10), (5, 12), (7, 10), (7, 12)]


def test_what_reaches_beyond_by_a_pixel_is_brought_in_and_said() -> None:
    """Tools compute with decimals that end."""
    shaped = geometries_of(Box(-0.5, 10, 20.5, 40.25), None, SIZE, PLAIN)
    assert shaped.geometries == ({"rectangle": [{"x": 0, "y": 10, "w": 20.0, "h": 40.0}]},)
    assert shaped.clipped == "0.5 pixels beyond the picture"


@pytest.mark.parametrize(
    "shape",
    [Box(90, 10, 20, 10), Polygon(((90, 10, 120, 10, 90, 40),)), Polyline((90, 10, 120, 10)), Point(120, 10)],
)
def test_what_reaches_further_is_a_finding(shape: Shape) -> None:
    """Nobody asked for another form."""
    assert misfit(shape) == "shape-outside"


def test_what_reaches_further_is_cut_where_a_person_says_so() -> None:
    """A box and an outline; a point has nothing to cut."""
    clip = Choices(clip=True)
    assert geometry(Box(90, 10, 20, 10), choices=clip) == {
        "rectangle": [{"x": 90, "y": 10, "w": 10, "h": 10}]
    }
    cut = geometry(Polygon(((90, 10, 110, 10, 110, 30, 90, 30),)), choices=clip)
    assert sorted(corners(cut)) == [(90, 10), (90, 30), (100, 10), (100, 30)]
    assert misfit(Point(120, 10), choices=clip) == "shape-outside"
    assert misfit(Box(120, 10, 20, 10), choices=clip) == "shape-outside"


def test_without_a_size_only_what_is_below_zero_lies_outside() -> None:
    """Nobody knows where the picture ends."""
    assert geometries_of(Box(1000, 1000, 5, 5), None, None, PLAIN).geometries
    with pytest.raises(Misfit):
        geometries_of(Box(-5, 1000, 5, 5), None, None, PLAIN)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (Box(1, 1, 0, 5), "shape-no-size"),
        (Ellipse(5, 5, 0, 1), "shape-no-size"),
        (Mask((), by_columns=True), "shape-no-size"),
        (Polygon(((1, 1, 2, 2),)), "shape-broken"),
        (Polygon(()), "shape-broken"),
        (Polyline((1, 1)), "shape-broken"),
    ],
)
def test_what_is_no_shape_is_a_finding(shape: Shape, code: str) -> None:
    """It has nothing to label, or too few points."""
    assert misfit(shape) == code


@pytest.mark.parametrize(
    "wanted", [ClassType.POINT, ClassType.LINE, ClassType.RECTANGLE, ClassType.IMAGE_SEGMENTATION]
)
def test_a_shape_that_its_class_cannot_hold_is_a_finding(wanted: ClassType) -> None:
    """The server would drop it, or store it broken."""
    assert misfit(Polygon((SQUARE,)), wanted) == "shape-misfit"
