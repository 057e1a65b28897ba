"""Label Studio's JSON becomes what a person sees in its editor; see `vectors/formats/label_studio/ORIGIN.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Annotations, Choices, Holes
from bulk_importer.formats.documents.label_studio.brushes import mask_of_brush
from bulk_importer.formats.documents.label_studio.pictures import picture_of
from bulk_importer.formats.model import Size
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

FILES = VECTORS / "formats" / "label_studio"
FORMS = ("tool/tasks.json", "min/result.json")
BOX = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["car"]}


def studio(path: Path, **choices: Any) -> Converted:
    """What becomes of a file."""
    return converted(path, "label-studio", Choices(**choices))


def tasks(place: Path, *values: Any, **more: Any) -> Path:
    """A file of one task with one annotation of these values."""
    size = {"original_width": 200, "original_height": 100}
    results = [
        {"id": str(at), "from_name": "box", "to_name": "image", "value": value, **size, **more}
        for at, value in enumerate(values)
    ]
    annotation = {"id": 1, "result": results}
    path = place / "tasks.json"
    path.write_text(json.dumps([{"id": 7, "data": {"image": "one.png"}, "annotations": [annotation]}]))
    return path


@pytest.mark.parametrize("name", FORMS)
def test_a_file_is_recognised_and_its_account_closes(name: str) -> None:
    """In both forms."""
    form = recognised(open_members(FILES / name))
    assert form is not None
    assert form.name == "label-studio"
    books = studio(FILES / name).books
    assert sum(books.read.values()) == sum(books.carried.values()) + sum(books.left_behind.values())
    assert books.pictures == 5


@pytest.mark.parametrize("name", FORMS)
def test_each_shape_arrives_where_it_is_drawn(name: str) -> None:
    """Percents are pixels of the picture, and a box is turned about its upper left corner."""
    first = studio(FILES / name).entries[0]
    nested = first["labels"]["Straße"][0].get("nested_geometries", {})
    shapes = drawn(first)
    assert shapes["Straße"] == [(20, 20, 60, 40)]
    turned, outline, ellipse = shapes["car"]
    assert turned == [pytest.approx(each) for each in [(100, 20), (100, 80), (60, 80), (60, 20)]]
    assert outline == [(20, 10), (180, 15.5), (100, 80)]
    assert pixels(ellipse) == pytest.approx(3.14159 * 20 * 20, rel=0.01)
    assert shapes["bus"] == [(3, 2.25, 20.2, 20.2)]
    assert (drawn({"labels": nested}) | shapes)["nose"] == [(40, 30)]


def test_answers_go_to_their_region_or_to_the_picture() -> None:
    """A way down a tree is the answer to a question, and to the one below it."""
    first = studio(FILES / FORMS[0]).entries[0]
    assert first["labels"]["Straße"][0]["classifications"] == {"colour": ["red", "blue"], "plate": ["B 17"]}
    assert first["global_classifications"] == {
        "weather": ["sunny"],
        "kind": ["vehicle", {"vehicle": ["van", "truck"]}],
    }


def test_json_min_has_lost_what_a_lone_answer_is_about() -> None:
    """The plate stands where an answer about the picture would; the colours are known by their box."""
    first = studio(FILES / FORMS[1]).entries[0]
    assert first["labels"]["Straße"][0]["classifications"] == {"colour": ["red", "blue"]}
    assert first["global_classifications"]["plate"] == ["B 17"]


@pytest.mark.parametrize("name", FORMS)
def test_a_brush_is_traced_on_its_pixels(name: str) -> None:
    """With its hole, where one says what becomes of it; otherwise it is a finding."""
    assert "shape-hole" in studio(FILES / name).codes()
    cut = drawn(studio(FILES / name, holes=Holes.CUT).entries[1])["road"]
    assert sorted(map(pixels, cut)) == [25, 500]


@pytest.mark.parametrize("name", FORMS)
def test_of_several_annotations_those_count_that_one_says(name: str) -> None:
    """The newest by itself; all of them in one entry; or none."""
    newest = studio(FILES / name)
    assert drawn(newest.entries[2]) == {"car": [(120, 20, 60, 40)]}
    assert "annotation-older" in newest.codes()
    both = drawn(studio(FILES / name, annotations=Annotations.ALL).entries[2])["car"]
    assert sorted(both) == [(20, 20, 60, 40), (120, 20, 60, 40)]
    refused = studio(FILES / name, annotations=Annotations.REFUSE)
    assert "labels" not in refused.entries[2]
    assert refused.codes().count("annotation-several") == 2


def test_pictures_have_the_names_that_they_had() -> None:
    """Behind every kind of URL; also those on which nothing is drawn."""
    assert [entry["external_media_ID"] for entry in studio(FILES / FORMS[0]).entries] == [
        "Grün.png",
        "day1/cam.png",
        "day2/cam.png",
        "empty.png",
        "unlabelled.png",
    ]


@pytest.mark.parametrize(
    ("data", "meant", "name"),
    [
        ({"image": "https://h/a%20b.png?sig=1"}, None, "a b.png"),
        ({"image": "one.png", "text": "a caption"}, None, "one.png"),
        ({"left": "a.png", "right": "b.png"}, "right", "b.png"),
        ({"left": "a.png", "right": "b.png"}, None, None),
        ({"image": "data:image/png;base64,AAAA"}, None, None),
        ({"image": "https://h/media/17"}, None, "media/17"),
        ({"image": ""}, None, None),
        ({"image": 3}, None, None),
        ({"image": "http://[h/x.png"}, None, None),
    ],
)
def test_the_picture_is_the_one_that_the_data_name(data: Any, meant: Any, name: str | None) -> None:
    """And none where they name several, or none."""
    assert picture_of(data, meant) == name


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({**BOX, "x": None}, "shape-broken"),
        ({**BOX, "x": "1"}, "shape-broken"),
        ({**BOX, "width": 0}, "shape-no-size"),
        ({**BOX, "x": 90}, "shape-outside"),
        ({**BOX, "rectanglelabels": []}, "annotation-broken"),
        ({"points": [[1], [2]], "polygonlabels": ["car"]}, "shape-broken"),
        ({"points": 7, "polygonlabels": ["car"]}, "shape-broken"),
        ({"points": [[1, 1], [2, 2]], "polygonlabels": ["car"]}, "shape-broken"),
        ({"vertices": [], "vectorlabels": ["car"]}, "shape-unknown"),
        ({"rle": [1, 2, 3], "brushlabels": ["car"]}, "mask-broken"),
        ({"rle": [300], "brushlabels": ["car"]}, "mask-broken"),
        ({"start": 1, "end": 2, "labels": ["car"]}, "shape-unknown"),
        ({"something": 1}, "shape-unknown"),
        (None, "annotation-broken"),
    ],
)
def test_a_broken_result_costs_one_object(tmp_path: Path, value: Any, code: str) -> None:
    """The task, the annotation and the result are said, and the rest is carried."""
    found = studio(tasks(tmp_path, value, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "task 7, annotation 1, result 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 20, 60, 40)]}


def test_a_shape_on_a_turned_picture_is_a_finding(tmp_path: Path) -> None:
    """It says where it is on the picture as it was turned."""
    assert studio(tasks(tmp_path, BOX, image_rotation=90)).codes() == ["shape-unknown"]


def test_what_is_no_label_is_a_remark(tmp_path: Path) -> None:
    """What models have predicted, and what somebody has noted at a region."""
    path = tasks(tmp_path, BOX, meta={"text": ["look again"]})
    rows = json.loads(path.read_text())
    rows[0]["predictions"] = [{"result": []}]
    path.write_text(json.dumps(rows))
    found = studio(path)
    assert [each.found for each in found.found] == ["1 predictions", "a remark about a region"]
    assert found.books.carried == {"car": 1}


def test_without_a_size_it_is_asked_elsewhere(tmp_path: Path) -> None:
    """As in predictions that somebody imported."""
    path = tasks(tmp_path, BOX, original_width=None)
    assert studio(path).codes() == ["size-missing"]
    assert drawn(studio(path, sizes=lambda _: Size(100, 100)).entries[0]) == {"car": [(10, 20, 30, 40)]}


def test_regions_that_are_each_others_parents_are_carried(tmp_path: Path) -> None:
    """A ring has no first one."""
    path = tasks(tmp_path, BOX, BOX)
    rows = json.loads(path.read_text())
    first, second = rows[0]["annotations"][0]["result"]
    first["parentID"], second["parentID"] = "1", "0"
    path.write_text(json.dumps(rows))
    assert studio(path).books.carried == {"car": 2}


@pytest.mark.parametrize("text", ['{"id": 1}', "[{]", '[{"id": 1, "data": {', "", "[1", "\xff"])
def test_what_is_no_array_of_tasks_stops(tmp_path: Path, text: str) -> None:
    """With the file."""
    (tmp_path / "tasks.json").write_text(text, encoding="latin-1")
    with pytest.raises(SourceUnreadable, match=r"tasks\.json"):
        studio(tmp_path / "tasks.json")


@pytest.mark.parametrize(
    "row", [1, None, [], {"id": 1}, {"id": 1, "data": 3, "annotations": 4}, {"annotations": [1]}]
)
def test_a_row_that_is_no_task_is_left_behind(tmp_path: Path, row: Any) -> None:
    """And the one behind it is carried."""
    path = tasks(tmp_path, BOX)
    path.write_text(json.dumps([row, *json.loads(path.read_text())]))
    found = studio(path)
    assert found.codes() == ["annotation-broken"]
    assert len(found.entries) == 1


def test_what_is_nested_too_deep_costs_one_task(tmp_path: Path) -> None:
    """Ten thousand regions, each below the one before."""
    path = tasks(tmp_path, *[BOX] * 10_000)
    rows = json.loads(path.read_text())
    for at, result in enumerate(rows[0]["annotations"][0]["result"]):
        result["parentID"] = str(at - 1)
    path.write_text(json.dumps(rows))
    assert studio(path).codes() == ["annotation-broken"] * 10_000


@given(st.lists(st.integers(0, 255), max_size=60), st.integers(1, 4), st.integers(1, 4))
def test_a_brush_is_unpacked_or_refused(packed: list[int], width: int, height: int) -> None:
    """Whatever bytes there are."""
    head = list((width * height * 4).to_bytes(4, "big"))
    for content in (packed, head + packed):
        try:
            mask = mask_of_brush(content, Size(width, height))
        except ValueError:
            continue
        for row, runs in mask.lines:
            assert 0 <= row < height
            places = [place for run in runs for place in run]
            assert places == sorted(set(places))
            assert places[-1] <= width


def test_a_row_of_json_min_that_is_not_whole_costs_itself(tmp_path: Path) -> None:
    """Its task keeps the others."""
    (row, *_) = json.loads((FILES / "min" / "result.json").read_text("utf-8"))
    cut = {key: value for key, value in row.items() if key != "annotation_id"}
    (tmp_path / "result.json").write_text(json.dumps([row, cut]))
    found = studio(tmp_path / "result.json")
    assert [(each.code, each.found) for each in found.found] == [
        ("annotation-broken", "one without annotation_id")
    ]
    assert len(found.entries) == 1


def joined(place: Path, *rows: dict[str, Any]) -> Path:
    """A file of these tasks."""
    path = place / "tasks.json"
    path.write_text(json.dumps(rows))
    return path


def drawn_on(image: str, **more: Any) -> dict[str, Any]:
    """A task with a box on a picture."""
    size = {"original_width": 200, "original_height": 100}
    result = {"id": image, "from_name": "box", "to_name": "image", "value": BOX, **size}
    return {"data": {"image": image}, "annotations": [{"id": 1, "result": [result]}], **more}


@pytest.mark.parametrize("number", [1, None], ids=["one id", "no id"])
def test_tasks_of_one_id_are_about_their_own_pictures(tmp_path: Path, number: int | None) -> None:
    """As where files of two projects are joined, or a script has written null for all."""
    rows = [drawn_on("one.png", id=number), drawn_on("two.png", id=number)]
    found = studio(joined(tmp_path, *rows))
    assert [entry["external_media_ID"] for entry in found.entries] == ["one.png", "two.png"]
    assert [drawn(entry) for entry in found.entries] == [{"car": [(20, 20, 60, 40)]}] * 2
    assert found.codes() == []


def test_rows_of_json_min_of_one_id_are_about_their_own_pictures(tmp_path: Path) -> None:
    """Those of one picture are annotations of one task."""
    more = {"original_width": 200, "original_height": 100}
    rows = [
        {"image": f"{image}.png", "id": 1, "box": [{**BOX, **more}], "annotator": 1}
        | {"annotation_id": at, "created_at": str(at), "lead_time": 1}
        for at, image in enumerate(("one", "one", "two"))
    ]
    found = studio(joined(tmp_path, *rows))
    assert [entry["external_media_ID"] for entry in found.entries] == ["one.png", "two.png"]
    assert found.codes() == ["annotation-older"]


def test_a_region_is_on_the_picture_that_it_was_drawn_on(tmp_path: Path) -> None:
    """Of a task with several, where they are called by the keys of their addresses."""
    row = drawn_on("one.png", id=1)
    row["data"] = {"left": "one.png", "right": "two.png"}
    (result,) = row["annotations"][0]["result"]
    answer = {"from_name": "weather", "to_name": "right", "value": {"choices": ["sunny"]}}
    row["annotations"][0]["result"] = [
        {**result, "to_name": "left"},
        {**result, "to_name": "right", "id": "other", "value": {**BOX, "x": 0}},
        answer,
    ]
    one, two = studio(joined(tmp_path, row)).entries
    assert (one["external_media_ID"], two["external_media_ID"]) == ("one.png", "two.png")
    assert drawn(one) == {"car": [(20, 20, 60, 40)]}
    assert drawn(two) == {"car": [(0, 20, 60, 40)]}
    assert ("global_classifications" in one, "global_classifications" in two) == (False, True)
    row["data"] = {"first": "one.png", "second": "two.png"}
    found = studio(joined(tmp_path, row))
    assert (found.entries, set(found.codes())) == ([], {"annotation-broken"})
    assert found.books.left_behind["car"] == 2


def test_what_nobody_has_submitted_is_left_behind(tmp_path: Path) -> None:
    """Drafts, and annotations of which the file has the id alone."""
    found = studio(joined(tmp_path, drawn_on("one.png", id=1, drafts=[{"id": 3, "result": []}])))
    assert [(each.code, each.found) for each in found.found] == [("remark-left-out", "1 drafts")]
    (left,) = studio(joined(tmp_path, {**drawn_on("one.png", id=1), "annotations": [5]})).found
    assert (left.code, left.objects) == ("annotation-broken", 1)
