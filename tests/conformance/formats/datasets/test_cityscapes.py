"""Cityscapes' polygons become what a person sees in its label tool; see `vectors/formats/cityscapes/ORIGIN.md`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.table import recognised
from bulk_importer.sources.members import open_members
from support.formats.converted import Converted, converted
from support.formats.drawn import drawn
from support.places import VECTORS

FILES = VECTORS / "formats" / "cityscapes"
NAME = "ulm_000000_000019"
CAR = {"label": "car", "polygon": [[20, 10], [80, 10], [80, 50]]}


def cityscapes(path: Path, **choices: Any) -> Converted:
    """What becomes of a folder or a file."""
    return converted(path, "cityscapes", Choices(**choices))


def folder(place: Path, *objects: Any, kind: str = "gtFine", **more: Any) -> Path:
    """A dataset of one picture."""
    path = place / kind / "ulm" / f"{NAME}_{kind}_polygons.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"imgHeight": 100, "imgWidth": 200, "objects": objects, **more}))
    return place


@pytest.mark.parametrize("form", ["tool", "published"])
def test_a_folder_is_recognised_and_its_account_closes(form: str) -> None:
    """In the form of the tool, and in that of the dataset; a single file of it, too."""
    for path in (FILES / form, next((FILES / form).rglob("*.json"))):
        found = recognised(open_members(path))
        assert found is not None
        assert found.name == "cityscapes"
        books = cityscapes(path).books
        assert books.carried == books.read


def test_what_the_label_tool_writes_arrives() -> None:
    """A group is a class of its own; what was deleted is no label, and is said, as is that somebody is named."""
    found = cityscapes(FILES / "tool")
    first, empty = found.entries
    assert first["external_media_ID"] == "leftImg8bit/train/zürich/zürich_000000_000019_leftImg8bit"
    assert drawn(first) == {
        "road": [[(0, 60), (199, 60.25), (199, 99), (0, 99)]],
        "car": [[(20.5, 50), (80, 50), (80, 90), (20.5, 90)]],
        "cargroup": [[(100, 50), (160, 50), (130, 80)]],
        "Straßenschild": [[(10, 10), (15, 10), (12, 20)]],
    }
    assert "labels" not in empty
    place = "gtFine/train/zürich/zürich_000000_000019_gtFine_polygons.json"
    assert [(each.code, each.label, each.origin, each.found) for each in found.found] == [
        ("remark-left-out", "person", f"{place}, object 4", "a deleted one"),
        ("remark-left-out", "", place, "who drew the objects, and when"),
    ]


def test_what_is_published_arrives() -> None:
    """With classes and outlines alone."""
    (entry,) = cityscapes(FILES / "published").entries
    assert drawn(entry) == {
        "road": [[(0, 60), (199, 60.25), (199, 99), (0, 99)]],
        "car": [[(20.5, 50), (80, 50), (80, 90), (20.5, 90)]],
    }


def test_a_picture_in_the_source_has_its_name(tmp_path: Path) -> None:
    """And ids in PNG beside the polygons, which are made of them, are no pictures."""
    folder(tmp_path, CAR)
    picture = tmp_path / "leftImg8bit" / f"{NAME}_leftImg8bit.png"
    picture.parent.mkdir()
    picture.touch()
    (tmp_path / "gtFine" / "ulm" / f"{NAME}_gtFine_labelIds.png").touch()
    found = cityscapes(tmp_path)
    assert [each["external_media_ID"] for each in found.entries] == [f"leftImg8bit/{NAME}_leftImg8bit.png"]
    assert found.codes() == []


def test_fine_and_coarse_outlines_of_one_picture_are_asked_about(tmp_path: Path) -> None:
    """Both would be its objects twice; the way out is said, and works."""
    folder(folder(tmp_path, CAR), CAR, kind="gtCoarse")
    with pytest.raises(ChoiceNeeded, match="gtFine or gtCoarse"):
        cityscapes(tmp_path)
    assert len(cityscapes(tmp_path / "gtCoarse").entries) == 1


def test_other_files_of_the_dataset_are_said(tmp_path: Path) -> None:
    """Those with other labels as what they are."""
    folder(tmp_path, CAR)
    for name in (f"{NAME}_gtBbox3d.json", f"{NAME}_camera.json", "README"):
        (tmp_path / name).write_text("{}")
    assert [(each.code, each.origin) for each in cityscapes(tmp_path).found] == [
        ("member-passed-over", "README"),
        ("member-passed-over", f"{NAME}_camera.json"),
        ("shape-unknown", f"{NAME}_gtBbox3d.json"),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (3, "annotation-broken"),
        ({"polygon": CAR["polygon"]}, "annotation-broken"),
        ({**CAR, "label": 3}, "annotation-broken"),
        ({"label": "car", "bbox": [1, 2, 3, 4]}, "shape-unknown"),
        ({**CAR, "polygon": None}, "shape-broken"),
        ({**CAR, "polygon": []}, "shape-broken"),
        ({**CAR, "polygon": [[1, 2], [3, 4]]}, "shape-broken"),
        ({**CAR, "polygon": [[1, 2], [3, 4], [5]]}, "shape-broken"),
        ({**CAR, "polygon": [[1, 2], [3, 4], [5, "6"]]}, "shape-broken"),
        ({**CAR, "polygon": [[1, 2], [30, 40], [5, 600]]}, "shape-outside"),
    ],
)
def test_a_broken_object_costs_one_object(tmp_path: Path, row: Any, code: str) -> None:
    """The file and the object are said, and the rest is carried."""
    found = cityscapes(folder(tmp_path, row, CAR))
    place = f"gtFine/ulm/{NAME}_gtFine_polygons.json, object 0"
    assert [(each.code, each.origin, each.objects) for each in found.found] == [(code, place, 1)]
    assert drawn(found.entries[0]) == {"car": [[(20, 10), (80, 10), (80, 50)]]}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"objects": {}}', '{"objects": [', "\x00", "[" * 100_000])
def test_a_file_that_is_none_is_left_behind(tmp_path: Path, text: str) -> None:
    """And the others are carried."""
    folder(tmp_path, CAR)
    (tmp_path / "bad_gtFine_polygons.json").write_text(text)
    found = cityscapes(tmp_path)
    assert [(each.code, each.origin) for each in found.found] == [
        ("member-unread", "bad_gtFine_polygons.json")
    ]
    assert len(found.entries) == 1


def test_a_size_that_is_none_is_not_taken(tmp_path: Path) -> None:
    """The picture is asked in its place, if there is one."""
    found = cityscapes(folder(tmp_path, {**CAR, "polygon": [[1, 2], [30, 40], [5, 600]]}, imgWidth="200"))
    assert found.codes() == []


def test_a_folder_without_such_files_stops(tmp_path: Path) -> None:
    """As one with ids in PNG alone, which Datumaro writes."""
    (tmp_path / f"{NAME}_gtFine_labelIds.png").touch()
    with pytest.raises(SourceUnreadable, match="ids in PNG are not read"):
        cityscapes(tmp_path)
