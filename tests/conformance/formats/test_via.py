"""The files of VIA 2 become what a person sees in it; see `vectors/formats/via/ORIGIN.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

FILES = VECTORS / "formats" / "via" / "via"
KINDS = ("project.json", "annotations.json", "annotations.csv")
BOX = {
    "shape_attributes": {"name": "rect", "x": 20, "y": 10, "width": 60, "height": 40},
    "region_attributes": {"object": "car"},
}
HEADER = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"


def via(path: Path, **choices: Any) -> Converted:
    """What becomes of a file."""
    return converted(path, "via", Choices(**{"class_attribute": "object", **choices}))


def file(place: Path, *regions: Any, **more: Any) -> Path:
    """Annotations of one picture."""
    path = place / "one.json"
    row = {"filename": "one.png", "size": 1, "regions": regions, "file_attributes": {}, **more}
    path.write_text(json.dumps({"one.png1": row}))
    return path


def shaped(**shape: Any) -> dict[str, Any]:
    """A region of a car."""
    return {**BOX, "shape_attributes": shape}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_recognised_and_its_account_closes(kind: str) -> None:
    """Each of the three, and nothing of it is left behind."""
    form = recognised(open_members(FILES / kind))
    assert form is not None
    assert form.name == "via"
    books = via(FILES / kind).books
    assert books.left_behind == {}
    assert books.read == {"car": 1, "wheel": 2, "Straße": 1, "lane": 1, 'light "left", old': 1}


@pytest.mark.parametrize("kind", KINDS)
def test_each_shape_arrives_where_it_is_drawn(kind: str) -> None:
    """On the picture whose name has a comma, which the CSV does not quote."""
    first, empty = via(FILES / kind).entries
    shapes = drawn(first)
    assert shapes["car"] == [(20.25, 10, 60.25, 40)]
    assert shapes["Straße"] == [[(10, 10), (180, 15.5), (100, 80)]]
    assert shapes["lane"] == [[(0, 99), (10.5, 10), (200, 0)]]
    assert shapes['light "left", old'] == [(5.25, 6.75)]
    circle, ellipse = shapes["wheel"]
    assert [pixels(circle), pixels(ellipse)] == [
        pytest.approx(314.159, rel=0.01),
        pytest.approx(628.3, rel=0.01),
    ]
    assert max(y for _, y in ellipse) == pytest.approx(70)
    assert [each["external_media_ID"] for each in (first, empty)] == ["Grün, alt.png", "empty.png"]
    assert "labels" not in empty


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_regions_and_of_the_picture_arrives(kind: str) -> None:
    """What is empty says nothing."""
    first = via(FILES / kind).entries[0]
    assert first["labels"]["car"][0]["classifications"] == {
        "colour": ["red"],
        "seen": ["occluded", "truncated"],
    }
    assert "classifications" not in first["labels"]["wheel"][0]
    assert first["global_classifications"] == {"weather": ["sunny"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_attribute_that_is_the_class_is_asked_for(kind: str) -> None:
    """Where there are several; the way out is said."""
    with pytest.raises(ChoiceNeeded, match=r"object, colour, seen.*--class-attribute object"):
        via(FILES / kind, class_attribute=None)


def test_an_attribute_that_is_alone_is_the_class(tmp_path: Path) -> None:
    """Nobody is asked."""
    assert drawn(via(file(tmp_path, BOX), class_attribute=None).entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_a_region_with_several_classes_is_an_object_of_each(tmp_path: Path) -> None:
    """And one with none is left behind."""
    both = {**BOX, "region_attributes": {"object": {"car": True, "red": True, "bus": False}}}
    none = {**BOX, "region_attributes": {}}
    found = via(file(tmp_path, both, none))
    assert drawn(found.entries[0]).keys() == {"car", "red"}
    assert [(each.code, each.origin) for each in found.found] == [
        ("annotation-broken", "image one.png1, region 1")
    ]
    assert via(file(tmp_path, none), class_attribute=None).books.left_behind == {"": 1}


def test_regions_by_number_are_read_as_an_array_is(tmp_path: Path) -> None:
    """As VIA 1 wrote them."""
    path = file(tmp_path)
    row = {"filename": "one.png", "size": 1, "regions": {"0": BOX, "1": BOX}}
    path.write_text(json.dumps({"one.png1": row}))
    assert drawn(via(path).entries[0]) == {"car": [(20, 10, 60, 40)] * 2}


@pytest.mark.parametrize(
    ("region", "code"),
    [
        (3, "annotation-broken"),
        ({**BOX, "shape_attributes": None}, "shape-broken"),
        (shaped(name="rect", x=1, y=2, width=3), "shape-broken"),
        (shaped(name="rect", x=1, y=2, width="3", height=4), "shape-broken"),
        (shaped(name="rect", x=1, y=2, width=0, height=4), "shape-no-size"),
        (shaped(name="rect", x=-9, y=2, width=20, height=4), "shape-outside"),
        (shaped(name="circle", cx=10, cy=20, r=0), "shape-no-size"),
        (shaped(name="ellipse", cx=10, cy=20, rx=3), "shape-broken"),
        (shaped(name="polygon", all_points_x=[1, 2, 3], all_points_y=[1, 2]), "shape-broken"),
        (shaped(name="polygon", all_points_x=[1, 2], all_points_y=[1, 2]), "shape-broken"),
        (shaped(name="polygon"), "shape-broken"),
        (shaped(name="polyline", all_points_x=[1], all_points_y=[1]), "shape-broken"),
        (shaped(name="point", cx=1), "shape-broken"),
        (shaped(name="extreme_rect"), "shape-unknown"),
        (shaped(), "shape-unknown"),
    ],
)
def test_a_broken_region_costs_one_object(tmp_path: Path, region: Any, code: str) -> None:
    """Its place is said, and the rest is carried."""
    found = via(file(tmp_path, region, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "image one.png1, region 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


@pytest.mark.parametrize(
    "line", ["a.png", "a.png,1,{},1,0,x", 'a.png,1,"{}",1,0,"{","{}"', 'a,1,"{}",1', ',1,"{}"']
)
def test_a_broken_line_costs_one_object(tmp_path: Path, line: str) -> None:
    """Its number is said, and the rest is carried."""
    path = tmp_path / "one.csv"
    whole = (FILES / "annotations.csv").read_text("utf-8").splitlines()[1]
    path.write_text(f"{HEADER}\n{line}\n\n{whole}\n", encoding="utf-8")
    found = via(path)
    assert [(each.code, each.origin) for each in found.found] == [("annotation-broken", "line 2")]
    assert found.books.carried == {"car": 1}


def test_a_name_that_a_spreadsheet_has_quoted_is_read(tmp_path: Path) -> None:
    """And a picture that comes again is said."""
    path = tmp_path / "one.csv"
    rows = [
        '"a, ""b"".png",1,"{}",0,0,"{}","{}"',
        'c.png,1,"{}",0,0,"{}","{}"',
        'a, "b".png,1,"{}",0,0,"{}","{}"',
    ]
    path.write_text("\n".join([HEADER, *rows]))
    found = via(path)
    names = [each["external_media_ID"] for each in found.entries]
    assert names == ['a, "b".png', "c.png", 'a, "b".png']
    assert found.codes() == ["picture-twice"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "nonsense", '{"a": {"filename": "b", "regions": [', '{"a": 1']
)
def test_a_file_that_is_none_stops(tmp_path: Path, text: str) -> None:
    """With its name."""
    path = tmp_path / "one.json"
    path.write_text(text)
    with pytest.raises(SourceUnreadable, match=r"one\.json"):
        via(path)


def test_a_table_in_another_encoding_stops(tmp_path: Path) -> None:
    """Its names would be others."""
    path = tmp_path / "one.csv"
    path.write_bytes(
        f"{HEADER}\n".encode() + (FILES / "annotations.csv").read_text("utf-8").encode("latin-1")
    )
    with pytest.raises(SourceUnreadable, match="UTF-8"):
        via(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**60) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("name", "x", "object")), inner)
    ),
    max_leaves=6,
)
SHAPES = ("rect", "circle", "ellipse", "polygon", "polyline", "point")
SHAPE = st.dictionaries(st.sampled_from(("x", "cx", "cy", "r", "all_points_x", "all_points_y")), JSON)


@given(SHAPE, st.sampled_from(SHAPES), JSON, JSON)
def test_anything_in_a_region_is_carried_or_found(
    tmp_path_factory: pytest.TempPathFactory, shape: dict[str, Any], name: str, said: Any, regions: Any
) -> None:
    """Never a traceback."""
    place = tmp_path_factory.mktemp("any")
    region = {"shape_attributes": {**shape, "name": name}, "region_attributes": said}
    assert via(file(place, region, BOX, file_attributes=said)).books.carried["car"] >= 1
    via(file(place, regions=regions))
