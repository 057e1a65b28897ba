"""LabelMe's JSON becomes what a person sees in it; see `vectors/formats/labelme/ORIGIN.md`."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices, Holes
from bulk_importer.formats.model import Size
from bulk_importer.formats.shapes.png import mask_of_png
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn, pixels
from support.places import VECTORS

FILES = VECTORS / "formats" / "labelme"
BOX = {"label": "car", "shape_type": "rectangle", "points": [[20, 10], [80, 50]]}


def labelme(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "labelme", Choices(**choices))


def file(place: Path, *shapes: Any, **more: Any) -> Path:
    """A file of one picture."""
    row: dict[str, Any] = {"version": "6.3.1", "flags": {}, "shapes": shapes, "imagePath": "one.png"}
    path = place / "one.json"
    path.write_text(json.dumps({**row, "imageHeight": 100, "imageWidth": 200, **more}))
    return path


def png(
    width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0, interlace: int = 0
) -> bytes:
    """An image by its filtered rows."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def masked(content: bytes, points: Any = None) -> dict[str, Any]:
    """A shape with a mask."""
    corners = points or [[0, 0], [1, 0]]
    text = base64.b64encode(content).decode()
    return {"label": "car", "shape_type": "mask", "points": corners, "mask": text}


def test_a_folder_is_recognised_and_its_account_closes() -> None:
    """Left behind are the polygon of two points and the mask with its hole."""
    form = recognised(open_members(FILES / "labelme"))
    assert form is not None
    assert form.name == "labelme"
    books = labelme(FILES / "labelme").books
    assert books.left_behind == {"car": 1, "road": 1}
    assert books.carried == {"car": 2, "Straße": 1, "wheel": 1, "lane": 2, "light": 3}


def test_each_shape_arrives_where_it_is_drawn() -> None:
    """With the picture where its file says that it is."""
    first, empty = labelme(FILES / "labelme", holes=Holes.CUT).entries
    shapes = drawn(first)
    assert shapes["car"] == [(20.25, 10, 60.25, 40), [(10, 10), (180, 15.5), (100, 80)]]
    assert shapes["Straße"] == [[(95, 5), (95, 65), (65, 65), (65, 5)]]
    assert pixels(shapes["wheel"][0]) == pytest.approx(314.159, rel=0.01)
    assert shapes["lane"] == [[(0, 99), (200, 0)], [(0, 0), (10, 10), (20, 0)]]
    assert shapes["light"] == [(5.25, 6.75), (7, 8), (9, 10)]
    (road,) = shapes["road"]
    assert pixels(road) == 500
    assert (min(road), max(road)) == ((50, 20), (80, 40))
    assert [each["external_media_ID"] for each in (first, empty)] == ["Grün.png", "images/empty.png"]
    assert "labels" not in empty


def test_what_is_said_of_shapes_and_of_the_picture_arrives() -> None:
    """Flags that are set, and descriptions; a group is a remark."""
    found = labelme(FILES / "labelme")
    parked, red = found.entries[0]["labels"]["car"]
    assert parked["classifications"] == {"parked": ["true"]}
    assert red["classifications"] == {"description": ["a red one"]}
    assert [each.label for each in found.found if each.code == "tag-unmapped"] == ["sunny"]
    assert [each.found for each in found.found if each.code == "remark-left-out"] == ["group 3"]


def test_the_xml_of_the_older_tool_is_named_for_what_it_is() -> None:
    """CVAT and Datumaro call it LabelMe."""
    form = recognised(open_members(FILES / "cvat"))
    assert form is not None
    with pytest.raises(
        SourceUnreadable, match=r"the XML of an older tool, which CVAT.*Export it as CVAT for images"
    ):
        labelme(FILES / "cvat")


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (3, "annotation-broken"),
        ({"points": [[1, 2]]}, "annotation-broken"),
        ({**BOX, "label": ""}, "annotation-broken"),
        ({**BOX, "points": []}, "shape-broken"),
        ({**BOX, "points": None}, "shape-broken"),
        ({**BOX, "points": [[1, 2], [3]]}, "shape-broken"),
        ({**BOX, "points": [[1, 2], [3, "4"]]}, "shape-broken"),
        ({**BOX, "points": [[1, 2], [3, True]]}, "shape-broken"),
        ({**BOX, "points": [[1, 2], [3, 10**400]]}, "shape-broken"),
        ({**BOX, "points": [[1, 2]]}, "shape-broken"),
        ({**BOX, "points": [[1, 2], [1, 3]]}, "shape-no-size"),
        ({**BOX, "points": [[1, 2], [900, 3]]}, "shape-outside"),
        ({**BOX, "shape_type": "cuboid"}, "shape-unknown"),
        ({**BOX, "shape_type": "mask"}, "mask-broken"),
        ({**BOX, "shape_type": "mask", "mask": "???"}, "mask-broken"),
        (masked(b"GIF89a"), "mask-broken"),
        (masked(png(2, 1, b"\x00\x01\x01")[:-30]), "mask-broken"),
        (masked(png(201, 1, bytes(202))), "mask-broken"),
        (masked(png(2, 1, b"\x00\x01\x01", interlace=1)), "mask-broken"),
        (masked(png(2, 1, b"\x07\x01\x01")), "mask-broken"),
        (masked(png(2, 1, b"\x00\x01\x01"), [[-5, 0], [1, 0]]), "mask-broken"),
        (masked(png(2, 1, b"\x00\x00\x00")), "shape-no-size"),
    ],
)
def test_a_broken_shape_costs_one_object(tmp_path: Path, shape: Any, code: str) -> None:
    """The file and the shape are said, and the rest is carried."""
    found = labelme(file(tmp_path, shape, BOX))
    assert [(each.code, each.origin) for each in found.found] == [(code, "one.json, shape 0")]
    assert drawn(found.entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_a_mask_that_is_not_as_large_as_its_box_is_said(tmp_path: Path) -> None:
    """Its first pixel is where the box begins."""
    found = labelme(file(tmp_path, masked(png(2, 1, b"\x00\x01\x01"), [[10, 20], [12, 20]])))
    assert found.codes() == ["shape-doubtful"]
    assert sorted(drawn(found.entries[0])["car"][0]) == [(10, 20), (10, 21), (12, 20), (12, 21)]


def test_a_mask_that_would_fill_the_memory_is_not_unpacked() -> None:
    """It is refused by its header."""
    with pytest.raises(ValueError, match="at most 200 x 100"):
        mask_of_png(png(1 << 30, 1 << 30, b""), 0, 0, Size(200, 100))


@pytest.mark.parametrize(
    ("depth", "colour", "line"),
    [
        (1, 0, b"\x40"),
        (2, 3, b"\x20"),
        (4, 0, b"\x01"),
        (8, 3, b"\x00\x05"),
        (8, 2, b"\x00\x00\x00\x00\x00\x09"),
        (8, 4, b"\xff\x00\x00\x01"),
        (8, 6, b"\xff\xff\xff\x00\x00\x00\x00\xff"),
        (16, 0, b"\x00\x00\x00\x01"),
    ],
)
def test_every_kind_of_png_has_its_pixels(depth: int, colour: int, line: bytes) -> None:
    """Of two pixels the second one is set: by its grey, palette, colours, or how opaque it is."""
    mask, size = mask_of_png(png(2, 1, b"\x00" + line, depth=depth, colour=colour), 3, 4, Size(2, 1))
    assert (mask.lines, size) == (((4, ((4, 5),)),), Size(2, 1))


def filtered(rows: list[bytes], kinds: list[int]) -> bytes:
    """Rows as the standard filters them: each byte less what its neighbours foretell."""
    out, above = b"", bytes(len(rows[0]))
    for kind, row in zip(kinds, rows, strict=True):
        line = bytearray()
        for at, byte in enumerate(row):
            a, b, c = (row[at - 1], above[at], above[at - 1]) if at else (0, above[at], 0)
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line.append((byte - (0, a, b, (a + b) // 2, near)[kind]) & 255)
        out += bytes([kind]) + bytes(line)
        above = row
    return out


@given(st.data(), st.integers(1, 9), st.integers(1, 5))
def test_every_filter_is_undone(data: st.DataObject, width: int, height: int) -> None:
    """The runs are those of the pixels that were written."""
    rows = data.draw(st.lists(st.binary(min_size=width, max_size=width), min_size=height, max_size=height))
    rows = [bytes(byte if byte % 3 else 0 for byte in row) for row in rows]
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    mask, _ = mask_of_png(png(width, height, filtered(rows, kinds)), 0, 0, Size(9, 9))
    found = {
        (line, place) for line, runs in mask.lines for start, stop in runs for place in range(start, stop)
    }
    assert found == {(y, x) for y, row in enumerate(rows) for x, byte in enumerate(row) if byte}


@given(st.binary(max_size=80), st.integers(0, 70))
def test_a_damaged_png_is_refused_or_read(noise: bytes, at: int) -> None:
    """At any place, with any bytes."""
    content = png(3, 2, b"\x00\x01\x00\x01\x02\x01\x01\x01")
    try:
        mask, _ = mask_of_png(content[:at] + noise + content[at + len(noise) :], 0, 0, Size(9, 9))
    except ValueError:
        return
    assert all(0 <= line < 9 for line, _ in mask.lines)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"shapes": 3}', '{"other": 1}', "\x00"])
def test_a_file_that_is_none_is_left_behind(tmp_path: Path, text: str) -> None:
    """And the others are carried."""
    file(tmp_path, BOX)
    (tmp_path / "two.json").write_text(text)
    found = labelme(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [("member-unread", "two.json")]
    assert len(found.entries) == 1


def test_a_file_without_a_picture_has_its_own_name(tmp_path: Path) -> None:
    """And its size is asked for elsewhere."""
    path = file(tmp_path, BOX, imagePath=None, imageWidth=None)
    assert labelme(path).entries[0]["external_media_ID"] == "one"


def test_a_picture_that_two_files_name_is_said(tmp_path: Path) -> None:
    """Each of them becomes an entry."""
    path = file(tmp_path, BOX)
    (tmp_path / "two.json").write_bytes(path.read_bytes())
    found = labelme(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [("picture-twice", "two.json")]
    assert len(found.entries) == 2


def test_a_folder_without_such_files_stops(tmp_path: Path) -> None:
    """There is nothing that could be read."""
    with pytest.raises(SourceUnreadable, match="no JSON file"):
        labelme(tmp_path)
