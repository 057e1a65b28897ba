"""Datumaro's JSON becomes what a person sees in it; see `vectors/formats/datumaro/ORIGIN.md`."""

from __future__ import annotations

import json
import shutil
import zipfile
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

FILES = VECTORS / "formats" / "datumaro"
BOX = {"type": "bbox", "label_id": 1, "bbox": [20, 10, 60, 40]}
CATEGORIES = {
    "label": {"labels": [{"name": "person"}, {"name": "car"}]},
    "points": {"items": [{"label_id": 0, "labels": ["head", "foot"]}]},
}


def datumaro(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "datumaro", Choices(**choices))


def subset(place: Path, *annotations: Any, **item: Any) -> Path:
    """A file of one picture."""
    image = {"path": "one.png", "size": [100, 200]}
    row = {"id": "one", "annotations": annotations, "image": image, **item}
    path = place / "one.json"
    path.write_text(json.dumps({"categories": CATEGORIES, "items": [row]}))
    return path


@pytest.mark.parametrize("tool", ["datumaro", "cvat"])
def test_what_a_tool_wrote_is_recognised(tool: str) -> None:
    """As a folder, and as one of its files."""
    for path in (FILES / tool, FILES / tool / "annotations" / "train.json"):
        form = recognised(open_members(path))
        assert form is not None
        assert form.name == "datumaro"


@pytest.mark.parametrize("tool", ["datumaro", "cvat"])
def test_each_shape_arrives_where_it_is_drawn(tool: str) -> None:
    """The turned box about its centre, the mask exactly; what is absent is not there."""
    shapes = drawn(datumaro(FILES / tool, holes=Holes.CUT).entries[0])
    assert shapes["car"][:5] == [
        (20.25, 10, 60.25, 40),
        [(10, 10), (180, 15.5), (100, 80)],
        [(110, 10), (180, 15.5), (100, 80)],
        (5.25, 6.75),
        (7, 8),
    ]
    turned, line, mask = shapes["Straße"]
    assert [(round(x, 9), round(y, 9)) for x, y in turned] == [(110, 20), (110, 50), (50, 50), (50, 20)]
    assert line == [(0, 99), (10.5, 10), (200, 0)]
    assert pixels(mask) == 500
    assert (min(mask), max(mask)) == ((50, 20), (80, 40))
    assert shapes["head"] == [(100, 50)]
    assert "hand" not in shapes


def test_an_ellipse_arrives_where_it_is_drawn() -> None:
    """Datumaro writes the box about it."""
    shapes = drawn(datumaro(FILES / "datumaro", holes=Holes.CUT).entries[0])
    assert pixels(shapes["car"][5]) == pytest.approx(314.159, rel=0.01)
    assert shapes["foot"] == [(110.5, 60)]


def test_what_is_said_of_objects_and_of_the_picture_arrives() -> None:
    """That something is no crowd, and not occluded, is what is not said."""
    first = datumaro(FILES / "datumaro", holes=Holes.CUT).entries[0]
    cars, roads = first["labels"]["car"], first["labels"]["Straße"]
    assert cars[0]["classifications"] == {"occluded": ["true"], "colour": ["red"], "speed": ["7"]}
    assert [each.get("classifications") for each in roads] == [None, None, {"is_crowd": ["true"]}]
    assert first["global_classifications"] == {"weather": ["dry"], "caption": ["a car on a road"]}


def test_ids_become_names_of_pictures() -> None:
    """With the ending that the path has, and as a stem where there is none; twice is said."""
    found = datumaro(FILES / "datumaro")
    names = [each["external_media_ID"] for each in found.entries]
    assert names == ["day1/Grün.png", "empty", "alone", "day1/Grün.png"]
    assert [each.origin for each in found.found if each.code == "picture-twice"] == [
        "annotations/val.json, item day1/Grün"
    ]


@pytest.mark.parametrize(("tool", "left"), [("datumaro", {"car": 1, "Straße": 1}), ("cvat", {"Straße": 1})])
def test_the_account_closes(tool: str, left: dict[str, int]) -> None:
    """Left behind are the mask with its hole, and the cuboid that Datumaro has."""
    books = datumaro(FILES / tool).books
    assert books.left_behind == left
    assert books.read["Straße"] == 3
    assert books.read == {name: books.carried.get(name, 0) + left.get(name, 0) for name in books.read}


def test_an_archive_is_read_as_its_folder_is(tmp_path: Path) -> None:
    """As CVAT gives it, with pictures beside the annotations."""
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(FILES / "cvat" / "annotations" / "train.json", "annotations/default.json")
        file.writestr("images/default/empty.png", b"")
        file.writestr("readme.txt", b"")
    found = datumaro(archive)
    assert found.codes()[0] == "member-passed-over"
    assert found.found[0].origin == "readme.txt"
    assert len(found.entries) == 2


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (3, "annotation-broken"),
        ({**BOX, "label_id": 2}, "annotation-broken"),
        ({**BOX, "label_id": None}, "annotation-broken"),
        ({**BOX, "label_id": -1}, "annotation-broken"),
        ({**BOX, "bbox": [1, 2, 3]}, "shape-broken"),
        ({**BOX, "bbox": [1, 2, 3, 4, 5, 6]}, "shape-broken"),
        ({**BOX, "bbox": [1, 2, 3, "4"]}, "shape-broken"),
        ({**BOX, "bbox": [1, 2, 3, True]}, "shape-broken"),
        ({**BOX, "bbox": [1, 2, 3, 1e300]}, "shape-broken"),
        ({**BOX, "bbox": None}, "shape-broken"),
        ({**BOX, "bbox": [1, 2, 0, 4]}, "shape-no-size"),
        ({**BOX, "bbox": [1, 2, 900, 4]}, "shape-outside"),
        ({**BOX, "attributes": {"rotation": "much"}}, "shape-broken"),
        ({**BOX, "type": "cuboid_3d"}, "shape-unknown"),
        ({**BOX, "type": None}, "shape-unknown"),
        ({**BOX, "type": ["bbox"]}, "shape-unknown"),
        ({**BOX, "type": "polygon", "points": [1, 2, 3, 4]}, "shape-broken"),
        ({**BOX, "type": "polygon", "points": [1, 2, 3, 4, 5]}, "shape-broken"),
        ({**BOX, "type": "polyline", "points": [1, 2]}, "shape-broken"),
        ({**BOX, "type": "ellipse", "points": [1, 2]}, "shape-broken"),
        ({**BOX, "type": "points", "points": [1, 2], "visibility": [0]}, "shape-broken"),
        ({**BOX, "type": "mask"}, "mask-broken"),
        ({**BOX, "type": "mask", "rle": {"size": [100, 200], "counts": "é"}}, "mask-broken"),
        ({**BOX, "type": "mask", "rle": {"size": [100, 200], "counts": [5, "x"]}}, "mask-broken"),
        ({**BOX, "type": "mask", "rle": {"size": [100, 200], "counts": [5, 5]}}, "mask-broken"),
        ({**BOX, "type": "mask", "rle": {"size": [2, 2], "counts": [2, 2]}}, "mask-broken"),
        ({**BOX, "type": "points", "label_id": 0, "points": [1, 2], "visibility": [1]}, "shape-broken"),
        (
            {**BOX, "type": "points", "label_id": 0, "points": [1, 2, 3, 4], "visibility": [0, 0]},
            "shape-broken",
        ),
        ({**BOX, "type": "skeleton", "points": [1, 2, 2]}, "shape-broken"),
        ({**BOX, "type": "skeleton", "label_id": 0, "points": 3}, "shape-broken"),
    ],
)
def test_a_broken_annotation_costs_one_object(tmp_path: Path, row: Any, code: str) -> None:
    """Its place is said, and the rest is carried."""
    found = datumaro(subset(tmp_path, row, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "item one, annotation 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_objects_of_what_is_no_picture_are_left_behind(tmp_path: Path) -> None:
    """Point clouds, and frames of a video."""
    found = datumaro(subset(tmp_path, BOX, image=None, point_cloud={"path": "one.pcd"}))
    assert found.books.left_behind == {"car": 1}
    assert found.entries == []
    nameless = datumaro(subset(tmp_path, BOX, id=None))
    assert nameless.books.left_behind == {"car": 1}


def test_what_a_skeleton_says_of_itself_is_said(tmp_path: Path) -> None:
    """It has no shape that could carry it."""
    row = {"type": "skeleton", "label_id": 0, "points": [1, 2, 2, 3, 4, 0], "attributes": {"pose": "up"}}
    found = datumaro(subset(tmp_path, row))
    assert [(each.code, each.found) for each in found.found] == [("remark-left-out", "pose")]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ({"path": "/home/me/one.jpg"}, "day1/one.jpg"),
        ({"path": "C:\\pictures\\one.jpg"}, "day1/one.jpg"),
        ({"path": "day1_one.webp"}, "day1/one.webp"),
        ({"path": "other.jpg"}, "day1/one"),
        ({"path": ""}, "day1/one"),
        (None, "day1/one"),
    ],
)
def test_a_path_gives_the_ending_alone(tmp_path: Path, image: Any, name: str) -> None:
    """It is where the tool has found or put the picture."""
    found = datumaro(subset(tmp_path, id="day1/one", image=image))
    assert found.entries[0]["external_media_ID"] == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"categories": {}}',
        '{"categories": {}, "items": {}}',
        '{"categories": {"label": {"labels": [{}]}}, "items": []}',
        '{"categories": {"label": 3}, "items": []}',
        '{"categories": {}, "items": [{"id": "a", "annotations": []}, {"id"',
    ],
)
def test_a_file_that_is_none_stops(tmp_path: Path, text: str) -> None:
    """With its name."""
    path = tmp_path / "one.json"
    path.write_text(text)
    with pytest.raises(SourceUnreadable, match=r"one\.json"):
        datumaro(path)


def test_a_subset_that_is_cut_off_stops_at_it(tmp_path: Path) -> None:
    """What stands before it is carried."""
    folder = tmp_path / "set"
    shutil.copytree(FILES / "datumaro", folder)
    (folder / "annotations" / "val.json").write_bytes(
        (folder / "annotations" / "val.json").read_bytes()[:-30]
    )
    with pytest.raises(SourceUnreadable, match=r"set: annotations/val\.json"):
        datumaro(folder)


def test_no_item_is_an_empty_set(tmp_path: Path) -> None:
    """And no mistake."""
    path = tmp_path / "one.json"
    path.write_text('{"items": [], "categories": {}}')
    assert datumaro(path).entries == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "type",
    "label_id",
    "bbox",
    "points",
    "rle",
    "visibility",
    "attributes",
    "group",
    "z_order",
    "caption",
)
KINDS = st.sampled_from(("bbox", "points", "skeleton", "mask", "label", "caption", "ellipse", "polygon"))


@given(st.dictionaries(st.sampled_from(KEYS), JSON), KINDS | JSON, st.integers(0, 2) | JSON)
def test_anything_in_an_annotation_is_carried_or_found(
    tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any], kind: Any, label: Any
) -> None:
    """Never a traceback, and the account closes."""
    found = datumaro(subset(tmp_path_factory.mktemp("any"), {**row, "type": kind, "label_id": label}, BOX))
    assert found.books.carried["car"] >= 1


def test_what_an_item_says_and_no_text_can_is_left_behind(tmp_path: Path) -> None:
    """By the names of its attributes."""
    found = datumaro(
        subset(tmp_path, BOX, attr={"frame": 3, "weather": "sunny", "tracks": [1, 2], "cut": {"x": 1}})
    )
    assert [
        (each.code, each.origin, each.found) for each in found.found if each.code == "remark-left-out"
    ] == [("remark-left-out", "item one, attr", "tracks, cut")]
