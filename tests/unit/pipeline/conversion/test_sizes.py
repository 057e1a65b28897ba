"""How large a picture is: from the headers of pictures, then from a list of media."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.model import Size
from bulk_importer.pipeline.conversion.sizes import sizes_in
from bulk_importer.sources.members import OpenMembers, open_members
from support.formats.converted import converted
from support.formats.drawn import drawn

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR%b%b\x08\x02\0\0\0"
ROWS = "0 0.5 0.5 0.1 0.2\n"


def png(path: Path, width: int, height: int) -> None:
    """The beginning of a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PNG % (width.to_bytes(4, "big"), height.to_bytes(4, "big")))


@pytest.fixture
def members(tmp_path: Path) -> OpenMembers:
    """YOLO with rows for four pictures, and the first of them."""
    folder = tmp_path / "data"
    png(folder / "images" / "a.png", 10, 20)
    for name in ("a", "b", "c", "d"):
        (folder / "labels").mkdir(exist_ok=True)
        (folder / "labels" / f"{name}.txt").write_text(ROWS)
    (folder / "data.yaml").write_text("names: [car]\n")
    return open_members(folder)


def listed(tmp_path: Path, text: str) -> Path:
    """A list of media."""
    path = tmp_path / "media.csv"
    path.write_text(text)
    return path


def test_the_folder_comes_first_then_the_source_then_the_list(members: OpenMembers, tmp_path: Path) -> None:
    """And what none of them knows is not known."""
    png(tmp_path / "pictures" / "b.png", 30, 40)
    path = listed(tmp_path, "id,name,width,height\n1,a.png,1,1\n2,b.png,2,2\n3,cam/c.jpg,50,60\n4,d.png,,\n")
    size = sizes_in(members, tmp_path / "pictures", path)
    assert [size(f"images/{each}") for each in "abcd"] == [Size(10, 20), Size(30, 40), Size(50, 60), None]


def test_a_conversion_goes_by_the_list_and_finds_the_others_missing(
    members: OpenMembers, tmp_path: Path
) -> None:
    """A size that nobody knows is a finding, and no zero."""
    path = listed(tmp_path, "id,name,width,height\n2,b.png,100,50\n3,c.png,0,60\n")
    found = converted(Path(members.name), "yolo", Choices(sizes=sizes_in(members, None, path)))
    assert [drawn(each).get("car") for each in found.entries] == [
        *([(4.5, 8, 1, 4)], [(45, 20, 10, 10)], None, None)
    ]
    assert found.codes() == ["size-missing"] * 2


def test_names_of_several_media_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """Where their sizes differ; where they are the same nobody needs to know which is meant."""
    rows = ("1,x/a.png,1,2", "2,y/a.png,3,4", "3,x/b.png,5,6", "4,y/b.jpg,5,6", "5,z/a\u0308.png,7,8")
    path = listed(tmp_path, "\n".join(("id,name,width,height", *rows, "")))
    size = sizes_in(open_members(path), None, path)
    names = ("set/y/a", "set\\x\\a.jpg", "v/b", "z/\u00e4.png")
    assert [size(each) for each in names] == [Size(3, 4), Size(1, 2), Size(5, 6), Size(7, 8)]
    assert [size(each) for each in ("a", "w/a.png", "q")] == [None] * 3


def test_without_what_reads_headers_the_list_is_asked(
    members: OpenMembers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where there is none, it is said what to install, or to give."""
    monkeypatch.setitem(sys.modules, "imagesize", None)
    path = listed(tmp_path, '[{"id": "1", "name": "a.png", "width": 7, "height": 8}]')
    assert sizes_in(members, None, path)("images/a") == Size(7, 8)
    with pytest.raises(UsageError, match="pip install imagesize; or give them as width and height"):
        sizes_in(members, None, None)("images/a")


def test_a_list_that_cannot_be_read_is_named_when_it_is_needed(members: OpenMembers, tmp_path: Path) -> None:
    """With the row that is wrong."""
    size = sizes_in(members, None, listed(tmp_path, "id,name,width,height\n1,a.png,wide,2\n"))
    with pytest.raises(UsageError, match=r"media\.csv cannot be read, at its row 1: 'wide' is no number"):
        size("images/b")
