"""What the server makes of coordinates that it does not need, or that are too few."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.labels.label_config import ClassType
from bulk_importer.labels.shapes import as_double, flaws_of_shapes, lacks_area, lacks_length


def points(*corners: tuple[float, float]) -> list[dict[str, float]]:
    """As an entry has them."""
    return [{"x": x, "y": y} for x, y in corners]


def rectangle(w: float = 3, h: float = 2, **more: object) -> dict[str, object]:
    """One at the upper left corner of its image."""
    return {"x": 0, "y": 0, "w": w, "h": h, **more}


def codes(geometry: dict[str, Any], wanted: ClassType | None = None) -> dict[str, str]:
    """The flaws of a geometry at `/g`, by pointer."""
    return {flaw.pointer: flaw.code for flaw in flaws_of_shapes(geometry, wanted, "/g")}


TRIANGLE = points((0, 0), (4, 0), (0, 3))
STROKE = points((0, 0), (1, 1), (2, 2))


@pytest.mark.parametrize(
    ("geometry", "wanted"),
    [
        ({"polygon": TRIANGLE}, ClassType.POLYGON),
        ({"rectangle": [rectangle()]}, ClassType.RECTANGLE),
        ({"line": points((0, 0), (1, 0))}, ClassType.LINE),
        ({"point": points((0, 0))}, ClassType.POINT),
        ({"polygon": TRIANGLE, "line": []}, ClassType.POLYGON),
        ({"polygon": TRIANGLE}, None),
    ],
)
def test_a_form_under_a_class_of_its_type_is_stored_as_given(
    geometry: dict[str, Any], wanted: ClassType | None
) -> None:
    """An empty list beside it is none, and without a class there is nothing to hold it against."""
    assert codes(geometry, wanted) == {}


@pytest.mark.parametrize(
    ("geometry", "wanted", "code"),
    [
        ({"polygon": TRIANGLE[:2]}, ClassType.POLYGON, "geometry-incomplete"),
        ({"line": points((0, 0))}, ClassType.LINE, "geometry-incomplete"),
        ({"point": points((0, 0))}, ClassType.RECTANGLE, "geometry-incomplete"),
        ({"point": points((0, 0), (1, 1))}, ClassType.POINT, "geometry-dropped"),
        ({"rectangle": [rectangle(), rectangle()]}, ClassType.RECTANGLE, "geometry-dropped"),
        ({"rectangle": [rectangle()]}, ClassType.POLYGON, "geometry-refused"),
        ({"line": TRIANGLE}, ClassType.POLYGON, "geometry-other"),
    ],
)
def test_a_form_that_does_not_fit_its_class_is_named_at_its_key(
    geometry: dict[str, Any], wanted: ClassType, code: str
) -> None:
    """By what becomes of it: too few points, all but the last dropped, refused, or stored as another form."""
    (key,) = geometry
    assert codes(geometry, wanted) == {f"/g/{key}": code}


def test_a_geometry_has_one_form() -> None:
    """None of them is nothing to store, and of several the server makes one."""
    assert codes({}, ClassType.POINT) == {"/g": "geometry-missing"}
    assert codes({"polygon": TRIANGLE, "point": points((1, 1))}, ClassType.POLYGON) == {
        "/g": "geometry-several"
    }


def test_the_old_key_takes_every_form_and_is_named_for_that() -> None:
    """The form is told by its elements: those with a width are rectangles."""
    old = {"/g/geometry": "geometry-deprecated"}
    assert codes({"geometry": TRIANGLE}, ClassType.POLYGON) == old
    assert codes({"geometry": [rectangle()]}, ClassType.RECTANGLE) == old
    found = [flaw.code for flaw in flaws_of_shapes({"geometry": [rectangle()]}, ClassType.LINE, "/g")]
    assert found == ["geometry-deprecated", "geometry-refused"]


def test_a_polygon_on_one_line_has_no_area() -> None:
    """A line whose points are all one has no length; its points may well lie on one line."""
    assert codes({"polygon": STROKE}, ClassType.POLYGON) == {"/g/polygon": "geometry-no-area"}
    assert codes({"line": points((1, 1), (1, 1))}, ClassType.LINE) == {"/g/line": "geometry-no-area"}
    assert codes({"line": STROKE}, ClassType.LINE) == {}
    assert codes({"polygon": [*STROKE, *TRIANGLE[1:]]}, ClassType.POLYGON) == {}


def test_a_rectangle_has_a_size_and_nothing_else() -> None:
    """Each is looked at for itself, and a key that the server does not read is named by the element."""
    assert codes({"rectangle": [rectangle(w=0)]}) == {"/g/rectangle/0": "geometry-no-size"}
    assert codes({"rectangle": [rectangle(), rectangle(angle=4)]}) == {"/g/rectangle/1": "rectangle-key"}


def test_a_number_beyond_all_doubles_is_named_at_its_place() -> None:
    """The server stores infinity for it."""
    assert codes({"point": [{"x": 10**400, "y": 0}]}, ClassType.POINT) == {"/g/point/0/x": "number-too-large"}
    assert as_double(10**400) == float("inf")
    assert as_double("1.5") == 1.5


def test_what_rounding_leaves_is_no_area() -> None:
    """Points on a line whose coordinates are no doubles; and what is no number counts as an area."""
    assert lacks_area([(0.1, 0.1), (0.2, 0.2), (0.3, 0.3)])
    assert not lacks_area([(0.0, 0.0), (0.01, 0.0), (0.0, 0.01)])
    assert not lacks_area([(0.0, 0.0), (float("inf"), float("inf")), (1.0, 0.0)])
    assert lacks_length([(1.0, 2.0)] * 3)
    assert not lacks_length([(1.0, 2.0), (1.0, 2.5)])
