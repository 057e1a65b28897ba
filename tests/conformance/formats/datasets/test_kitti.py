"""KITTI as tools write it becomes what a person sees in that tool; see `vectors/formats/kitti/ORIGIN.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.folders.kitti import recognises
from bulk_importer.formats.model import Size
from bulk_importer.formats.table import recognised
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn
from support.places import VECTORS
from support.profiles import examples

FILES = VECTORS / "formats" / "kitti"
NUMBERS = "-1 -1 -10 20 10 80 50 -1 -1 -1 -1000 -1000 -1000 -10"
ROW = f"car {NUMBERS}"


def kitti(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file whose pictures are 200 x 100."""
    return converted(path, "kitti", Choices(**{"sizes": lambda _: Size(200, 100), **choices}))


def folder(place: Path, *rows: str, name: str = "label_2/one.txt") -> Path:
    """A dataset of one picture."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return place


@pytest.mark.parametrize("tool", ["labelformat", "fiftyone", "datumaro", "cvat"])
def test_a_folder_is_recognised_and_its_account_closes(tool: str) -> None:
    """Every row is carried, and of each a class of two words, whichever way it is written."""
    form = recognised(open_members(FILES / tool))
    assert form is not None
    assert form.name == "kitti"
    books = kitti(FILES / tool).books
    name = "traffic_light" if tool == "fiftyone" else "traffic light"
    expected = {"car": 1, name: 1} if tool == "fiftyone" else {"car": 1, name: 1, "DontCare": 1}
    assert books.read == books.carried == expected


def test_what_labelformat_writes_arrives() -> None:
    """In the numbers of its file; what it fills in says nothing; an empty file is an empty picture."""
    green, empty = kitti(FILES / "labelformat").entries
    assert [each["external_media_ID"] for each in (green, empty)] == ["day1/Grün", "day2/empty"]
    assert drawn(green) == {
        "car": [(20.1, 10, 60.20000000000001, 40)],
        "traffic light": [(100, 20.5, 10, 30)],
        "DontCare": [(0, 0, 20, 20)],
    }
    assert "classifications" not in green["labels"]["car"][0]
    assert "labels" not in empty


def test_what_fiftyone_writes_arrives() -> None:
    """In whole pixels, with its confidence; a picture with an empty file is one, and one without a file, too."""
    found = kitti(FILES / "fiftyone")
    green, *others = found.entries
    assert drawn(green) == {"car": [(20, 10, 60, 40)], "traffic_light": [(100, 20, 10, 30)]}
    said = green["labels"]["car"][0]["classifications"]
    assert said == {"truncated": ["0.5"], "occluded": ["2"], "score": ["0.87"]}
    assert "classifications" not in green["labels"]["traffic_light"][0]
    names = [each["external_media_ID"] for each in found.entries]
    assert names == ["data/Grün.png", "data/empty.png", "data/unlabelled.png"]
    assert not any("labels" in each for each in others)
    assert [(each.code, each.origin) for each in found.found] == [
        ("remark-left-out", "labels/Grün.txt, line 1")
    ]


def test_what_datumaro_writes_arrives() -> None:
    """With its floats of 32 bits, and the picture of which it writes no file."""
    green, empty = kitti(FILES / "datumaro").entries
    assert [each["external_media_ID"] for each in (green, empty)] == [
        "train/image_2/day1/Grün.png",
        "val/image_2/empty.png",
    ]
    assert drawn(green)["car"] == [(20.100000381469727, 10, 60.200002670288086, 40)]


def test_what_cvat_writes_arrives() -> None:
    """A score of 1, which it writes always, says nothing; the picture is where KITTI has it."""
    (green,) = kitti(FILES / "cvat").entries
    assert green["external_media_ID"] == "train/image_2/day1/Grün"
    assert drawn(green)["car"] == [(20.1, 10, 60.2, 40)]
    assert green["labels"]["car"][0]["classifications"]["score"] == ["0.87"]
    assert "classifications" not in green["labels"]["traffic light"][0]


def test_regions_of_which_nobody_cares_are_left_out_by_a_class_map() -> None:
    """They are a class like any other until somebody says so."""
    found = converted(FILES / "cvat", "kitti", class_map=ClassMap(classes={"DontCare": None}))
    assert found.codes() == ["class-left-out"]
    assert "DontCare" not in found.entries[0]["labels"]


@pytest.mark.parametrize(
    ("row", "label", "score"),
    [
        (ROW, "car", None),
        (f"{ROW} 0.5", "car", "0.5"),
        (f"{ROW} 1.0", "car", None),
        (f"{ROW} -1", "car", None),
        (f"big red car {NUMBERS} 0.5", "big red car", "0.5"),
        (f"Grün\t{NUMBERS}", "Grün", None),
        (f"7 {NUMBERS}", "7", None),
        (f"3 wheeler {NUMBERS}", "3 wheeler", None),
    ],
)
def test_the_first_run_of_14_numbers_ends_the_class(
    tmp_path: Path, row: str, label: str, score: str | None
) -> None:
    """What stands in front is the class, one number behind it the score."""
    (entry,) = kitti(folder(tmp_path, row)).entries
    assert drawn(entry) == {label: [(20, 10, 60, 40)]}
    said = entry["labels"][label][0].get("classifications", {})
    assert said == ({"score": [score]} if score else {})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("car", "annotation-broken"),
        ("car 1 2 3", "annotation-broken"),
        (f"0 3 {ROW}", "annotation-broken"),
        (f"{ROW} 0.5 0.5", "annotation-broken"),
        (f"{ROW} high", "annotation-broken"),
        (ROW.replace("20 10", "nan 10"), "annotation-broken"),
        (ROW.replace("80", "20"), "shape-no-size"),
        (ROW.replace("80", "10"), "shape-no-size"),
        (ROW.replace("20 10", "-20 10"), "shape-outside"),
        (ROW.replace("80", "250"), "shape-outside"),
    ],
)
def test_a_broken_row_costs_one_object(tmp_path: Path, row: str, code: str) -> None:
    """The file and the line are said, and the rest is carried."""
    found = kitti(folder(tmp_path, ROW, row))
    assert [(each.code, each.origin, each.objects) for each in found.found] == [
        (code, "label_2/one.txt, line 2", 1)
    ]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"nothing\nof it\n"])
def test_a_file_that_has_no_rows_is_left_behind(tmp_path: Path, content: bytes) -> None:
    """Beside others that have; a file elsewhere, as one with the camera, is passed over."""
    folder(tmp_path, ROW)
    (tmp_path / "label_2" / "two.txt").write_bytes(content)
    folder(tmp_path, "P0: 1 2 3", name="calib/one.txt")
    found = kitti(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [
        ("member-passed-over", "calib/one.txt"),
        ("member-unread", "label_2/two.txt"),
    ]
    assert len(found.entries) == 1


def test_masks_beside_the_rows_are_said(tmp_path: Path) -> None:
    """They are pictures of ids, and none that could be labelled."""
    folder(tmp_path, ROW)
    mask = tmp_path / "instance" / "one.png"
    mask.parent.mkdir()
    mask.touch()
    found = kitti(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [("shape-unknown", "instance/one.png")]
    assert len(found.entries) == 1


def test_pictures_that_have_no_rows_by_design_are_passed_over(tmp_path: Path) -> None:
    """Those of the test set, and of the right camera, which are not empty: nobody says what is on them."""
    folder(tmp_path, ROW, name="training/label_2/one.txt")
    names = ["testing/image_2/one.png", "training/image_2/one.png", "training/image_3/one.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = kitti(tmp_path)
    assert [each["external_media_ID"] for each in found.entries] == ["training/image_2/one.png"]
    assert [(each.code, each.origin) for each in found.found] == [
        ("member-passed-over", name) for name in (names[0], names[2])
    ]


def test_a_folder_without_rows_stops(tmp_path: Path) -> None:
    """There is nothing that could be read."""
    folder(tmp_path, "P0: 1 2 3")
    with pytest.raises(SourceUnreadable, match="rows of a class and 14 numbers"):
        kitti(tmp_path)


@pytest.mark.parametrize("row", [f"0 {NUMBERS}", "0 0.5 0.5 0.1 0.1", f"0 1 {ROW}", "", "000000"])
def test_rows_of_other_formats_are_not_recognised(tmp_path: Path, row: str) -> None:
    """YOLO's begin with a number, as an outline of seven corners does; so do those of a video."""
    assert not recognises(open_members(folder(tmp_path, row)))


@settings(max_examples=examples(40))
@given(text=st.text("car 01.-\n", max_size=200))
def test_any_text_ends_in_entries_or_findings(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """And every row is counted once."""
    place = folder(tmp_path_factory.mktemp("rows"), ROW, *text.split("\n"))
    found = kitti(place)
    rows = 1 + sum(1 for line in text.splitlines() if line.strip())
    assert sum(found.books.read.values()) == rows
