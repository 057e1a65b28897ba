"""YOLO as tools write it becomes what a person sees in that tool; see `vectors/formats/yolo/ORIGIN.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices, Confidence
from bulk_importer.formats.model import Size
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn
from support.places import VECTORS

FILES = VECTORS / "formats" / "yolo"
GOLDEN = ["supervision", "sahi", "label-studio/mixed", "label-studio/pose"]
GOLDEN += [f"cvat/{layout}" for layout in ("darknet", "detection", "segmentation", "oriented", "pose")]


def yolo(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder whose pictures are 200 x 100."""
    return converted(path, "yolo", Choices(**{"sizes": lambda _: Size(200, 100), **choices}))


def folder(place: Path, rows: str, *, data: str = "names: [car, bus]\n", **files: str) -> Path:
    """A dataset of one picture."""
    (place / "labels").mkdir()
    (place / "labels" / "one.txt").write_text(rows)
    if data:
        (place / "data.yaml").write_text(data)
    for name, text in files.items():
        (place / name.replace("_", ".")).write_text(text)
    return place


@pytest.mark.parametrize("name", GOLDEN)
def test_a_folder_is_recognised_and_its_account_closes(name: str) -> None:
    """By names and first bytes; what is read is carried or left behind."""
    form = recognised(open_members(FILES / name))
    assert form is not None
    assert form.name == "yolo"
    books = yolo(FILES / name, class_names=("car", "bus", "van", "person", "x")).books
    carried, left = sum(books.carried.values()), sum(books.left_behind.values())
    texts = [path.read_text() for path in (FILES / name).rglob("*.txt") if path.parent != FILES / name]
    objects = [count for label, count in books.read.items() if "." not in label]
    assert sum(books.read.values()) == carried + left
    assert sum(objects) == sum(len(text.splitlines()) for text in texts)


def test_boxes_and_outlines_stand_in_one_file() -> None:
    """Label Studio; its notes have the numbers, its list of classes another order."""
    green, empty = yolo(FILES / "label-studio/mixed").entries
    assert (green["external_media_ID"], empty["external_media_ID"]) == ("images/Green", "images/empty")
    assert drawn(green) == {
        "Straße": [(20, 20, 60, 40), [(20, 10), (180, 15.5), (100, 80)]],
        "car": [(100, 20, 60, 40)],
    }
    assert "labels" not in empty


def test_keypoints_have_their_names_from_the_notes() -> None:
    """The one whose visibility is 0 is absent."""
    (entry,) = yolo(FILES / "label-studio/pose").entries
    assert drawn(entry) == {"person": [(20, 20, 60, 40)], "nose": [(40, 30)]}


def test_what_supervision_writes_of_two_pieces_is_two_objects() -> None:
    """It says nowhere that they are one. Pictures in the source have their names from it."""
    entries = yolo(FILES / "supervision").entries
    assert [entry["external_media_ID"] for entry in entries] == [
        "train/images/empty.png",
        "train/images/one.png",
    ]
    assert [len(found) for found in drawn(entries[1]).values()] == [2]
    assert drawn(entries[1])["Straße: nass"][1] == [(10, 10), (10, 29), (29, 29), (29, 10)]


def test_category_ids_in_place_of_numbers_are_asked_about() -> None:
    """SAHI: the bus would be a number too many, and a car a bus."""
    with pytest.raises(
        ChoiceNeeded, match=r"two\.txt, line 1: class number 2 has no name in data\.yml.*--class-names"
    ):
        yolo(FILES / "sahi")
    entries = yolo(FILES / "sahi", class_names=("", "car", "bus")).entries
    assert [drawn(entry) for entry in entries] == [{"car": [(20, 10, 60, 40)]}, {"bus": [(20, 10, 60, 40)]}]


@pytest.mark.parametrize(
    ("layout", "shapes"),
    [
        ("darknet", {"car": [(20, 10, 60, 40)]}),
        ("detection", {"car": [(20, 10, 60, 40)]}),
        ("segmentation", {"Straße": [[(10, 10), (180, 15.5), (100, 80)]]}),
        (
            "oriented",
            {
                "car": [[(20, 10), (80, 10), (80, 50), (20, 50)]],
                "Straße": [[(61.5192, 7.0096), (113.4808, 37.0096), (98.4808, 62.9904), (46.5192, 32.9904)]],
            },
        ),
        ("pose", {"person": [(40, 30, 20, 5)], "nose": [(40, 30)], "eye": [(60, 35)]}),
    ],
)
def test_each_layout_of_cvat_arrives(layout: str, shapes: dict[str, Any]) -> None:
    """With the folder in a name, and with the pictures that only the list has."""
    points = ("nose", "eye", "ear") if layout == "pose" else None
    first, empty = yolo(FILES / "cvat" / layout, keypoint_names=points).entries
    assert drawn(first) == shapes
    assert first["external_media_ID"].endswith(
        "train/day1/Green.png" if layout != "darknet" else "data/day1/Grün.png"
    )
    assert empty["external_media_ID"].endswith("/empty.png")
    assert "labels" not in empty


def test_keypoints_without_names_are_numbered() -> None:
    """From 0 on, as data.yaml counts them elsewhere."""
    (entry, _) = yolo(FILES / "cvat/pose").entries
    assert list(drawn(entry)) == ["person", "0", "1"]


def test_no_row_of_number_0_is_asked_about(tmp_path: Path) -> None:
    """Whoever wrote it may have counted from 1; that nobody shifts by himself."""
    with pytest.raises(
        ChoiceNeeded, match=r"no row has class number 0, which is the first name in data\.yaml"
    ):
        yolo(folder(tmp_path, "1 0.5 0.5 0.2 0.2\n"))


@pytest.mark.parametrize(
    ("row", "confidence", "shape"),
    [
        ("0 0.5 0.5 0.2 0.2 0.9", Confidence.LAST, (80, 40, 40, 20)),
        ("0 0.9 0.5 0.5 0.2 0.2", Confidence.SECOND, (80, 40, 40, 20)),
        ("0 0.1 0.1 0.9 0.1 0.5 0.5 0.93", Confidence.LAST, [(20, 10), (180, 10), (100, 50)]),
    ],
)
def test_a_number_too_many_is_asked_about(
    tmp_path: Path, row: str, confidence: Confidence, shape: object
) -> None:
    """It may be last, or behind the class."""
    with pytest.raises(
        ChoiceNeeded, match=r"labels/one\.txt, line 1: the row has . numbers.*--confidence last"
    ):
        yolo(folder(tmp_path, row))
    assert drawn(yolo(tmp_path, confidence=confidence).entries[0]) == {"car": [shape]}


def test_keypoints_that_nothing_names_are_asked_about(tmp_path: Path) -> None:
    """An outline of five points has as many numbers as two keypoints with their visibility."""
    row = "0 0.5 0.5 0.2 0.2 0.45 0.5 2 0.5 0.5 1"
    with pytest.raises(ChoiceNeeded, match=r"a box with 2 keypoints.*--keypoint-names"):
        yolo(folder(tmp_path, row))
    entry = yolo(tmp_path, keypoint_names=("nose", "eye")).entries[0]
    assert drawn(entry) == {"car": [(80, 40, 40, 20)], "nose": [(90, 50)], "eye": [(100, 50)]}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("car 0.5 0.5 0.2 0.2", "annotation-broken"),
        ("0 0.5 0.5 0.2", "annotation-broken"),
        ("0.5 0.5 0.5 0.2 0.2", "annotation-broken"),
        ("-1 0.5 0.5 0.2 0.2", "annotation-broken"),
        ("0 0.5 nan 0.2 0.2", "shape-broken"),
        ("0 0.5 1e999999999 0.2 0.2", "shape-broken"),
        ("0 0.5 -1e200 0.2 0.2", "shape-broken"),
        ("inf 0.5 0.5 0.2 0.2", "annotation-broken"),
        ("0 0.5 0.5 0 0.2", "shape-no-size"),
        ("0 0.5 0.5 1.2 0.2", "shape-outside"),
    ],
)
def test_a_broken_row_costs_one_object(tmp_path: Path, row: str, code: str) -> None:
    """The file and the line are said, and the rest is carried; lines of blanks are none."""
    found = yolo(folder(tmp_path, f"    \n{row}\n0 0.5 0.5 0.2 0.2\n"))
    assert [(each.code, each.origin) for each in found.found] == [(code, "labels/one.txt, line 2")]
    assert drawn(found.entries[0]) == {"car": [(80, 40, 40, 20)]}


def test_without_a_size_each_row_is_a_finding(tmp_path: Path) -> None:
    """Zeros would be places that nobody drew."""
    found = yolo(folder(tmp_path, "0 0.5 0.5 0.2 0.2\n" * 3), sizes=lambda _: None)
    assert found.codes() == ["size-missing"] * 3
    assert found.books.left_behind == {"car": 3}


def test_what_belongs_to_nothing_is_named(tmp_path: Path) -> None:
    """A readme is no list of rows."""
    found = yolo(folder(tmp_path, "0 0.5 0.5 0.2 0.2\n", README_txt="Made by hand\n", LICENSE="x"))
    assert [(each.code, each.origin) for each in found.found] == [
        ("member-passed-over", "LICENSE"),
        ("member-passed-over", "README.txt"),
    ]
    assert len(found.entries) == 1


@pytest.mark.parametrize(
    "data", ["names: [car, bus", "names: *x\n", "names: 3\n", "x\nnames: [a]\n", "names:\n  a: b\n"]
)
def test_settings_that_cannot_be_understood_stop(tmp_path: Path, data: str) -> None:
    """With the file, and the way out."""
    with pytest.raises(SourceUnreadable, match=r"data\.yaml cannot be read.*--class-names"):
        yolo(folder(tmp_path, "0 0.5 0.5 0.2 0.2\n", data=data))


def test_names_that_nobody_says_are_asked_for(tmp_path: Path) -> None:
    """As when a model wrote the rows."""
    with pytest.raises(ChoiceNeeded, match="no file in it names its classes"):
        yolo(folder(tmp_path, "0 0.5 0.5 0.2 0.2\n", data=""))


def test_pictures_that_share_rows_are_known_by_their_place(tmp_path: Path) -> None:
    """Whose rows they are shows in the project, or is asked there."""
    folder(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "one.jpg").write_bytes(b"")
    (tmp_path / "images" / "one.png").write_bytes(b"")
    assert [each["external_media_ID"] for each in yolo(tmp_path).entries] == ["images/one"]


def test_names_that_differ_are_asked_about(tmp_path: Path) -> None:
    """Two datasets in one folder."""
    with pytest.raises(ChoiceNeeded, match=r"in two ways: classes\.txt and data\.yaml"):
        yolo(folder(tmp_path, "0 0.5 0.5 0.2 0.2\n", classes_txt="bus\ncar\n"))


def test_a_file_that_is_no_text_is_left_behind(tmp_path: Path) -> None:
    """And the others are carried."""
    folder(tmp_path, "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "labels" / "two.txt").write_bytes(b"0 0.5 0.5 \xff\xfe")
    found = yolo(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [("member-unread", "labels/two.txt")]
    assert len(found.entries) == 1


def test_a_picture_has_one_file_of_rows(tmp_path: Path) -> None:
    """Those below `labels` count; another one beside the picture is named."""
    files = folder(tmp_path, "0 0.5 0.5 0.1 0.1\n")
    (files / "images").mkdir()
    (files / "images" / "one.txt").write_text("1 0.5 0.5 0.1 0.1\n")
    found = yolo(files)
    assert found.books.carried == {"car": 1}
    assert [(each.code, each.origin) for each in found.found] == [("member-passed-over", "images/one.txt")]


def test_more_keypoints_than_an_object_has_are_refused(tmp_path: Path) -> None:
    """As each would get a name, of however many a file of a few bytes says there are."""
    data = "names: [car, bus]\nkpt_shape: [20000, 3]\n"
    with pytest.raises(SourceUnreadable, match="20000 keypoints"):
        yolo(folder(tmp_path, "0 0.5 0.5 0.1 0.1\n", data=data))


def test_a_line_of_names_ends_where_an_editor_ends_it(tmp_path: Path) -> None:
    """A mark within a name that Python takes for a line end as well does not move the numbers of those behind it."""
    names = "car\u2028red\nvan\x85\r\nbus\n"
    (tmp_path / "classes.txt").write_text(names, encoding="utf-8", newline="")
    found = yolo(folder(tmp_path, "0 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1\n", data=""))
    assert found.books.carried == {"car\u2028red": 1, "bus": 1}
