"""OpenImages' tables become what they say of a picture; see `vectors/formats/openimages/ORIGIN.md`."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.folders.openimages import sorting
from bulk_importer.formats.model import Size
from bulk_importer.formats.table import recognised
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn
from support.places import VECTORS

FILES = VECTORS / "formats" / "openimages"
BOXES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
LABELS = "ImageID,Source,LabelName,Confidence"
BOX = "one,xclick,car,1,0.1,0.4,0.1,0.5,0,0,0,0,0"
TAGS = ClassMap(tags={"sunny": "weather=sunny", "Car": "seen=car", "Bat (/m/01)": "seen=bat"})


def openimages(path: Path, **choices: Any) -> Converted:
    """What becomes of tables about pictures of 200 x 100."""
    chosen = Choices(**{"sizes": lambda _: Size(200, 100), **choices})
    return converted(path, "openimages", chosen, class_map=TAGS)


def tables(place: Path, *rows: str, header: str = BOXES, name: str = "train-annotations-bbox.csv") -> Path:
    """A folder with a table more."""
    (place / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return place


@pytest.mark.parametrize("name", ["datumaro", "cvat", "published"])
def test_a_folder_is_recognised_and_its_account_closes(name: str) -> None:
    """And a table alone; what is read is carried or left behind."""
    for path in (FILES / name, next((FILES / name).rglob("*-bbox.csv"))):
        form = recognised(open_members(path))
        assert form is not None
        assert form.name == "openimages"
        books = openimages(path).books
        assert sum(books.read.values()) == sum(books.carried.values()) + sum(books.left_behind.values())


@pytest.mark.parametrize("tool", ["datumaro", "cvat"])
def test_what_a_tool_writes_arrives(tool: str) -> None:
    """Boxes, flags that are set, labels of the picture; sizes stand beside the tables; the mask and a no are said."""
    found = openimages(FILES / tool, sizes=lambda _: None)
    green, two, empty = found.entries
    assert [each["external_media_ID"] for each in found.entries] == ["Grün", "day1/two", "empty"]
    assert drawn(green) == {
        "car": [pytest.approx((20.1, 10, 60.2, 40), rel=1e-7)],
        "Straße": [(100, 20.5, 10, 30)],
    }
    said = [each[0]["classifications"] for each in green["labels"].values()]
    assert said == [{"IsOccluded": ["true"], "IsGroupOf": ["true"]}, {"Confidence": ["0.87"]}]
    assert green["global_classifications"] == {"weather": ["sunny"]}
    assert drawn(two) == {"car": [(10, 5, 20, 10)]}
    assert "labels" not in empty
    assert [(each.code, each.label, each.objects) for each in found.found] == [
        ("member-passed-over", "", 0),
        ("shape-unknown", "", 1),
        ("remark-left-out", "car", 0),
        ("shape-outside", "Straße", 1),
    ]


def test_what_is_published_arrives() -> None:
    """With the names of its class ids; what several tables say of one picture is one entry."""
    found = openimages(FILES / "published")
    first, second, third, fourth = found.entries
    assert drawn(first) == {
        "Car": [(2.5, 14.8438, 36.5624, 43.9062)],
        "Person": [(5, 71.4063, 50.3126, 23.4375)],
    }
    said = first["labels"]["Person"][0]["classifications"]
    assert said == {flag: ["true"] for flag in ("IsOccluded", "IsGroupOf", "IsDepiction", "IsInside")}
    assert first["labels"]["Car"][0]["classifications"] == {"IsTruncated": ["true"]}
    assert first["global_classifications"] == {"seen": ["car"]}
    assert second["global_classifications"] == {"seen": ["bat"]}
    assert drawn(third) == {"Car": [(100, 0, 100, 25)]}
    assert "labels" not in fourth
    assert [(each.code, each.label, each.found) for each in found.found] == [
        ("remark-left-out", "Bat (/m/02)", "that it is not in the picture"),
        ("remark-left-out", "Person", "how sure a model was: 0.7"),
        ("shape-clipped", "Car", "0.1 pixels beyond the picture"),
        ("tag-unmapped", "Person", "Person"),
    ]


def test_a_table_alone_has_class_ids(tmp_path: Path) -> None:
    """As nothing says what they are called; and the picture may keep its ending."""
    name = "train-annotations-bbox.csv"
    tables(tmp_path, BOX.replace("one", "one.jpg").replace("car", "/m/0k4j"))
    (entry,) = openimages(tmp_path / name).entries
    assert entry["external_media_ID"] == "one.jpg"
    assert drawn(entry) == {"/m/0k4j": [(20, 10, 60, 40)]}
    assert entry["origin"]["labels"] == {"/m/0k4j": ["line 2"]}


@pytest.mark.parametrize("flags", ["-1,-1,-1,-1,-1", ",,,,", "0,0,0,0,0"])
def test_flags_that_nobody_set_say_nothing(tmp_path: Path, flags: str) -> None:
    """In whichever way they are empty."""
    found = openimages(tables(tmp_path, BOX.replace("0,0,0,0,0", flags)))
    assert "classifications" not in found.entries[0]["labels"]["car"][0]
    assert found.codes() == []


def test_columns_may_stand_in_any_order_and_some_may_lack(tmp_path: Path) -> None:
    """They are found by their names; a byte order mark is none."""
    tables(tmp_path, "0.1,0.4,0.1,0.5,car,one", header="\ufeffXMin,XMax,YMin,YMax,LabelName,ImageID")
    assert drawn(openimages(tmp_path).entries[0]) == {"car": [(20, 10, 60, 40)]}


def test_the_size_of_a_picture_is_needed(tmp_path: Path) -> None:
    """For each box a finding, and none for labels of the picture."""
    tables(tables(tmp_path, BOX), "one,verification,sunny,1", header=LABELS, name="labels.csv")
    found = openimages(tmp_path, sizes=lambda _: None)
    assert [(each.code, each.label) for each in found.found] == [("size-missing", "car")]
    assert found.entries[0]["global_classifications"] == {"weather": ["sunny"]}


@pytest.mark.parametrize(
    ("row", "code", "objects"),
    [
        ("one,xclick,car,1,0.1", "annotation-broken", 1),
        (BOX.replace("one", ""), "annotation-broken", 1),
        (BOX.replace("car", ""), "annotation-broken", 1),
        (BOX.replace("0.4", "x"), "shape-broken", 1),
        (BOX.replace("0.4", ""), "shape-broken", 1),
        (BOX.replace("0.4", "nan"), "shape-broken", 1),
        (BOX.replace(",1,", ",x,"), "shape-broken", 1),
        (BOX.replace("0.4", "0.1"), "shape-no-size", 1),
        (BOX.replace("0.4", "0.05"), "shape-no-size", 1),
        (BOX.replace("0.4", "1.4"), "shape-outside", 1),
        (BOX.replace("0,0,0,0,0", "0,0,0,0,yes"), "annotation-broken", 0),
    ],
)
def test_a_broken_row_costs_one_object(tmp_path: Path, row: str, code: str, objects: int) -> None:
    """The file and the line are said, and the rest is carried."""
    found = openimages(tables(tmp_path, row, BOX))
    assert [(each.code, each.objects) for each in found.found] == [(code, objects)]
    assert found.found[0].origin.removeprefix("image one, ") in {
        "line 2",
        "train-annotations-bbox.csv, line 2",
    }
    assert drawn(found.entries[-1])["car"][-1] == (20, 10, 60, 40)


def test_a_label_that_is_no_number_of_sureness_is_said(tmp_path: Path) -> None:
    """It is no object, and none is lost."""
    found = openimages(tables(tmp_path, "one,verification,car,x", "one,verification,,1", header=LABELS))
    assert [(each.code, each.objects) for each in found.found] == [
        ("shape-broken", 0),
        ("annotation-broken", 0),
    ]


@pytest.mark.parametrize("text", [b"", b"\x00", b"a,b\n1,2\n", b"LabelName,XMin\n", b"[]"])
def test_a_source_without_tables_stops(tmp_path: Path, text: bytes) -> None:
    """There is nothing that could be read."""
    (tmp_path / "one.csv").write_bytes(text)
    with pytest.raises(SourceUnreadable, match="no CSV file in it with the columns ImageID"):
        openimages(tmp_path)


@pytest.mark.parametrize(
    ("text", "place"), [(b"\xff\xfe\n", "one.csv"), (b'"' + b"x" * 200_000, "one.csv, line 3")]
)
def test_a_table_that_ends_being_one_stops(tmp_path: Path, text: bytes, place: str) -> None:
    """With its name, and the line: nothing behind can be told apart."""
    (tmp_path / "one.csv").write_bytes(f"{BOXES}\n{BOX}\n".encode() + text)
    with pytest.raises(SourceUnreadable, match=f"{place} cannot be read"):
        openimages(tmp_path)


def test_rows_that_do_not_fit_into_memory_come_out_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From several tables, in any order, by way of a scratch file that is closed at the end."""
    count = 200
    boxes = [f"{at * 7 % count:03},x,car,1,0.1,0.4,0.1,0.5,0,0,0,0,0" for at in range(count)]
    labels = [f"{at * 3 % count:03},x,sunny,1" for at in range(count)]
    tables(tables(tmp_path, *boxes), *labels, header=LABELS, name="labels.csv")
    whole = openimages(tmp_path).entries
    files: list[BinaryIO] = []

    def scratch(_: int) -> BinaryIO:
        files.append(BytesIO())
        return files[-1]

    monkeypatch.setattr(sorting, "RUN_BYTES", 5_000)
    assert openimages(tmp_path, scratch=scratch).entries == whole
    assert [each["external_media_ID"] for each in whole] == [f"{at:03}" for at in range(count)]
    assert all("labels" in each and "global_classifications" in each for each in whole)
    assert [file.closed for file in files] == [True]


def test_a_quote_that_does_not_end_costs_the_lines_that_it_takes_along(tmp_path: Path) -> None:
    """Each of them is an object that is left behind."""
    found = openimages(
        tables(tmp_path, BOX, f'"{BOX}', BOX.replace("one", "two"), BOX.replace("one", "three"))
    )
    assert found.books.carried == {"car": 1}
    assert sum(found.books.left_behind.values()) == 3
