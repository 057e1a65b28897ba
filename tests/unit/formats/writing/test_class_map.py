"""Class maps: what a person writes, and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.formats.writing.class_map import ClassMap, read_class_map

TOML = """
[classes]
Pedestrian = "person"
background = false

[attributes]
occluded = "hidden"
"car.colour" = "paint"

[options.colour]
"Dark Red" = "red"

[keypoints]
left_eye = "eye"

[tags]
sunny = "weather=sunny"
"""
CSV = """kind,from,to
class,Pedestrian,person
class,background,
attribute,occluded,hidden
attribute,car.colour,paint
option of colour,Dark Red,red
keypoint,left_eye,eye
tag,sunny,weather=sunny
"""


def read(folder: Path, text: str, name: str = "map.toml") -> ClassMap:
    """What a file with this text says."""
    path = folder / name
    path.write_text(text)
    return read_class_map(path)


def test_toml_and_csv_say_the_same(tmp_path: Path) -> None:
    """A person writes what is at hand."""
    assert read(tmp_path, TOML) == read(tmp_path, CSV, "map.csv")


def test_names_that_are_not_in_the_map_mean_themselves(tmp_path: Path) -> None:
    """And those of one class come before those of all."""
    found = read(tmp_path, TOML)
    assert found.attribute("car", "colour") == "paint"
    assert found.attribute("bus", "colour") == "colour"
    assert found.option("colour", "Dark Red") == "red"
    assert found.option("colour", "blue") == "blue"
    assert found.classes["background"] is None


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("[classes", "map.toml", "no class map"),
        ("[clases]\na = 'b'", "map.toml", r"no table \[clases\]"),
        ("[classes]\na = 3", "map.toml", "a in \\[classes\\] must be a text"),
        ("classes = 3", "map.toml", r"\[classes\] is no table"),
        ("options = 3", "map.toml", "a table for each attribute"),
        ("a,b\n", "map.csv", "header row"),
        ("kind,from,to\nclas,a,b\n", "map.csv", "line 2: 'clas'"),
        ("kind,from,to\nclass,a\n", "map.csv", "2 columns"),
    ],
)
def test_what_is_no_class_map_is_said_with_the_place(tmp_path: Path, text: str, name: str, said: str) -> None:
    """And where to read how one is written."""
    with pytest.raises(UsageError, match=said):
        read(tmp_path, text, name)


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    """Like any other."""
    with pytest.raises(UsageError, match="cannot be read"):
        read_class_map(tmp_path / "none.toml")
