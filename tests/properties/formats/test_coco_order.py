"""Whatever the order of a COCO file, the entries are those of its pictures, in the order of `images`."""

from __future__ import annotations

import io
import json
import pickle
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.documents.coco import grouping
from bulk_importer.formats.documents.coco.text import parts, sections, window
from bulk_importer.sources.members import open_members
from support.formats.converted import converted

IDS = st.one_of(st.integers(-(2**40), 2**40), st.text(max_size=3))
NAMES = st.text('"\\{},:[]ä ', min_size=1, max_size=6)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Pictures with boxes in any order, some of no picture; texts full of what JSON is made of."""
    ids = draw(st.lists(IDS, min_size=1, max_size=8, unique=True))
    owners = draw(st.lists(st.sampled_from([*ids, "nobody"]), max_size=30))
    if draw(st.booleans()):
        owners.sort(key=lambda each: ids.index(each) if each in ids else -1)
    parts = {
        "images": [{"id": each, "file_name": f"{at}.jpg"} for at, each in enumerate(ids)],
        "annotations": [
            {"id": at, "image_id": each, "category_id": 1, "bbox": [at, 0, 1, 1], "note": draw(NAMES)}
            for at, each in enumerate(owners)
        ],
        "categories": [{"id": 1, "name": "car"}],
        draw(NAMES): draw(st.recursive(NAMES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner))),
    }
    keys = draw(st.permutations(list(parts)))
    return {key: parts[key] for key in keys}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches, blocks and ranges of a few bytes, so that small files have many."""
    monkeypatch.setattr(window, "STRETCH_BYTES", 64)
    monkeypatch.setattr(sections, "STRETCH_BYTES", 150)
    monkeypatch.setattr(parts, "PART_BYTES", 120)
    monkeypatch.setattr(grouping, "MOST_PICTURES", 3)
    monkeypatch.setattr(grouping, "_BUFFER_BYTES", 200)
    monkeypatch.setattr(grouping, "_MOST_BYTES", 250)
    monkeypatch.setattr(grouping, "_TOGETHER_BYTES", 100)
    monkeypatch.setattr(grouping, "_RANGES", 3)
    monkeypatch.setattr(grouping, "_RANGE_BYTES", 64)


@pytest.mark.usefixtures("small")
@given(document=documents(), indent=st.sampled_from([None, 0, 2]))
def test_entries_are_those_of_the_pictures_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any], indent: int | None
) -> None:
    """Each with its annotations in the order in which they stand; those of no picture are left behind."""
    path = tmp_path_factory.getbasetemp() / "coco.json"
    path.write_text(json.dumps(document, indent=indent, ensure_ascii=False), encoding="utf-8")
    found = converted(path, "coco")
    rows = document["annotations"]
    assert [
        (entry["external_media_ID"], [each["rectangle"][0]["x"] for each in _cars(entry)])
        for entry in found.entries
    ] == [
        (image["file_name"], [row["id"] for row in rows if row["image_id"] == image["id"]])
        for image in document["images"]
    ]
    assert found.codes().count("picture-unknown") == sum(row["image_id"] == "nobody" for row in rows)


@pytest.mark.usefixtures("small")
@given(document=documents(), indent=st.sampled_from([None, 0, 2]), cut=st.none() | st.integers(1, 2000))
def test_looking_in_parts_finds_what_looking_at_all_finds(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any], indent: int | None, cut: int | None
) -> None:
    """The same entries, findings and books, or the same error: also where a part was cut wrong, or the file ends.

    What was needed to put them into order is closed.
    """
    path = tmp_path_factory.getbasetemp() / "parts.json"
    text = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    path.write_bytes(text[:cut])
    members = open_members(path)

    def spread(function: Callable[[Any, Any], Any], arguments: Iterable[Any]) -> Iterator[Any]:
        for argument in arguments:
            yield pickle.loads(pickle.dumps(function(members, argument)))

    scratch: list[io.BytesIO] = []

    def room(_: int) -> io.BytesIO:
        scratch.append(io.BytesIO())
        return scratch[-1]

    assert _result(path, Choices(spread=spread, scratch=room)) == _result(path, Choices())
    assert all(each.closed for each in scratch)


def _result(path: Path, choices: Choices) -> object:
    try:
        return converted(path, "coco", choices)
    except SourceUnreadable as error:
        return str(error)


def _cars(entry: dict[str, Any]) -> list[Any]:
    cars: list[Any] = entry.get("labels", {}).get("car", [])
    return cars


def test_a_scratch_file_is_asked_for_only_where_it_is_needed(tmp_path: Path) -> None:
    """Of about the size of the annotations, and closed at the end."""
    asked: list[io.BytesIO] = []
    sizes: list[int] = []

    def scratch(expected: int) -> io.BytesIO:
        sizes.append(expected)
        asked.append(io.BytesIO())
        return asked[-1]

    rows = [{"id": at, "image_id": at // 4, "category_id": 1, "bbox": [1, 1, 1, 1]} for at in range(40)]
    images = [{"id": at, "file_name": f"{at}.jpg"} for at in range(10)]
    document = {"annotations": rows, "images": images, "categories": [{"id": 1, "name": "car"}]}
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(document))
    converted(path, "coco", Choices(scratch=scratch))
    assert not asked
    random.Random(1).shuffle(rows)
    path.write_text(json.dumps(document))
    converted(path, "coco", Choices(scratch=scratch))
    assert [each.closed for each in asked] == [True]
    assert 1000 < sizes[0] < path.stat().st_size
