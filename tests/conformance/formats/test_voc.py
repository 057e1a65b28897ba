"""Pascal VOC as tools write it becomes what a person sees; see `vectors/formats/voc/ORIGIN.md`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn
from support.places import VECTORS

FILES = VECTORS / "formats" / "voc"
BOX = "<bndbox><xmin>20</xmin><ymin>10</ymin><xmax>80</xmax><ymax>50</ymax></bndbox>"
SIZE = "<size><width>200</width><height>100</height></size>"


def voc(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "voc", Choices(**choices))


def file(place: Path, *objects: str) -> Path:
    """A file of one picture."""
    path = place / "one.xml"
    path.write_text(f"<annotation><filename>one.png</filename>{SIZE}{''.join(objects)}</annotation>")
    return path


@pytest.mark.parametrize("tool", ["label-studio", "supervision", "datumaro", "cvat"])
def test_a_folder_is_recognised_and_its_account_closes(tool: str) -> None:
    """And it is said which number the first pixel has."""
    form = recognised(open_members(FILES / tool))
    assert form is not None
    assert form.name == "voc"
    found = voc(FILES / tool)
    assert found.books.carried == found.books.read
    assert [each.found for each in found.found if each.code == "origin-chosen"] == ["--voc-origin 0"]


def test_what_label_studio_writes_counts_from_0() -> None:
    """In whole pixels, as it rounds them."""
    (entry,) = voc(FILES / "label-studio").entries
    assert entry["external_media_ID"] == "Green.png"
    assert drawn(entry) == {"Straße": [(20, 20, 60, 40)], "car": [(100, 20, 60, 40)]}
    assert "classifications" not in entry["labels"]["car"][0]


def test_what_supervision_writes_counts_from_1() -> None:
    """With the last pixel inside; an outline is carried in place of its box."""
    empty, one, two = voc(FILES / "supervision", voc_origin=1).entries
    assert "labels" not in empty
    assert drawn(one) == {"car": [(20, 10, 60, 40)]}
    assert drawn(two) == {"Straße": [[(20, 10), (20, 29), (49, 29), (49, 10)]]}
    assert drawn(voc(FILES / "supervision").entries[1]) == {"car": [(21, 11, 59, 39)]}


def test_what_datumaro_writes_arrives() -> None:
    """With the numbers that it writes, and the picture that it only lists."""
    first, empty = voc(FILES / "datumaro").entries
    assert drawn(first) == {
        "car": [(20.100000381469727, 10, 60.200002670288086, 40)],
        "Straße": [(0, 0, 200, 100)],
    }
    assert first["labels"]["car"][0]["classifications"] == {"occluded": ["true"]}
    assert empty["external_media_ID"] == "empty"


def test_what_cvat_writes_arrives() -> None:
    """Decimals, what is said of objects and of the picture, a turned box; its masks are findings."""
    found = voc(FILES / "cvat")
    first, empty = found.entries
    assert [each["external_media_ID"] for each in (first, empty)] == ["day1/Grün.png", "empty.png"]
    assert drawn(first) == {
        "car": [(20.1, 10, 60.2, 40)],
        "Straße": [[pytest.approx(each) for each in _turned()]],
        "person": [(100, 10, 40, 60)],
        "head": [(110, 12, 10, 12)],
    }
    said = first["labels"]["car"][0]["classifications"]
    assert said == {"difficult": ["true"], "occluded": ["true"], "colour": ["red"]}
    assert [each.label for each in found.found if each.code == "tag-unmapped"] == ["sunny"]
    masks = [each.origin for each in found.found if each.code == "shape-unknown"]
    assert masks == ["SegmentationClass/day1/Grün.png"]


def _turned() -> list[tuple[float, float]]:
    return [(61.51924, 7.00962), (113.48076, 37.00962), (98.48076, 62.99038), (46.51924, 32.99038)]


def test_parts_hang_on_their_object(tmp_path: Path) -> None:
    """As the original has heads and hands; without a configuration they are put beside it."""
    part = f"<part><name>head</name>{BOX}</part>"
    found = voc(file(tmp_path, f"<object><name>person</name>{BOX}{part}</object>"))
    assert found.books.carried == {"person": 1, "head": 1}


def test_a_picture_on_a_list_alone_is_a_picture(tmp_path: Path) -> None:
    """It has no objects, and may have a class."""
    file(tmp_path, f"<object><name>car</name>{BOX}</object>")
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("one\ntwo\n")
    (lists / "car_train.txt").write_text("one  1\ntwo -1\n")
    found = voc(tmp_path)
    assert [each["external_media_ID"] for each in found.entries] == ["one.png", "two"]
    assert found.codes() == ["origin-chosen"]


def test_a_box_beside_its_outline_is_said(tmp_path: Path) -> None:
    """The outline is carried."""
    outline = "<polygon><x1>1</x1><y1>1</y1><x2>9</x2><y2>1</y2><x3>9</x3><y3>9</y3></polygon>"
    found = voc(file(tmp_path, f"<object><name>car</name>{BOX}{outline}</object>"))
    assert found.codes() == ["origin-chosen", "shape-doubtful"]
    assert drawn(found.entries[0]) == {"car": [[(1, 1), (9, 1), (9, 9)]]}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (f"<object>{BOX}</object>", "annotation-broken"),
        ("<object><name>car</name></object>", "shape-unknown"),
        ("<object><name>car</name><type>robndbox</type></object>", "shape-unknown"),
        (f"<object><name>car</name>{BOX.replace('20', 'x')}</object>", "shape-broken"),
        (f"<object><name>car</name>{BOX.replace('20', 'nan')}</object>", "shape-broken"),
        (f"<object><name>car</name>{BOX.replace('20', '80')}</object>", "shape-no-size"),
        (f"<object><name>car</name>{BOX.replace('20', '-9')}</object>", "shape-outside"),
        (f"<object><name>car</name>{BOX}<polygon><x1>1</x1></polygon></object>", "shape-broken"),
        (f"<object><name>car</name>{BOX}<polygon><x1>1</x1><z1>1</z1></polygon></object>", "shape-broken"),
        (
            (
                f"<object><name>car</name>{BOX}<attributes><attribute><name>rotation</name><value>x</value></attribute>"
                "</attributes></object>"
            ),
            "shape-broken",
        ),
    ],
)
def test_a_broken_object_costs_one_object(tmp_path: Path, broken: str, code: str) -> None:
    """The file and the object are said, and the rest is carried."""
    found = voc(file(tmp_path, broken, f"<object><name>car</name>{BOX}</object>"))
    assert found.codes()[1:] == [code]
    assert found.found[1].origin == "one.xml, object 0"
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<annotation>",
        "<!DOCTYPE annotation><annotation/>",
        "<other/>",
        "<annotation>&x;</annotation>",
        "\x00",
    ],
)
def test_a_file_that_is_none_is_left_behind(tmp_path: Path, text: str) -> None:
    """And the others are carried."""
    file(tmp_path, f"<object><name>car</name>{BOX}</object>")
    (tmp_path / "two.xml").write_text(text)
    found = voc(tmp_path)
    assert [(each.code, each.origin) for each in found.found[1:]] == [("member-unread", "two.xml")]
    assert len(found.entries) == 1


def test_a_folder_without_such_files_stops(tmp_path: Path) -> None:
    """There is nothing that could be read."""
    with pytest.raises(SourceUnreadable, match="no XML file"):
        voc(tmp_path)


def test_what_fiftyone_says_of_an_object_is_an_attribute(tmp_path: Path) -> None:
    """It has an element for each, with Python's words for what is so and what is not."""
    said = "<speed>1.5</speed><truncated>False</truncated><difficult>True</difficult><none></none><color>red</color>"
    (entry,) = voc(file(tmp_path, f"<object><name>car</name>{said}{BOX}</object>")).entries
    expected = {"difficult": ["true"], "speed": ["1.5"], "color": ["red"]}
    assert entry["labels"]["car"][0]["classifications"] == expected


def test_each_outline_of_an_object_is_carried(tmp_path: Path) -> None:
    """As parts of one; what else an object holds twice, or below an element of its own, is named."""
    corners = "<x1>20</x1><y1>{0}</y1><x2>80</x2><y2>{0}</y2><x3>80</x3><y3>{1}</y3>"
    outlines = "".join(f"<polygon>{corners.format(*each)}</polygon>" for each in ((10, 20), (40, 50)))
    beside = "<point><x>1</x><y>1</y></point>"
    found = voc(file(tmp_path, f"<object><name>car</name>{BOX}{BOX}{outlines}{beside}</object>"))
    assert drawn(found.entries[0]) == {
        "car": [[(20, 10), (80, 10), (80, 20)], [(20, 40), (80, 40), (80, 50)]]
    }
    assert [each.found for each in found.found if each.code == "remark-left-out"] == ["point, another bndbox"]


def test_a_size_of_too_many_digits_is_none(tmp_path: Path) -> None:
    """The picture is asked in its place, if there is one."""
    path = file(tmp_path, f"<object><name>car</name>{BOX}</object>")
    path.write_text(path.read_text().replace("<width>200<", f"<width>2{'0' * 5000}<"))
    assert voc(path).codes() == ["origin-chosen"]
