"""CVAT for images 1.1 becomes what a person sees in CVAT; see `vectors/formats/cvat/ORIGIN.md`."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices, Holes
from bulk_importer.formats.table import recognised
from bulk_importer.formats.xml_rows import element_of
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

FILE = VECTORS / "formats" / "cvat" / "annotations.xml"
BOX = '<box label="car" xtl="20" ytl="10" xbr="80" ybr="50"/>'


def cvat(path: Path, **choices: Any) -> Converted:
    """What becomes of a file or an archive."""
    return converted(path, "cvat", Choices(**choices))


def images(place: Path, *objects: str, image: str = 'id="3" name="a.png" width="200" height="100"') -> Path:
    """A file of one image."""
    path = place / "annotations.xml"
    path.write_text(
        f"<annotations><version>1.1</version><image {image}>{''.join(objects)}</image></annotations>"
    )
    return path


def test_a_file_is_recognised_and_its_account_closes() -> None:
    """The ring and the cuboid are left behind; joints and lights are objects."""
    form = recognised(open_members(FILE))
    assert form is not None
    assert form.name == "cvat"
    books = cvat(FILE).books
    assert books.left_behind == {"road": 1, "car": 1}
    assert books.carried == {
        "car": 4,
        "Straße": 1,
        "lane": 1,
        "light": 2,
        "person.nose": 1,
        "person.eye": 1,
    }


def test_each_shape_arrives_where_it_is_drawn() -> None:
    """With the numbers of the file, and a box turned about its centre."""
    first, empty, second = cvat(FILE, holes=Holes.CUT).entries
    shapes = drawn(first)
    box, ellipse, polygon = shapes["car"]
    assert (box, polygon) == ((20.1, 10, 60.2, 40), [(10, 10), (180, 15.5), (100, 80)])
    assert pixels(ellipse) == pytest.approx(3.14159 * 20 * 10, rel=0.01)
    assert shapes["Straße"][0] == [pytest.approx(each) for each in [(95, 5), (95, 65), (65, 65), (65, 5)]]
    assert shapes["lane"] == [[(0, 99.9), (200, 0)]]
    assert shapes["light"] == [(5.25, 6.75), (7, 8)]
    assert [pixels(each) for each in shapes["road"]] == [8]
    assert (shapes["nose"], shapes["eye"]) == ([(40, 30)], [(60, 35)])
    assert "ear" not in shapes
    assert "labels" not in empty
    assert drawn(second) == {"car": [(0, 0, 200, 100)]}
    assert [each["external_media_ID"] for each in (first, empty, second)] == [
        "day1/Grün.png",
        "empty.png",
        "day1/Grün.png",
    ]


def test_attributes_and_tags_become_classifications() -> None:
    """What is not occluded is not said to be."""
    first = cvat(FILE).entries[0]
    assert first["labels"]["car"][0]["classifications"] == {"colour": ["red"], "parked": ["false"]}
    assert first["labels"]["Straße"][0]["classifications"] == {"occluded": ["true"]}
    assert first["global_classifications"] == {"place": ["town"]}


def test_what_has_no_place_is_said() -> None:
    """The group and the order of drawing, a hidden joint, the hundredth of a pixel, tags without a classification.

    And that the picture is there twice.
    """
    found = cvat(FILE)
    assert sorted(found.codes()) == [
        "picture-twice",
        "remark-left-out",
        "remark-left-out",
        "shape-clipped",
        "shape-hole",
        "shape-unknown",
        "tag-unmapped",
        "tag-unmapped",
    ]
    remark = next(each for each in found.found if each.code == "remark-left-out")
    assert (remark.origin, remark.found) == ("image 0, box 1", "group_id 3, z_order 2")


def test_the_zip_is_read_as_it_is_downloaded(tmp_path: Path) -> None:
    """With its pictures beside the file; the places name the member."""
    path = tmp_path / "task.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(FILE, "annotations.xml")
        archive.writestr("images/empty.png", b"")
    form = recognised(open_members(path))
    assert form is not None
    assert form.name == "cvat"
    found = cvat(path)
    assert list(map(drawn, found.entries)) == list(map(drawn, cvat(FILE).entries))
    assert found.found[0].origin.startswith("annotations.xml, image 0, ")


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ('<box label="car" xtl="x" ytl="1" xbr="2" ybr="2"/>', "shape-broken"),
        ('<box label="car" ytl="1" xbr="2" ybr="2"/>', "shape-broken"),
        ('<box label="car" xtl="nan" ytl="1" xbr="2" ybr="2"/>', "shape-broken"),
        ('<box label="car" xtl="5" ytl="1" xbr="2" ybr="2"/>', "shape-no-size"),
        ('<box label="car" xtl="5" ytl="1" xbr="900" ybr="2"/>', "shape-outside"),
        ('<box xtl="1" ytl="1" xbr="2" ybr="2"/>', "annotation-broken"),
        ('<polygon label="car"/>', "shape-broken"),
        ('<polygon label="car" points="1,2;3"/>', "shape-broken"),
        ('<polygon label="car" points="1,2;3,4"/>', "shape-broken"),
        ('<mask label="car" rle="1, 2" left="0" top="0" width="2" height="2"/>', "mask-broken"),
        ('<mask label="car" rle="x" left="0" top="0" width="2" height="2"/>', "mask-broken"),
        ('<mask label="car" rle="0, 4" left="-1" top="0" width="2" height="2"/>', "mask-broken"),
        ('<skeleton label="car"/>', "shape-broken"),
        ('<skeleton label="car"><points label="nose" points="1,2;3,4"/></skeleton>', "shape-broken"),
        ('<blob label="car"/>', "shape-unknown"),
    ],
)
def test_a_broken_object_costs_one_object(tmp_path: Path, broken: str, code: str) -> None:
    """The image and the element are said, and the rest is carried."""
    found = cvat(images(tmp_path, broken, BOX))
    assert found.codes() == [code]
    assert found.found[0].origin == f"image 3, {broken[1:].split(maxsplit=1)[0].split('/', maxsplit=1)[0]} 0"
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_an_image_without_a_name_is_left_behind(tmp_path: Path) -> None:
    """With each of its objects."""
    assert cvat(images(tmp_path, BOX, BOX, image='id="3"')).codes() == ["annotation-broken"] * 2


def test_tracks_are_left_behind_or_stop(tmp_path: Path) -> None:
    """A video has to be exported in the other form."""
    path = tmp_path / "annotations.xml"
    track = '<track id="0" label="car"><box frame="0"/></track>'
    path.write_text(f"<annotations><version>1.1</version>{track}</annotations>")
    with pytest.raises(SourceUnreadable, match="Export the task as CVAT for images"):
        cvat(path)
    path.write_text(f'<annotations><version>1.1</version>{track}<image id="0" name="a.png"/></annotations>')
    assert [(each.code, each.origin) for each in cvat(path).found] == [("shape-unknown", "track 0")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<annotations><version>1.1</version><image id='0' name='a.png'><box", "not XML"),
        ("<annotations><version>1.1</version><image></annotations>", "not XML"),
        (
            "<?xml version='1.0' encoding='none-such'?><annotations><version>1.1</version></annotations>",
            "not XML",
        ),
        ("<!DOCTYPE annotations><annotations><version>1.1</version></annotations>", "DOCTYPE"),
        ("<annotations><version>1.1</version>" + "<a>" * 100, "nested deeper"),
        ("<annotations><version>1.1</version><image>&name;</image></annotations>", "not XML"),
    ],
)
def test_what_is_no_file_of_cvat_stops(tmp_path: Path, text: str, reason: str) -> None:
    """With the file and what is wrong."""
    path = tmp_path / "annotations.xml"
    path.write_text(text)
    with pytest.raises(
        SourceUnreadable, match=rf"annotations\.xml cannot be read.*{reason}|no annotations\.xml"
    ):
        cvat(path)


def test_a_doctype_is_refused_before_its_entities() -> None:
    """Whatever they say, none of them is looked at."""
    text = b'<!DOCTYPE a [<!ENTITY e "text">]><a>&e;</a>'
    with pytest.raises(SourceUnreadable, match="it has a DOCTYPE"):
        element_of(text, "a.xml")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_a_file_that_was_damaged_stops_or_is_read(tmp_path_factory: Any, noise: bytes, at: int) -> None:
    """At any place, with any bytes."""
    content = FILE.read_bytes()
    path = tmp_path_factory.mktemp("damaged") / "annotations.xml"
    path.write_bytes(content[: at * 10] + noise + content[at * 10 + len(noise) :])
    try:
        books = cvat(path).books
    except SourceUnreadable:
        return
    assert sum(books.read.values()) == sum(books.carried.values()) + sum(books.left_behind.values())


def test_a_size_of_too_many_digits_is_none(tmp_path: Path) -> None:
    """The object is carried, as where nothing says how large its picture is."""
    found = cvat(images(tmp_path, BOX, image=f'id="3" name="a.png" width="2{"0" * 5000}" height="100"'))
    assert (found.codes(), drawn(found.entries[0])) == ([], {"car": [(20, 10, 60, 40)]})
