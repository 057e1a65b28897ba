"""A project of Supervisely becomes what a person sees in it; see `vectors/formats/supervisely/ORIGIN.md`."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices, Holes
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

PROJECT = VECTORS / "formats" / "supervisely" / "project"
BOX = {
    "classTitle": "car",
    "geometryType": "rectangle",
    "points": {"exterior": [[20, 10], [79, 49]], "interior": []},
}


def supervisely(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "supervisely", Choices(**choices))


def file(place: Path, *objects: Any, **more: Any) -> Path:
    """A file of one picture, in a dataset."""
    row = {"description": "", "tags": [], "size": {"height": 100, "width": 200}, "objects": objects, **more}
    path = place / "ds" / "ann" / "one.png.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(row))
    return place


def shaped(kind: str, **more: Any) -> dict[str, Any]:
    """An object of a shape."""
    return {"classTitle": "car", "geometryType": kind, **more}


def test_a_project_is_recognised_and_its_account_closes() -> None:
    """Left behind are the plaza and the road with their holes."""
    form = recognised(open_members(PROJECT))
    assert form is not None
    assert form.name == "supervisely"
    books = supervisely(PROJECT).books
    assert books.left_behind == {"plaza": 1, "road": 1}
    carried = {"car": 2, "truck": 1, "Straße": 1, "lane": 1, "light": 1, "person.head": 1}
    assert books.carried == carried


def test_each_shape_arrives_where_it_is_drawn() -> None:
    """The last pixel is inside a box, corners are at the middle of their pixels."""
    first, empty, again = supervisely(PROJECT, holes=Holes.CUT).entries
    shapes = drawn(first)
    assert shapes["car"] == [(20, 10, 60, 40)]
    turned = [(round(x, 9), round(y, 9)) for x, y in shapes["truck"][0]]
    assert turned == [(110, 20), (110, 50), (50, 50), (50, 20)]
    assert shapes["Straße"] == [[(10.5, 10.5), (180.5, 15.5), (100.5, 80.5)]]
    assert sorted(map(pixels, shapes["plaza"])) == [96, 100]
    assert shapes["lane"] == [[(0.5, 99.5), (10.5, 10.5), (199.5, 0.5)]]
    assert shapes["light"] == [(5.5, 6.5)]
    assert pixels(shapes["road"][0]) == 500
    assert (min(shapes["road"][0]), max(shapes["road"][0])) == ((50, 20), (80, 40))
    assert shapes["head"] == [(100.5, 50.5)]
    assert "foot" not in shapes
    assert "labels" not in empty
    assert drawn(again) == {"car": [(0, 0, 1, 1)]}


def test_pictures_have_their_dataset_in_front() -> None:
    """So that one name in two datasets is two pictures."""
    names = [each["external_media_ID"] for each in supervisely(PROJECT).entries]
    assert names == ["ds1/Grün.png", "ds1/empty.png", "ds2/Grün.png"]


def test_what_is_said_of_objects_and_of_the_picture_arrives() -> None:
    """A tag without a value says that it is so; one of the picture is a label of it."""
    found = supervisely(PROJECT)
    assert found.entries[0]["labels"]["car"][0]["classifications"] == {
        "colour": ["red"],
        "parked": ["true"],
        "description": ["a red one"],
    }
    assert found.entries[0]["global_classifications"] == {"weather": ["dry"]}
    assert [each.label for each in found.found if each.code == "tag-unmapped"] == ["sunny"]


def test_a_shape_with_decimals_is_where_it_says(tmp_path: Path) -> None:
    """So the labeling tool writes it."""
    box = {**BOX, "points": {"exterior": [[20.25, 10], [80.5, 50]]}}
    line = shaped("line", points={"exterior": [[1, 2.5], [3, 4]]})
    assert drawn(supervisely(file(tmp_path, box, line)).entries[0]) == {
        "car": [(20.25, 10, 60.25, 40), [(1, 2.5), (3, 4)]]
    }


def test_the_shape_of_a_class_stands_in_for_that_of_an_object(tmp_path: Path) -> None:
    """As in projects of old; a meta.json that is none costs nothing but that."""
    (tmp_path / "meta.json").write_text('{"classes": [{"title": "car", "shape": "rectangle"}, 3]}')
    old = {"classTitle": "car", "points": BOX["points"]}
    assert drawn(supervisely(file(tmp_path, old)).entries[0]) == {"car": [(20, 10, 60, 40)]}
    (tmp_path / "meta.json").write_text("{")
    assert supervisely(file(tmp_path, old)).codes() == ["shape-unknown"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (3, "annotation-broken"),
        ({**BOX, "classTitle": None}, "annotation-broken"),
        ({**BOX, "tags": [{}]}, "annotation-broken"),
        ({**BOX, "points": None}, "shape-broken"),
        ({**BOX, "points": {"exterior": [[1, 2]]}}, "shape-broken"),
        ({**BOX, "points": {"exterior": [[1, 2], [3, "4"]]}}, "shape-broken"),
        ({**BOX, "points": {"exterior": [[1.5, 2], [1.5, 4]]}}, "shape-no-size"),
        ({**BOX, "points": {"exterior": [[1, 2], [900, 4]]}}, "shape-outside"),
        (shaped("oriented_bbox", points=[[1, 2], [3, 4]], angle="much"), "shape-broken"),
        (shaped("polygon", points={"exterior": [[1, 2], [3, 4]]}), "shape-broken"),
        (shaped("multipolygon", parts=3), "shape-broken"),
        (shaped("multipolygon", parts=[]), "shape-broken"),
        (shaped("line", points={"exterior": [[1, 2]]}), "shape-broken"),
        (shaped("point", points={"exterior": [[1, 2], [3, 4]]}), "shape-broken"),
        (shaped("graph", nodes={"a": 3}), "shape-broken"),
        (shaped("graph", nodes={"a": {"loc": [1, 2], "disabled": True}}), "shape-broken"),
        (shaped("cuboid"), "shape-unknown"),
        (shaped("bitmap"), "shape-broken"),
        (shaped("bitmap", bitmap={"origin": [0, 0], "data": "???"}), "mask-broken"),
        (shaped("bitmap", bitmap={"origin": [-1, 0], "data": ""}), "mask-broken"),
        (shaped("bitmap", bitmap={"origin": [0, 0], "data": "AAAA"}), "mask-broken"),
    ],
)
def test_a_broken_object_costs_one_object(tmp_path: Path, row: Any, code: str) -> None:
    """Its place is said, and the rest is carried."""
    found = supervisely(file(tmp_path, row, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "ds/ann/one.png.json, object 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_a_bitmap_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    """It is refused at a limit."""
    data = base64.b64encode(zlib.compress(bytes(70 << 20), 9)).decode()
    found = supervisely(file(tmp_path, shaped("bitmap", bitmap={"origin": [0, 0], "data": data})))
    assert [(each.code, each.found) for each in found.found] == [("mask-broken", "a PNG of more than 64 MiB")]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"objects": 3}', '{"size": {}}'])
def test_a_file_that_is_none_is_left_behind(tmp_path: Path, text: str) -> None:
    """And the others are carried."""
    file(tmp_path, BOX)
    (tmp_path / "ds" / "ann" / "two.png.json").write_text(text)
    (tmp_path / "ds" / "notes.txt").write_text("")
    found = supervisely(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [
        ("member-passed-over", "ds/notes.txt"),
        ("member-unread", "ds/ann/two.png.json"),
    ]
    assert len(found.entries) == 1


def test_a_folder_without_such_files_stops(tmp_path: Path) -> None:
    """There is nothing that could be read."""
    with pytest.raises(SourceUnreadable, match="no folder ann"):
        supervisely(tmp_path)


def test_datasets_in_others_are_folders(tmp_path: Path) -> None:
    """Without the folder that holds them."""
    file(tmp_path / "ds1" / "datasets", BOX, tags=[3], description="a road")
    found = supervisely(tmp_path)
    assert found.entries[0]["external_media_ID"] == "ds1/ds/one.png"
    assert found.codes() == ["annotation-broken"]
    assert found.books.left_behind == {}
    assert found.entries[0]["global_classifications"] == {"description": ["a road"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**60) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("exterior", "loc", "data")), inner)
    ),
    max_leaves=6,
)
KEYS = ("points", "parts", "nodes", "bitmap", "tags", "angle", "description", "instance", "classTitle")
KINDS = ("rectangle", "oriented_bbox", "polygon", "multipolygon", "line", "point", "graph", "bitmap")
REST = ("size", "tags", "description")


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON),
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(REST), JSON),
)
def test_anything_in_a_file_is_carried_or_found(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any], kind: str, rest: dict[str, Any]
) -> None:
    """Never a traceback."""
    place = tmp_path_factory.mktemp("any")
    found = supervisely(file(place, {**shaped(kind), **row}, BOX, **{**rest, "size": None}))
    assert found.books.carried["car"] >= 1
    supervisely(file(place, BOX, **rest))
