"""The exact verdict of the import schema names the place of each mistake and what belongs there."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.intake.validation.schema import ImportSchema, schema_document

POINT = {"x": 1, "y": 2}


@pytest.fixture(scope="module")
def schema() -> ImportSchema:
    """Compiled once."""
    return ImportSchema()


def geometry(**given: Any) -> dict[str, Any]:
    return {"labels": {"car": [given]}}


CASES = [
    (5, "schema-type", "", "an object"),
    ({"internal_media_ID": 5}, "schema-type", "/internal_media_ID", "a text"),
    ({"keepData": "true"}, "schema-type", "/keepData", "true or false"),
    ({"labels": None}, "schema-type", "/labels", "an object"),
    ({"labels": {"a/b": 1}}, "schema-type", "/labels/a~1b", "a list"),
    ({"labels": {"": {"a": 1}}}, "schema-type", "/labels/", "a list"),
    ({"labels": {"01": {"a": 1}}}, "schema-type", "/labels/01", "a list"),
    ({"labels": {"+1": {"a": 1}}}, "schema-type", "/labels/+1", "a list"),
    ({"labels": {"7": [{"point": 1}]}}, "schema-type", "/labels/7/0/point", "a list"),
    ({"labels": {"\ufdd07": 1}}, "schema-type", "/labels/\ufdd07", "a list"),
    (geometry(circle=[]), "schema-extra-key", "/labels/car/0", "only polygon"),
    (geometry(polygn=[]), "schema-extra-key", "/labels/car/0", "'polygon', in place of \"polygn\""),
    (geometry(polygon=[POINT, POINT]), "schema-count", "/labels/car/0/polygon", "3 points or more"),
    (geometry(line=[POINT]), "schema-count", "/labels/car/0/line", "2 points or more"),
    (geometry(point=[POINT, POINT]), "schema-count", "/labels/car/0/point", "exactly 1 point"),
    (geometry(rectangle=[]), "schema-count", "/labels/car/0/rectangle", "exactly 1 rectangle"),
    (geometry(rectangle=[POINT]), "schema-missing-key", "/labels/car/0/rectangle/0", "x, y, w and h"),
    (geometry(point=[{"x": 1}]), "schema-missing-key", "/labels/car/0/point/0", "x and y"),
    (geometry(point=[{**POINT, "z": 3}]), "schema-extra-key", "/labels/car/0/point/0", "x and y alone"),
    (
        geometry(point=[{"x": -1, "y": 2}]),
        "schema-coordinate",
        "/labels/car/0/point/0/x",
        "a number from 0 up",
    ),
    (
        geometry(point=[{"x": True, "y": 2}]),
        "schema-coordinate",
        "/labels/car/0/point/0/x",
        "a number from 0 up",
    ),
    (geometry(point=[{"x": "1.5", "y": 2}]), "schema-coordinate", "/labels/car/0/point/0/x", "digits"),
    (geometry(point=[{"x": None, "y": 2}]), "schema-coordinate", "/labels/car/0/point/0/x", "digits"),
    (geometry(point=[{"x": float("inf"), "y": 2}]), "number-overflow", "/labels/car/0/point/0/x", "a number"),
    (
        geometry(geometry=[{"x": 1, "y": 2, "w": 3}]),
        "schema-missing-key",
        "/labels/car/0/geometry/0",
        "x, y, w and h",
    ),
    (geometry(geometry=[{"x": -1, "y": 2}]), "schema-coordinate", "/labels/car/0/geometry/0/x", "a number"),
    (geometry(geometry=[5]), "schema-type", "/labels/car/0/geometry/0", "a point or a rectangle"),
    (
        geometry(nested_geometries={"door": [{"additionalProperties": 3}]}),
        "schema-extra-key",
        "/labels/car/0/nested_geometries/door/0/additionalProperties",
        "no key of this name",
    ),
    ({"global_classifications": {"k": "a"}}, "schema-classification", "/global_classifications/k", "a list"),
    (
        {"global_classifications": {"k": [1]}},
        "schema-classification",
        "/global_classifications/k/0",
        "a list",
    ),
    (
        {"global_classifications": {"k": ["a", None]}},
        "schema-classification",
        "/global_classifications/k/1",
        "a list",
    ),
    (
        {"global_classifications": {"k": ["a", "b", {}]}},
        "schema-classification",
        "/global_classifications/k/2",
        "a list",
    ),
    (
        {"global_classifications": {"k": ["a", {"c": ["b", {"d": [1]}]}]}},
        "schema-classification",
        "/global_classifications/k/1/c/1/d/0",
        "a list",
    ),
]


@pytest.mark.parametrize(("entry", "code", "pointer", "expected"), CASES)
def test_one_mistake_is_one_flaw_at_its_place(
    schema: ImportSchema, entry: object, code: str, pointer: str, expected: str
) -> None:
    """Missing and extra keys are reported at what holds them, as the server does."""
    assert not schema.accepts(entry)
    (flaw,) = list(schema.flaws(entry))
    assert (flaw.code, flaw.pointer) == (code, pointer)
    assert expected in flaw.expected


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"internal_media_ID": "", "foo": None, "label_classes": 5},
        geometry(),
        geometry(geometry=[]),
        geometry(image_segmentation=[1, {}], nested_geometries=5),
        geometry(nested_geometries={"door": [{"foo": 1, "nested_geometries": 5, "image_segmentation": 1}]}),
        geometry(rectangle=[{"x": 1, "y": 2, "w": 3, "h": 4, "foo": None}]),
        geometry(point=[{"x": -0.0, "y": 10**400}]),
        geometry(point=[{"x": "007", "y": "12\n"}]),
        {
            "global_classifications": {
                "k": [],
                "l": [None, "b", "c"],
                "m": ["a", {}],
                "": ["a", {"c": [None]}, "b"],
            }
        },
    ],
)
def test_what_the_schema_leaves_open_is_accepted(schema: ImportSchema, entry: object) -> None:
    """Unusual, and in its language; a line break behind the digits too, as in the server's engine and Python's."""
    assert schema.accepts(entry)
    assert list(schema.flaws(entry)) == []


def test_the_schema_is_the_one_that_datagym_publishes() -> None:
    """The package file is the whole document, for the whole array."""
    document = schema_document()
    assert document["title"] == "Json Import Schema"
    assert document["minItems"] == 1
