"""Labelbox's NDJSON, of either kind, becomes what a person sees in it; see `vectors/formats/labelbox/ORIGIN.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Annotations, Choices
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn
from support.places import VECTORS

FILES = VECTORS / "formats" / "labelbox"
EXPORT = FILES / "export" / "export.ndjson"
IMPORT = FILES / "import" / "import.ndjson"
BOX = {"name": "car", "bounding_box": {"left": 20, "top": 10, "width": 60, "height": 40}}
SAID = {
    "colour": ["red", {"shine": ["matt"]}],
    "seen": ["occluded", "truncated"],
    "note": ["a red one"],
}


def labelbox(path: Path, **choices: Any) -> Converted:
    """What becomes of a file."""
    return converted(path, "labelbox", Choices(**choices))


def exported(place: Path, *objects: Any, questions: Any = (), **row: Any) -> Path:
    """An export of one data row."""
    label = {"id": "l1", "annotations": {"objects": objects, "classifications": questions}}
    found = {
        "data_row": {"id": "c1", "external_id": "one.png"},
        "media_attributes": {"width": 200, "height": 100},
        "projects": {"p1": {"labels": [label]}},
        **row,
    }
    path = place / "one.ndjson"
    path.write_text(json.dumps(found))
    return path


def imported(place: Path, *rows: Any) -> Path:
    """What Labelbox would take for an import."""
    path = place / "one.ndjson"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def of(picture: str, **row: Any) -> dict[str, Any]:
    """A row of an import."""
    return {"uuid": "u", "dataRow": {"globalKey": picture}, **row}


@pytest.mark.parametrize("path", [EXPORT, IMPORT])
def test_a_file_is_recognised(path: Path) -> None:
    """Either kind, by the keys of its first row."""
    form = recognised(open_members(path))
    assert form is not None
    assert form.name == "labelbox"


@pytest.mark.parametrize("path", [EXPORT, IMPORT])
def test_each_shape_arrives_where_it_is_drawn(path: Path) -> None:
    """The corner that closes a polygon is no corner of its own."""
    shapes = drawn(labelbox(path).entries[0])
    assert shapes["car"] == [(20.25, 10, 60.25, 40)]
    assert shapes["Straße"] == [[(10, 10), (180, 15.5), (100, 80)]]
    assert shapes["lane"] == [[(0, 99), (10.5, 10), (200, 0)]]
    assert shapes["light"] == [(5.25, 6.75)]


def test_the_mask_of_an_import_arrives_exactly() -> None:
    """Its PNG stands in the file."""
    (road,) = drawn(labelbox(IMPORT).entries[0])["road"]
    assert sorted(road) == [(50, 20), (50, 40), (80, 20), (80, 40)]


def test_the_mask_of_an_export_is_left_behind() -> None:
    """It is on Labelbox's server."""
    books = labelbox(EXPORT).books
    assert books.left_behind == {"road": 1, "car": 1}
    assert books.carried == {"car": 1, "Straße": 1, "lane": 1, "light": 1}


@pytest.mark.parametrize("path", [EXPORT, IMPORT])
def test_answers_arrive_with_what_hangs_on_them(path: Path) -> None:
    """About the car, and about the picture."""
    first = labelbox(path).entries[0]
    assert first["labels"]["car"][0]["classifications"] == SAID
    assert first["global_classifications"] == {"weather": ["sunny"]}


def test_a_data_row_has_the_first_name_that_is_one_of_a_picture() -> None:
    """An external id, a global key, or the last part of the address."""
    found = labelbox(EXPORT)
    names = [each["external_media_ID"] for each in found.entries]
    assert names == ["day1/Grün.png", "empty.png", "three b.png"]
    remarks = [(each.origin, each.found) for each in found.found if each.code == "remark-left-out"]
    assert remarks == [("line 1, label l2", "relationships"), ("line 3", "metadata_fields")]


def test_the_newest_label_counts() -> None:
    """Unless somebody says otherwise."""
    (older,) = [each for each in labelbox(EXPORT).found if each.code == "annotation-older"]
    assert (older.origin, older.label) == ("line 1, label l1, object 0", "car")
    every = labelbox(EXPORT, annotations=Annotations.ALL)
    assert len(every.entries[0]["labels"]["car"]) == 2
    none = labelbox(EXPORT, annotations=Annotations.REFUSE)
    assert none.codes().count("annotation-several") == 6
    assert "labels" not in none.entries[0]


def test_an_array_is_read_as_its_lines_are(tmp_path: Path) -> None:
    """As the library of Labelbox gives it."""
    path = tmp_path / "all.json"
    rows = [json.loads(line) for line in EXPORT.read_text("utf-8").splitlines()]
    path.write_text(json.dumps(rows))
    assert [drawn(each) for each in labelbox(path).entries] == [
        drawn(each) for each in labelbox(EXPORT).entries
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (3, "annotation-broken"),
        ({"bounding_box": BOX["bounding_box"]}, "annotation-broken"),
        ({**BOX, "bounding_box": 3}, "shape-broken"),
        ({**BOX, "bounding_box": {"left": 1, "top": 2, "width": 3}}, "shape-broken"),
        ({**BOX, "bounding_box": {"left": 1, "top": "2", "width": 3, "height": 4}}, "shape-broken"),
        ({**BOX, "bounding_box": {"left": 1, "top": 2, "width": 0, "height": 4}}, "shape-no-size"),
        ({**BOX, "bounding_box": {"left": 1, "top": 2, "width": 900, "height": 4}}, "shape-outside"),
        ({"name": "car", "polygon": [{"x": 1, "y": 2}]}, "shape-broken"),
        ({"name": "car", "polygon": None}, "shape-broken"),
        ({"name": "car", "polygon": [[1, 2]]}, "shape-broken"),
        ({"name": "car", "line": [{"x": 1}]}, "shape-broken"),
        ({"name": "car", "point": None}, "shape-broken"),
        ({"name": "car", "mask": {"url": "https://host/1"}}, "shape-unknown"),
        ({"name": "car", "mask": {"png": "???"}}, "mask-broken"),
        ({"name": "car", "location": {}}, "shape-unknown"),
    ],
)
def test_a_broken_object_costs_one_object(tmp_path: Path, row: Any, code: str) -> None:
    """Its place is said, and the rest is carried."""
    found = labelbox(exported(tmp_path, row, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "line 1, label l1, object 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


@pytest.mark.parametrize(
    "question",
    [3, {}, {"name": "a"}, {"name": "a", "radio_answer": 3}, {"name": "a", "checklist_answers": [{}]}],
)
def test_a_broken_answer_costs_no_object(tmp_path: Path, question: Any) -> None:
    """It is said, about the picture and about an object."""
    found = labelbox(exported(tmp_path, {**BOX, "classifications": [question]}, questions=[question]))
    assert found.codes() == ["annotation-broken"] * 2
    assert found.books.left_behind == {}
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


@pytest.mark.parametrize(
    "row",
    [
        {"media_attributes": {"asset_type": "video"}},
        {"data_row": {"id": "c1"}},
        {"data_row": {"row_data": "https://[/"}},
    ],
)
def test_objects_of_what_is_no_picture_are_left_behind(tmp_path: Path, row: dict[str, Any]) -> None:
    """Or of one without a name."""
    found = labelbox(exported(tmp_path, BOX, **row))
    assert found.books.left_behind == {"car": 1}
    assert found.entries == []


def test_lines_of_one_data_row_are_one_picture(tmp_path: Path) -> None:
    """As long as they stand together; later ones are a picture once more, which is said."""
    box = {"bbox": BOX["bounding_box"]}
    rows = [
        of("a.png", name="car", **box),
        of("a.png", schemaId="s1", **box),
        of("b.png", name="x", answer="y"),
    ]
    found = labelbox(imported(tmp_path, *rows, of("a.png", name="car", **box)))
    assert [drawn(each).keys() for each in found.entries] == [{"car": 1, "s1": 1}.keys(), set(), {"car"}]
    assert found.codes() == ["picture-twice"]


def test_what_an_import_has_beside_objects_is_said(tmp_path: Path) -> None:
    """Relationships, rows without a data row, lines that are cut off."""
    path = imported(tmp_path, of("a.png", name="car", bbox=BOX["bounding_box"]))
    rows = [of("a.png", name="beside", relationship={}), {"name": "car"}, 7]
    path.write_text(path.read_text() + "\n\n" + "\n".join(map(json.dumps, rows)) + '\n{"uuid')
    found = labelbox(path)
    assert [(each.code, each.origin) for each in found.found] == [
        ("remark-left-out", "line 3"),
        ("annotation-broken", "line 4"),
        ("annotation-broken", "line 5"),
        ("annotation-broken", "line 6"),
    ]


def test_a_line_that_is_cut_off_costs_one_data_row(tmp_path: Path) -> None:
    """The others are carried."""
    path = tmp_path / "cut.ndjson"
    path.write_bytes(EXPORT.read_bytes()[:-20])
    found = labelbox(path)
    assert found.found[-1].origin == "line 3"
    assert len(found.entries) == 2


@pytest.mark.parametrize("text", ["{", "nonsense", "[1", '{\n"data_row": {}}', "\x00"])
def test_a_file_that_is_none_stops(tmp_path: Path, text: str) -> None:
    """With its name."""
    path = tmp_path / "one.ndjson"
    path.write_text(text)
    with pytest.raises(SourceUnreadable, match=r"one\.ndjson"):
        labelbox(path)


def test_the_older_export_is_named_for_what_it_is(tmp_path: Path) -> None:
    """With the way out."""
    path = tmp_path / "old.json"
    path.write_text('[{"ID": "1", "DataRow ID": "2", "Label": {}, "External ID": "a.png"}]')
    form = recognised(open_members(path))
    assert form is not None
    with pytest.raises(SourceUnreadable, match=r"export v1.*as v2"):
        labelbox(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**60) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("name", "x", "answer")), inner)
    ),
    max_leaves=6,
)
KEYS = ("name", "bounding_box", "polygon", "line", "point", "mask", "classifications", "answer", "dataRow")
ROWS = ("data_row", "media_attributes", "projects", "metadata_fields")


@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.dictionaries(st.sampled_from(ROWS), JSON))
def test_anything_in_a_row_is_carried_or_found(
    tmp_path_factory: pytest.TempPathFactory, found: dict[str, Any], row: dict[str, Any]
) -> None:
    """Never a traceback."""
    place = tmp_path_factory.mktemp("any")
    books = labelbox(exported(place, found, BOX)).books
    assert books.carried["car"] >= 1
    labelbox(exported(place, BOX, **row))
    first = of("a.png", name="car", bbox=BOX["bounding_box"])
    assert labelbox(imported(place, first, {**of("a.png"), **found})).books.carried["car"] >= 1


def test_how_sure_a_model_was_is_left_behind(tmp_path: Path) -> None:
    """As an import of predictions has it, beside the shape, which is carried."""
    box = {"name": "car", "bbox": {"left": 20, "top": 10, "width": 60, "height": 40}}
    sure = {"confidence": 0.5, "customMetrics": [{"name": "iou", "value": 1}]}
    found = labelbox(imported(tmp_path, of("one.png", **box, **sure), of("one.png", **box)))
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)] * 2}
    assert [(each.code, each.found) for each in found.found] == [
        ("remark-left-out", "confidence, customMetrics")
    ]
