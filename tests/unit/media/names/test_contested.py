"""Pictures of one file name: which of them may be sent to the media that their names mean, and which not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from bulk_importer.media.names import homonyms
from bulk_importer.media.names.contested import ContestedNames, find_contested
from bulk_importer.media.names.homonyms import HOMONYMS, HomonymWriter, homonyms_in
from bulk_importer.media.names.index import NameIndex


def write(folder: Path, names: Iterable[str]) -> None:
    """The names of a source."""
    writer = HomonymWriter(tempfile.TemporaryFile)
    for name in names:
        writer.add(name)
    writer.write(folder)
    writer.close()


def contested(
    folder: Path, pictures: Sequence[str], media: Sequence[str], given: Sequence[tuple[str, str]] = ()
) -> list[str]:
    """Those of some pictures that are, in a project of some media, each of which has its name as its id."""
    write(folder, pictures)
    names = NameIndex.write(folder / "names", [(name, name) for name in media], given, with_stems=True)
    if not find_contested(folder, names):
        return []
    found = ContestedNames(folder, names)
    return [name for name in pictures if name in found]


@pytest.mark.parametrize(
    ("pictures", "media", "expected"),
    [
        (["a/1.jpg", "b/1.jpg", "a/2.jpg"], ["1.jpg", "2.jpg"], ["a/1.jpg", "b/1.jpg"]),
        (["a/1.jpg", "b/1.jpg"], ["a/1.jpg", "b/1.jpg"], []),
        (["a/1.jpg", "b/1.jpg"], ["x/a/1.jpg", "x/b/1.jpg"], []),
        (["a/1.jpg", "b/1.jpg"], ["x/a/1.jpg"], ["b/1.jpg"]),
        (["1.jpg", "b/1.jpg"], ["1.jpg"], ["b/1.jpg"]),
        (["1.jpg", "a/1.jpg"], ["x/a/1.jpg"], ["1.jpg", "a/1.jpg"]),
        (["a/1.jpg", "a/1.jpg"], ["1.jpg"], []),
        (["a/1.jpg", "b/1.jpg"], [], []),
        (["a/1", "b/1.jpg"], ["1.jpg"], ["a/1", "b/1.jpg"]),
        (["a\\1.jpg", "b\\1.jpg"], ["1.jpg"], ["a\\1.jpg", "b\\1.jpg"]),
        (["1.jpg", "1.png"], ["1.jpg", "1.png"], []),
    ],
    ids=",".join,
)
def test_of_pictures_that_mean_one_media_only_the_one_that_it_is_named_like_may_be_sent(
    tmp_path: Path, pictures: list[str], media: list[str], expected: list[str]
) -> None:
    """Its own name tells best, then all of the picture's name as an end of it; what is there twice is one picture."""
    assert contested(tmp_path, pictures, media) == expected


def test_a_map_says_which_is_which_or_that_two_are_one(tmp_path: Path) -> None:
    """Whatever else has the name; what it does not say stays as it was."""
    pictures, media = ["a/1.jpg", "b/1.jpg", "c/1.jpg"], ["1.jpg", "other.jpg"]
    assert contested(tmp_path, pictures, media, [("a/1.jpg", "1.jpg"), ("b/1.jpg", "1.jpg")]) == ["c/1.jpg"]
    assert contested(tmp_path, pictures, media, [(each, "1.jpg") for each in pictures]) == []
    assert contested(tmp_path, pictures[:2], media, [("b/1.jpg", "other.jpg")]) == []


def test_rivals_are_named_and_no_others(tmp_path: Path) -> None:
    """Two at most, of those that mean the same media."""
    pictures = ["a/1.jpg", "b/1.jpg", "c/1.jpg", "far/1.jpg"]
    assert contested(tmp_path, pictures, ["1.jpg"], [("far/1.jpg", "elsewhere")]) == pictures[:3]
    found = ContestedNames(tmp_path, NameIndex(tmp_path / "names"))
    assert found.rivals("b/1.jpg", "1.jpg") == ["a/1.jpg", "c/1.jpg"]


def test_nothing_is_kept_of_a_source_whose_names_differ(tmp_path: Path) -> None:
    """Also where another one was there before it."""
    write(tmp_path, ["a/1.jpg", "b/1.jpg"])
    assert [list(group) for group in homonyms_in(tmp_path)] == [["a/1.jpg", "b/1.jpg"]]
    write(tmp_path, ["a/1.jpg", "a/2.jpg", "a/1.jpg"])
    assert not (tmp_path / HOMONYMS).exists()
    assert list(homonyms_in(tmp_path)) == []


def test_names_beyond_what_may_wait_in_memory_are_sorted_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come out the same, each group together."""
    names = [f"{folder}/{number}.jpg" for folder in ("a", "b\n", "ä") for number in range(200)]
    write(tmp_path, names)
    at_once = (tmp_path / HOMONYMS).read_bytes()
    monkeypatch.setattr(homonyms, "_MOST_WAITING", 1000)
    write(tmp_path, names)
    assert (tmp_path / HOMONYMS).read_bytes() == at_once
    assert {len(list(group)) for group in homonyms_in(tmp_path)} == {3}
