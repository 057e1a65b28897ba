"""Entries may name their media by file name: the id is put in, and what a name cannot mean is found."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.naming import NamedRules, NamingJudge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.model import Segment
from support.reading import judged

NAMED = [
    ("a.jpg", "id-a"),
    ("b.jpg", "id-b"),
    ("twin.jpg", "id-1"),
    ("twin.jpg", "id-2"),
    ("same.jpg", "id-3"),
    ("same.jpg", "id-3"),
    (unicodedata.normalize("NFD", "käse.jpg"), "id-k"),
    (unicodedata.normalize("NFC", "größe.jpg"), "id-g"),
]


@pytest.fixture
def names(tmp_path: Path) -> NameIndex:
    """An index of a few names; `special` is said to be another media."""
    return NameIndex.write(tmp_path / "names", NAMED, [("in/a.jpg", "id-override")])


@pytest.mark.parametrize(
    ("name", "media_id"),
    [
        ("a.jpg", "id-a"),
        ("same.jpg", "id-3"),
        ("train/2020/b.jpg", "id-b"),
        ("C:\\images\\b.jpg", "id-b"),
        ("in/a.jpg", "id-override"),
        (unicodedata.normalize("NFC", "käse.jpg"), "id-k"),
        (unicodedata.normalize("NFD", "käse.jpg"), "id-k"),
        (unicodedata.normalize("NFD", "x/größe.jpg"), "id-g"),
        ("A.jpg", None),
        ("a.jpg/", None),
        ("", None),
    ],
)
def test_a_name_is_found_exactly_else_by_its_last_part_else_composed(
    names: NameIndex, name: str, media_id: str | None
) -> None:
    """In this order, and never without regard to case."""
    assert names.find(name) == media_id


def test_a_name_that_several_media_have_means_none(names: NameIndex) -> None:
    """Whatever folder it is said to be in."""
    for name in ("twin.jpg", "left/twin.jpg"):
        with pytest.raises(SeveralMedia):
            names.find(name)


def test_a_damaged_index_is_found_out(tmp_path: Path, names: NameIndex) -> None:
    """Any bit of it."""
    content = bytearray((tmp_path / "names").read_bytes())
    for at in (0, 9, 30, len(content) - 1):
        damaged = bytearray(content)
        damaged[at] ^= 1
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(CheckpointUnusable):
            NameIndex(tmp_path / "damaged")
    empty = NameIndex.write(tmp_path / "empty", [])
    assert (len(empty), empty.find("a.jpg")) == (0, None)


def judged_by_name(names: Path, *entries: Any) -> Segment:
    """What a judge by name makes of entries that stand in a segment at byte 1000, from position 7 on."""
    judge = NamingJudge(NamedRules.of(Rules(keep_warnings=True), str(names)))
    return judged(judge, *entries, joint=b" ,\n", first=7, offset=1000)


def test_the_id_is_put_in_front_and_nothing_else_is_changed(tmp_path: Path, names: NameIndex) -> None:
    """What is sent means what the entry says; one that has an id stays as it came."""
    entries: list[Any] = [
        {"external_media_ID": "a.jpg", "labels": {}},
        {"internal_media_ID": "own", "labels": {}},
        {"keepData": False, "external_media_ID": "x/b.jpg"},
    ]
    found = judged_by_name(tmp_path / "names", *entries)
    sent = [json.loads(found.run.raw(at)) for at in range(3)]
    assert sent == [
        {"internal_media_ID": "id-a", **entries[0]},
        entries[1],
        {"internal_media_ID": "id-b", **entries[2]},
    ]
    assert found.run.media_ids == ["id-a", "own", "id-b"]
    assert list(found.run.positions) == [7, 8, 9]
    assert not found.rejections


def test_what_a_name_cannot_mean_is_rejected_as_it_came(tmp_path: Path, names: NameIndex) -> None:
    """With the place in the source, one finding for the name, and what else is wrong."""
    entries: list[Any] = [
        {"external_media_ID": "a.jpg"},
        {"external_media_ID": "nobody.jpg"},
        {"external_media_ID": "twin.jpg", "labels": {"x": [{"point": [{"x": -1, "y": 2}]}]}},
        {"external_media_ID": "a.jpg", "internal_media_ID": "id-b"},
        {"labels": {}},
        b'{"external_media_ID": "a.jpg", "labels": {]}',
        {"external_media_ID": "twin.jpg", "internal_media_ID": "ID-1 "},
        {"external_media_ID": 5, "internal_media_ID": "own"},
    ]
    found = judged_by_name(tmp_path / "names", *entries)
    codes = {each.position: [finding.code for finding in each.findings] for each in found.rejections}
    assert codes == {
        8: ["media-name-unknown"],
        9: ["media-name-ambiguous", "schema-coordinate"],
        10: ["media-name-contradicts"],
        11: ["media-id-missing"],
        12: ["not-json"],
    }
    assert found.run.media_ids == ["id-a", "ID-1 ", "own"]
    assert found.counts["media-name-unknown"] == found.counts["media-id-missing"] == 1
    raws = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in entries]
    for each in found.rejections:
        before = raws[: each.position - 7]
        assert each.offset == 1000 + sum(map(len, before)) + 3 * len(before)
        assert all(finding.offset == each.offset for finding in each.findings)
        assert each.raw == raws[len(before)]


def test_without_names_in_the_entries_the_judgement_is_the_ordinary_one(
    tmp_path: Path, names: NameIndex
) -> None:
    """And the bytes are those of the segment."""
    entries = [{"internal_media_ID": "a"}, {"internal_media_ID": "b", "image_name": "x"}]
    found = judged_by_name(tmp_path / "names", *entries)
    assert found == judged(Judge(Rules(keep_warnings=True)), *entries, joint=b" ,\n", first=7, offset=1000)
