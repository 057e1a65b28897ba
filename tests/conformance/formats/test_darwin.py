"""V7's Darwin JSON becomes what a person sees in it; see `vectors/formats/darwin/ORIGIN.md`."""

from __future__ import annotations

import json
from math import cos, hypot, pi, radians, sin
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Angle, ChoiceNeeded, Choices, Holes
from bulk_importer.formats.shapes.nesting import by_even_odd
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

FILES = VECTORS / "formats" / "darwin"
BOX = {"name": "car", "bounding_box": {"x": 20, "y": 10, "w": 60, "h": 40}}
SQUARE = [{"x": 1, "y": 1}, {"x": 9, "y": 1}, {"x": 9, "y": 9}, {"x": 1, "y": 9}]


def darwin(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "darwin", Choices(**{"ellipse_angle": Angle.RADIANS, **choices}))


def file(place: Path, *annotations: Any, **item: Any) -> Path:
    """A file of one item."""
    slot = {"type": "image", "slot_name": "0", "width": 200, "height": 100}
    row = {"version": "2.0", "item": {"name": "one.png", "path": "/", "slots": [slot], **item}}
    path = place / "one.json"
    path.write_text(json.dumps({**row, "annotations": annotations}))
    return path


@pytest.mark.parametrize(
    ("folder", "left"),
    [("darwin-py", {"road": 1}), ("v7", {"car": 1, "truck": 1, "plaza": 1})],
)
def test_a_folder_is_recognised_and_its_account_closes(folder: str, left: dict[str, int]) -> None:
    """Left behind are holes, a cuboid, an object of a video; each object is counted once."""
    form = recognised(open_members(FILES / folder))
    assert form is not None
    assert form.name == "darwin"
    books = darwin(FILES / folder).books
    assert books.left_behind == left
    rows = (json.loads(each.read_text("utf-8"))["annotations"] for each in (FILES / folder).iterdir())
    kinds = [row.keys() for found in rows for row in found]
    objects = sum("tag" not in row and "raster_layer" not in row for row in kinds)
    assert sum(books.read.values()) == objects + sum(
        "skeleton" in row for row in kinds
    )  # which is two keypoints


def test_each_shape_arrives_where_it_is_drawn() -> None:
    """Masks exactly, the hole of the plaza cut."""
    shapes = drawn(darwin(FILES / "v7", holes=Holes.CUT).entries[0])
    assert shapes["car"] == [(20.25, 10, 60.25, 40)]
    assert shapes["Straße"] == [[(10, 10), (180, 10), (180, 80.5), (10, 80.5)]]
    assert sorted(map(pixels, shapes["plaza"])) == [200, 500]
    assert shapes["lane"] == [[(0, 99), (10.5, 10), (200, 0)]]
    assert shapes["light"] == [(5.25, 6.75)]
    upright, turned = shapes["wheel"]
    assert [pixels(upright), pixels(turned)] == pytest.approx([100 * pi, 50 * pi], rel=0.01)
    assert max(x for x, _ in turned) == pytest.approx(100 + hypot(10 * cos(0.57), 5 * sin(0.57)), abs=0.1)
    assert (shapes["head"], shapes["foot"]) == ([(100, 50)], [(110.5, 60)])
    assert sorted(shapes["road"][0]) == [(50, 20), (50, 40), (80, 20), (80, 40)]
    assert sorted(shapes["kerb"][0]) == [(0, 60), (0, 70), (5, 60), (5, 70)]


@pytest.mark.parametrize(("unit", "turned"), [(Angle.RADIANS, 90), (Angle.DEGREES, 1.5707963)])
def test_by_what_an_ellipse_is_turned_is_asked_for(tmp_path: Path, unit: Angle, turned: float) -> None:
    """As nothing says it; of a circle nobody needs to know."""
    center = {"x": 50, "y": 50}
    ellipse = {"angle": 1.5707963, "center": center, "radius": {"x": 20, "y": 10}}
    path = file(tmp_path, {"name": "car", "ellipse": ellipse})
    with pytest.raises(ChoiceNeeded, match=r"one\.json, annotation 0: .* Say --ellipse-angle radians, or"):
        darwin(path, ellipse_angle=Angle.ASK)
    (corners,) = drawn(darwin(path, ellipse_angle=unit).entries[0])["car"]
    about = 50 + hypot(20 * cos(radians(turned)), 10 * sin(radians(turned)))
    assert max(x for x, _ in corners) == pytest.approx(about, abs=0.1)
    circle = {**ellipse, "radius": {"x": 10, "y": 10}}
    found = darwin(file(tmp_path, {"name": "car", "ellipse": circle}), ellipse_angle=Angle.ASK)
    assert found.books.carried == {"car": 1}


def test_what_the_library_writes_arrives() -> None:
    """With the folder that the item has in its dataset."""
    first, empty = darwin(FILES / "darwin-py", holes=Holes.CUT).entries
    assert drawn(first)["car"] == [(20.25, 10, 60.25, 40)]
    assert sorted(map(pixels, drawn(first)["road"])) == [200, 500]
    assert [each["external_media_ID"] for each in (first, empty)] == ["day1/Grün.png", "day1/empty.png"]
    assert "labels" not in empty


def test_what_is_said_of_objects_and_of_the_picture_arrives() -> None:
    """Several values of one property together."""
    found = darwin(FILES / "v7")
    assert found.entries[0]["labels"]["car"][0]["classifications"] == {
        "colour": ["red"],
        "seen": ["occluded", "truncated"],
        "attributes": ["fast"],
        "text": ["a red one"],
    }
    assert found.entries[0]["global_classifications"] == {"weather": ["dry"]}
    assert [each.label for each in found.found if each.code == "tag-unmapped"] == ["sunny"]
    assert [each.found for each in found.found if each.code == "remark-left-out"] == ["instance_id"]


def test_what_cannot_be_carried_is_said() -> None:
    """A cuboid, a video; and a box that is not about its polygon."""
    found = darwin(FILES / "v7", holes=Holes.CUT)
    assert [(each.origin, each.label) for each in found.found if each.code == "shape-unknown"] == [
        ("Green.json, annotation 11", "truck"),
        ("two.json, annotation 1", "car"),
    ]
    assert [each.label for each in found.found if each.code == "shape-doubtful"] == ["plaza"]


def test_each_slot_of_an_item_is_a_picture() -> None:
    """By the name of its file."""
    _, empty, left, right = darwin(FILES / "v7").entries
    names = [each["external_media_ID"] for each in (empty, left, right)]
    assert names == ["empty.png", "left.png", "right.png"]
    assert "labels" not in left
    assert drawn(right) == {"car": [(1, 2, 3, 4)]}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (3, "annotation-broken"),
        ({"bounding_box": {}}, "annotation-broken"),
        ({**BOX, "bounding_box": 3}, "shape-broken"),
        ({**BOX, "bounding_box": {"x": 1, "y": 2, "w": 3}}, "shape-broken"),
        ({**BOX, "bounding_box": {"x": 1, "y": 2, "w": 0, "h": 3}}, "shape-no-size"),
        ({**BOX, "bounding_box": {"x": 1, "y": 2, "w": 900, "h": 3}}, "shape-outside"),
        ({"name": "car", "polygon": {"paths": []}}, "shape-broken"),
        ({"name": "car", "polygon": {"paths": [[]]}}, "shape-broken"),
        ({"name": "car", "polygon": {"paths": [[[1, 2]]]}}, "shape-broken"),
        ({"name": "car", "polygon": {"paths": [SQUARE[:2]]}}, "shape-broken"),
        ({"name": "car", "polygon": {"path": None}}, "shape-broken"),
        ({"name": "car", "line": {}}, "shape-broken"),
        ({"name": "car", "keypoint": {"x": 1}}, "shape-broken"),
        ({"name": "car", "ellipse": {"angle": 0, "center": {"x": 1, "y": 2}}}, "shape-broken"),
        ({"name": "car", "skeleton": {"nodes": []}}, "shape-broken"),
        ({"name": "car", "skeleton": {"nodes": [{"x": 1, "y": 2}]}}, "shape-broken"),
        ({"name": "car", "mask": {}, "id": "m"}, "mask-broken"),
        ({"name": "car", "eye": {"nodes": []}}, "shape-unknown"),
    ],
)
def test_a_broken_annotation_costs_one_object(tmp_path: Path, row: Any, code: str) -> None:
    """Its place is said, and the rest is carried."""
    found = darwin(file(tmp_path, row, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "one.json, annotation 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_outlines_that_cross_each_other_cost_their_object(tmp_path: Path) -> None:
    """What they enclose is no part and no hole."""
    moved = [{"x": each["x"] + 4, "y": each["y"] + 4} for each in SQUARE]
    found = darwin(file(tmp_path, {"name": "car", "polygon": {"paths": [SQUARE, moved]}}))
    assert found.codes() == ["shape-broken"]


@pytest.mark.parametrize("runs", [None, [1], [1, "2"], [1, 5], [1, -5]])
def test_a_raster_layer_that_is_not_whole_costs_its_masks(tmp_path: Path, runs: Any) -> None:
    """Runs of another number of pixels, or none."""
    layer = {"raster_layer": {"dense_rle": runs, "mask_annotation_ids_mapping": {"m": 1}}, "name": "r"}
    found = darwin(file(tmp_path, {"name": "car", "mask": {}, "id": "m"}, layer))
    assert found.codes() == ["mask-broken"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"item": 3}', '{"item": {"name": "a"}, "annotations": 3}', '{"image": {}}']
)
def test_a_file_that_is_none_is_left_behind(tmp_path: Path, text: str) -> None:
    """And the others are carried."""
    file(tmp_path, BOX)
    (tmp_path / "two.json").write_text(text)
    found = darwin(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [("member-unread", "two.json")]
    assert len(found.entries) == 1


def test_a_folder_without_such_files_stops(tmp_path: Path) -> None:
    """There is nothing that could be read."""
    with pytest.raises(SourceUnreadable, match="no JSON file"):
        darwin(tmp_path)


def test_outlines_within_each_other_take_turns() -> None:
    """A part, a hole in it, a part in the hole, and one that touches from outside."""
    squares = [(at, at, 20 - at, at, 20 - at, 20 - at, at, 20 - at) for at in (0, 2, 4)]
    beside = (20, 0, 25, 0, 25, 20, 20, 20)
    found = by_even_odd([*squares, beside])
    assert (found.parts, found.holes) == ((squares[0], squares[2], beside), (squares[1],))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**60) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("name", "x", "y", "paths")), inner)
    ),
    max_leaves=6,
)
KEYS = (
    *("name", "bounding_box", "polygon", "line", "keypoint", "ellipse", "skeleton", "mask", "tag"),
    *("raster_layer", "properties", "text", "attributes", "slot_names", "id"),
)
ITEM = ("path", "slots")


@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.dictionaries(st.sampled_from(ITEM), JSON))
def test_anything_in_a_file_is_carried_or_found(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any], item: dict[str, Any]
) -> None:
    """Never a traceback."""
    place = tmp_path_factory.mktemp("any")
    assert darwin(file(place, {**row, "slot_names": ["0"]}, BOX)).books.carried["car"] >= 1
    darwin(file(place, row, BOX, **item))
