"""BDD100K's frames become what a person sees in its tools; see `vectors/formats/bdd100k/ORIGIN.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import BoxEnds, Choices
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

FILES = VECTORS / "formats" / "bdd100k"
GOLDEN = ("fiftyone/labels.json", "scalabel/drawn.json", "scalabel/from_coco.json", "of_2018")
BOX = {"id": 1, "category": "car", "box2d": {"x1": 20, "y1": 10, "x2": 80, "y2": 50}}
CURVE_AREA = 1260
"""Of the curve from (100, 90) by (120, 60) and (160, 60) to (180, 90), above the line between its ends."""


def bdd100k(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "bdd100k", Choices(**choices))


def file(place: Path, *labels: Any, **more: Any) -> Path:
    """Frames, of which there is one."""
    path = place / "one.json"
    size = {"width": 200, "height": 100}
    path.write_text(json.dumps([{"name": "one.png", "size": size, "labels": labels, **more}]))
    return path


def outlined(vertices: Any, types: Any = None, closed: Any = True) -> dict[str, Any]:
    """A label with one line."""
    return {
        "id": 1,
        "category": "car",
        "poly2d": [{"vertices": vertices, "types": types, "closed": closed}],
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_a_source_is_recognised_and_its_account_closes(name: str) -> None:
    """A file of frames, and a folder with a file for each picture."""
    form = recognised(open_members(FILES / name))
    assert form is not None
    assert form.name == "bdd100k"
    books = bdd100k(FILES / name).books
    assert sum(books.read.values()) == sum(books.carried.values()) + sum(books.left_behind.values())
    assert sum(books.left_behind.values()) == (1 if name == "scalabel/drawn.json" else 0)


def test_a_frame_without_labels_may_come_first(tmp_path: Path) -> None:
    """As in the files of BDD100K's detection; it is an empty picture."""
    path = tmp_path / "one.json"
    frames = [{"name": "a.jpg", "attributes": {}, "timestamp": 10000}, {"name": "b.jpg", "labels": [BOX]}]
    path.write_text(json.dumps(frames))
    form = recognised(open_members(path))
    assert form is not None
    assert form.name == "bdd100k"
    assert [len(each.get("labels", {})) for each in bdd100k(path).entries] == [0, 1]


def test_what_fiftyone_writes_arrives() -> None:
    """Types are null; two lines of one label are two lines; what is false says nothing; the picture is described."""
    found = bdd100k(FILES / "fiftyone")
    green, empty = found.entries
    assert green["external_media_ID"] == "Grün.png"
    assert drawn(green) == {
        "car": [(20.1, 10, 60.2, 40)],
        "traffic light": [(100, 20, 10, 30)],
        "drivable area": [[(10, 10), (180, 15.5), (100, 80)]],
        "Straße": [[(0, 99), (100, 10)], [(100, 10), (200, 0)]],
    }
    said = [each[0].get("classifications") for each in green["labels"].values()]
    assert said == [
        {"occluded": ["true"], "score": ["0.87"]},
        {"trafficLightColor": ["red"]},
        None,
        None,
    ]
    assert green["global_classifications"] == {"weather": ["partly cloudy"], "scene": ["tunnel", "city"]}
    assert empty["global_classifications"] == {"weather": ["partly cloudy"]}
    assert [(each.code, each.found) for each in found.found] == [("ends-chosen", "--box-ends edge")]


def test_what_scalabel_writes_arrives() -> None:
    """Curves, whichever letter their end has, masks, graphs; a box in space is left behind."""
    found = bdd100k(FILES / "scalabel/drawn.json")
    first, empty = found.entries
    shapes = drawn(first)
    (area,), (lane,) = shapes["drivable area"], shapes["lane"]
    assert area == lane
    assert area[::24] == [(100, 90), (180, 90)]
    assert area[12] == (140, 67.5)
    assert pixels(area) == pytest.approx(CURVE_AREA, rel=0.01)
    assert {name: shapes[name] for name in ("car", "head", "neck")} == {
        "car": [[(100, 60), (120, 60), (120, 80), (100, 80)]],
        "head": [(110, 20)],
        "neck": [(112.5, 40)],
    }
    assert first["labels"]["car"][0]["classifications"] == {"crowd": ["true"]}
    assert first["global_classifications"] == {"weather": ["clear"], "timeofday": ["daytime"]}
    assert "labels" not in empty
    assert [(each.code, each.origin, each.found) for each in found.found] == [
        ("shape-unknown", "frame 0, label 4", "box3d")
    ]


def test_a_person_says_whether_the_last_pixel_is_inside() -> None:
    """Scalabel's package writes a box of 60 x 40 by its last pixel; its outline is where it was."""
    path = FILES / "scalabel/from_coco.json"
    outline = [[(10, 10), (180, 15.5), (100, 80)]]
    found = bdd100k(path, box_ends=BoxEnds.PIXEL)
    assert drawn(found.entries[0]) == {"car": [(20.5, 10, 60, 40)], "Straße": outline}
    assert drawn(bdd100k(path).entries[0]) == {"car": [(20.5, 10, 59, 39)], "Straße": outline}
    assert [(each.code, each.found) for each in found.found] == [("ends-chosen", "--box-ends pixel")]


def test_the_files_of_2018_arrive() -> None:
    """Areas are closed, lanes are not; the picture has no ending."""
    found = bdd100k(FILES / "of_2018")
    first, empty = found.entries
    assert first["external_media_ID"] == "0000f77c-6257be58"
    shapes = drawn(first)
    assert shapes["car"] == [(20.5, 10, 59.75, 40)]
    assert pixels(shapes["area/drivable"][0]) == pytest.approx(CURVE_AREA, rel=0.01)
    assert shapes["lane/single white"] == [[(0, 99), (100.5, 10)]]
    assert first["labels"]["car"][0]["classifications"] == {
        "truncated": ["true"],
        "trafficLightColor": ["none"],
    }
    assert empty["global_classifications"]["weather"] == ["rainy"]
    assert found.books.left_behind == {}


def test_a_file_of_2018_without_a_list_of_frames_is_said(tmp_path: Path) -> None:
    """By itself it cannot be read; nothing of it is passed over without a word."""
    whole = json.loads(next((FILES / "of_2018").glob("*.json")).read_text())
    path = tmp_path / "one.json"
    for document in ({**whole, "frames": whole["frames"][0]}, [whole]):
        path.write_text(json.dumps(document))
        with pytest.raises(SourceUnreadable, match="no object with a list of frames"):
            bdd100k(path)


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ({"name": "a/b.png"}, "a/b.png"),
        ({"name": 7}, "7"),
        ({"name": "b.png", "videoName": "a"}, "a/b.png"),
        ({"name": "b.png", "videoName": ""}, "b.png"),
        ({"name": "https://example.org/a/b%20c.png?x=1", "videoName": "v"}, "a/b c.png"),
    ],
)
def test_a_frame_names_its_picture(tmp_path: Path, frame: dict[str, Any], name: str) -> None:
    """Below its video; a URL by its path."""
    assert bdd100k(file(tmp_path, BOX, **frame)).entries[0]["external_media_ID"] == name


@pytest.mark.parametrize(
    ("vertices", "types", "closed", "expected"),
    [
        ([[0, 0], [9, 0], [9, 9]], "LLL", True, [(0, 0), (9, 0), (9, 9)]),
        ([[0, 0], [9, 0], [9, 9]], None, None, [(0, 0), (9, 0), (9, 9)]),
        ([[0, 0], [24, 0], [24, 0], [24, 24]], "LLCC", True, None),
    ],
)
def test_a_curve_may_end_where_its_outline_begins(
    tmp_path: Path, vertices: Any, types: Any, closed: Any, expected: Any
) -> None:
    """Which is no corner twice."""
    found = bdd100k(file(tmp_path, outlined(vertices, types, closed)))
    (path,) = drawn(found.entries[0])["car"]
    if expected is None:
        assert len(path) == 25
        assert path[0] != path[-1]
    else:
        assert path == expected


def test_a_picture_twice_and_its_camera_are_said(tmp_path: Path) -> None:
    """Both frames are carried, in their order."""
    path = tmp_path / "one.json"
    frame = {"name": "one.png", "labels": [BOX], "intrinsics": {"focal": [1, 1], "center": [1, 1]}}
    path.write_text(json.dumps({"frames": [frame, {**frame, "intrinsics": None}], "groups": None}))
    found = bdd100k(path)
    assert [drawn(each) for each in found.entries] == [{"car": [(20, 10, 60, 40)]}] * 2
    assert [(each.code, each.origin) for each in found.found[1:]] == [
        ("remark-left-out", "frame 0"),
        ("picture-twice", "frame 1"),
    ]


def test_parts_of_one_label_are_one_object(tmp_path: Path) -> None:
    """A box around them is theirs; where it is elsewhere, that is said."""
    line = {"types": "LLL", "closed": True}
    parts = [{"vertices": [[at, 0], [at + 9, 0], [at + 9, 9]], **line} for at in (0, 50)]
    box = {"x1": 0, "y1": 0, "x2": 59, "y2": 9}
    found = bdd100k(file(tmp_path, {**BOX, "poly2d": parts, "box2d": box}))
    assert found.books.carried == {"car": 1}
    assert len(drawn(found.entries[0])["car"]) == 2
    assert found.codes() == ["ends-chosen"]
    assert bdd100k(file(tmp_path, {**BOX, "poly2d": parts})).codes() == ["ends-chosen", "shape-doubtful"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (3, "annotation-broken"),
        ({**BOX, "category": None}, "annotation-broken"),
        ({"id": 1, "category": "car"}, "shape-unknown"),
        ({**BOX, "box2d": 3}, "shape-broken"),
        ({**BOX, "box2d": {"x1": 1, "y1": 2, "x2": 3}}, "shape-broken"),
        ({**BOX, "box2d": {**BOX["box2d"], "x2": "80"}}, "shape-broken"),  # type: ignore[dict-item]
        ({**BOX, "box2d": {**BOX["box2d"], "x2": 20}}, "shape-no-size"),  # type: ignore[dict-item]
        ({**BOX, "box2d": {**BOX["box2d"], "x2": 280}}, "shape-outside"),  # type: ignore[dict-item]
        ({"id": 1, "category": "car", "poly2d": []}, "shape-broken"),
        ({"id": 1, "category": "car", "poly2d": [3]}, "shape-broken"),
        ({"id": 1, "category": "car", "poly2d": [[1, 2, "L"], 3]}, "shape-broken"),
        (outlined([]), "shape-broken"),
        (outlined([[1, 2], [3]]), "shape-broken"),
        (outlined([[1, 2], [3, 4]]), "shape-broken"),
        (outlined([[1, 2], [3, 4], [5, 6]], "LL"), "shape-broken"),
        (outlined([[1, 2], [3, 4], [5, 6]], "LXL"), "shape-broken"),
        (outlined([[1, 2], [3, 4], [5, 6]], "CLL"), "shape-broken"),
        (outlined([[1, 2], [3, 4], [5, 6]], "LLC", closed=False), "shape-broken"),
        (outlined([[1, 2], [3, 4], [5, 6]], "LLL", closed="yes"), "shape-broken"),
        ({"id": 1, "category": "car", "rle": {"counts": "x", "size": [100, 200]}}, "mask-broken"),
        ({"id": 1, "category": "car", "rle": {"counts": [1], "size": [100, 200]}}, "mask-broken"),
        ({"id": 1, "category": "car", "rle": {"counts": "0", "size": [50, 50]}}, "mask-broken"),
        ({"id": 1, "category": "car", "graph": {"nodes": []}}, "shape-broken"),
        ({"id": 1, "category": "car", "graph": {"nodes": [{"location": [1, 2, 3]}]}}, "shape-broken"),
    ],
)
def test_a_broken_label_costs_one_object(tmp_path: Path, row: Any, code: str) -> None:
    """Its place is said, and the rest is carried."""
    found = bdd100k(file(tmp_path, row, BOX))
    broken = [each for each in found.found if each.code != "ends-chosen"]
    place = "frame 0, label 0 of the frame" if row == 3 else "frame 0, label 1"
    assert [(each.code, each.origin, each.objects) for each in broken] == [(code, place, 1)]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


@pytest.mark.parametrize("frame", [3, {}, {"name": ""}, {"name": "a", "labels": {}}, {"labels": [BOX, BOX]}])
def test_a_broken_frame_costs_its_labels(tmp_path: Path, frame: Any) -> None:
    """Which are counted; the next frame is carried."""
    path = tmp_path / "one.json"
    path.write_text(json.dumps([frame, {"name": "one.png", "labels": [BOX]}]))
    found = bdd100k(path)
    lost = len(frame["labels"]) if frame == {"labels": [BOX, BOX]} else 0
    assert [(each.code, each.origin, each.objects) for each in found.found][:1] == [
        ("annotation-broken", "frame 0", lost)
    ] or found.found[0].code == "ends-chosen"
    assert found.books.left_behind == ({"": lost} if lost else {})
    assert len(found.entries) == 1


@pytest.mark.parametrize(
    "text", ["", "3", "{}", '[{"name": "a.png", "labels": [', '{"frames": [{"name": "a"']
)
def test_a_file_that_is_none_or_cut_off_stops(tmp_path: Path, text: str) -> None:
    """With its name."""
    path = tmp_path / "one.json"
    path.write_text(text)
    with pytest.raises(SourceUnreadable, match=r"one\.json"):
        bdd100k(path)


def test_one_such_file_of_several_is_left_behind(tmp_path: Path) -> None:
    """And the others are carried."""
    file(tmp_path, BOX)
    (tmp_path / "two.json").write_text("[{")
    (tmp_path / "three.txt").touch()
    found = bdd100k(tmp_path)
    assert [(each.code, each.origin) for each in found.found if each.objects == 0] == [
        ("member-passed-over", "three.txt"),
        ("ends-chosen", str(tmp_path)),
        ("member-unread", "two.json"),
    ]
    assert len(found.entries) == 1


def test_a_folder_without_such_files_stops(tmp_path: Path) -> None:
    """There is nothing that could be read."""
    with pytest.raises(SourceUnreadable, match="no JSON file"):
        bdd100k(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**60) | st.sampled_from(("", "L", "LCC", "car")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("vertices", "types", "closed", "counts", "size", "nodes")), inner)
    ),
    max_leaves=6,
)
LABEL = st.dictionaries(st.sampled_from(("box2d", "poly2d", "rle", "graph", "attributes", "score")), JSON)


@given(LABEL, JSON)
def test_anything_in_a_label_is_carried_or_found(
    tmp_path_factory: pytest.TempPathFactory, label: dict[str, Any], said: Any
) -> None:
    """Never a traceback."""
    place = tmp_path_factory.mktemp("any")
    found = bdd100k(file(place, {"category": "bus", **label}, BOX, attributes=said))
    assert found.books.carried["car"] == 1
    assert sum(found.books.read.values()) >= 2
