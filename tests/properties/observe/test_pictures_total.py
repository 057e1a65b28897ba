"""Whatever an entry holds, its picture is made, is well formed, and is no larger than a page bears."""

from __future__ import annotations

import copy
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as some

from bulk_importer.observe.drawing.pictures import ImageRef, picture_of

MOST_BYTES = 120_000

KEYS = some.text(some.characters(codec=None), max_size=8) | some.sampled_from(
    [
        "labels",
        "polygon",
        "line",
        "point",
        "rectangle",
        "geometry",
        "nested_geometries",
        "x",
        "y",
        "w",
        "h",
        "car",
    ]
)
NUMBERS = (
    some.floats() | some.integers() | some.sampled_from([10**400, -(10**400), 1e308, "57", "-3", True, None])
)
LEAVES = NUMBERS | some.text(some.characters(codec=None), max_size=8)
POINTS = some.lists(some.dictionaries(some.sampled_from("xywh"), NUMBERS | LEAVES), max_size=6)
ANYTHING = some.recursive(
    LEAVES | POINTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=4),
    max_leaves=30,
)
ENTRY: dict[str, Any] = {
    "internal_media_ID": "a",
    "global_classifications": {"weather": ["rain", {"wind": [None]}]},
    "labels": {
        "car": [
            {
                "polygon": [{"x": 57, "y": 412}, {"x": "54", "y": 463}, {"x": 130.5, "y": 524}],
                "classifications": {"kind": ["suv"]},
                "nested_geometries": {"wheel": [{"rectangle": [{"x": 80, "y": 450, "w": 30, "h": 40}]}]},
            }
        ],
        "bus": [{"rectangle": [{"x": 272, "y": 302, "w": 324, "h": 169}]}],
        "mask": [{"image_segmentation": [[{"x": 1, "y": 2}, {"x": 30, "y": 4}, {"x": 5, "y": 60}]]}],
        "poi": [{"point": [{"x": 57, "y": 412}]}],
    },
}


def pointers_of(value: object, at: str = "") -> list[str]:
    """The place of everything in a value."""
    found = [at]
    each: list[tuple[object, object]] = []
    if isinstance(value, dict):
        each = list(value.items())
    elif isinstance(value, list):
        each = list(enumerate(value))
    for key, inner in each:
        found += pointers_of(inner, f"{at}/{key}")
    return found


def replaced(entry: object, pointer: str, value: object) -> object:
    """The entry with another value at a place."""
    if not pointer:
        return value
    changed: Any = copy.deepcopy(entry)
    inner = changed
    *path, last = pointer.split("/")[1:]
    for key in path:
        inner = inner[int(key) if isinstance(inner, list) else key]
    inner[int(last) if isinstance(inner, list) else last] = value
    return changed


PLACES = pointers_of(ENTRY)
FINDINGS = some.lists(
    some.fixed_dictionaries(
        {"pointer": some.sampled_from(PLACES) | ANYTHING},
        optional={
            "code": LEAVES,
            "severity": LEAVES,
            "position": LEAVES,
            "expected": LEAVES,
            "found": ANYTHING,
        },
    ),
    max_size=14,
)
IMAGES = some.none() | some.builds(ImageRef, some.text(), some.integers(-1, 10**6), some.integers(-1, 10**6))


def require_drawn(entry: object, findings: list[dict[str, Any]], image: ImageRef | None = None) -> None:
    """A picture, if any, that is XML of a bounded size, without anything that runs."""
    drawn = picture_of(entry, findings, image)
    if drawn is None:
        return
    assert len(drawn.svg.encode("utf-8", "surrogatepass")) < MOST_BYTES
    assert 0 < len(drawn.text) < 4000
    root = ET.fromstring(drawn.svg)
    for each in root.iter():
        assert each.tag.rpartition("}")[2] not in {"script", "style", "foreignObject", "a", "use"}
        assert "nan" not in "".join(value for key, value in each.attrib.items() if key != "href").lower()
        assert not any(key.startswith("on") or key == "style" for key in each.attrib)


@given(ANYTHING, FINDINGS, IMAGES)
def test_of_anything_at_all(entry: object, findings: list[dict[str, Any]], image: ImageRef | None) -> None:
    """An entry may be a number, a tower of lists, or nothing."""
    require_drawn(entry, findings, image)


@given(some.sampled_from(PLACES), ANYTHING, FINDINGS, IMAGES)
@example("/labels/bus/0/rectangle/0/w", 10**400, [{"pointer": "/labels/bus/0/rectangle/0/w"}], None)
@example("/labels/car/0/polygon/1", {"x": float("nan"), "y": -1e308}, [{"pointer": "/labels/car"}], None)
def test_of_an_entry_with_one_thing_wrong(
    place: str, value: object, findings: list[dict[str, Any]], image: ImageRef | None
) -> None:
    """As nearly all that are rejected are."""
    require_drawn(
        replaced(ENTRY, place, value), [{"pointer": place, "code": "schema-shape"}, *findings], image
    )


def test_of_an_entry_that_is_far_too_large() -> None:
    """A polygon of a hundred thousand points, and thousands of geometries, are drawn as far as one can see."""
    points = [{"x": at % 977, "y": at % 1009} for at in range(100_000)]
    large = {
        "labels": {
            "car": [{"polygon": points}],
            **{f"c{at}": [{"polygon": points[:40]}] * 200 for at in range(20)},
        }
    }
    require_drawn(large, [{"pointer": "/labels/car/0/polygon/99999"}, {"pointer": "/labels/c3"}])
    boxes = [{"x": at, "y": at, "w": 5, "h": 5} for at in range(2_000)]
    require_drawn({"labels": {"a": [{"rectangle": boxes}] * 70}}, [{"pointer": "/labels/a"}])
    halves = [{"x": at} for at in range(1000)]
    require_drawn(
        {"labels": {"a": [{"point": halves}, {"point": points[:2000]}] * 70}}, [{"pointer": "/labels/a"}]
    )


def test_of_an_entry_that_is_far_too_deep() -> None:
    """Deeper than Python calls."""
    deep: Any = [{"x": 1, "y": 2}]
    for _ in range(3000):
        deep = {"nested_geometries": [deep]}
    require_drawn({"labels": deep}, [{"pointer": "/labels" + "/nested_geometries/0" * 3000}])
