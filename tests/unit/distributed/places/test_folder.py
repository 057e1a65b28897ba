"""A folder is a place: names with whole bytes, made once or replaced, listed by what they begin with."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.errors import CheckpointUnusable


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    """One whose folder is not there yet."""
    return FolderPlace(tmp_path / "new" / "plan")


def test_what_is_not_there_is_nothing(place: FolderPlace) -> None:
    """A name below a file is not there either."""
    assert place.read("plan.json") is None
    place.create("plan.json", b"1")
    assert place.read("plan.json/below") is None
    assert place.names("nothing/") == []


def test_what_was_created_stays(place: FolderPlace) -> None:
    """A second one is told, and changes nothing."""
    assert place.create("work/1/lease", b"one")
    assert not place.create("work/1/lease", b"two")
    assert place.read("work/1/lease") == b"one"


def test_of_many_that_create_one_wins(place: FolderPlace) -> None:
    """What is there is what that one wrote."""
    start, won = threading.Barrier(8), list[int]()

    def create(number: int) -> None:
        start.wait()
        if place.create("lease", b"%d" % number):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [b"%d" % number for number in won] == [place.read("lease")]


def test_what_is_replaced_or_removed_is_gone(place: FolderPlace) -> None:
    """What was never there, too."""
    place.replace("beat", b"one")
    place.replace("beat", b"two")
    assert place.read("beat") == b"two"
    place.remove("beat")
    place.remove("beat")
    assert place.read("beat") is None


def test_names_are_listed_by_what_they_begin_with(place: FolderPlace) -> None:
    """At any depth, and nothing that is only on its way."""
    for name in ("b/2", "a/1", "a/11/x", "ab", "c"):
        place.create(name, b"")
    assert place.names("a/1") == ["a/1", "a/11/x"]
    assert place.names("a") == ["a/1", "a/11/x", "ab"]
    assert place.names("") == ["a/1", "a/11/x", "ab", "b/2", "c"]


def test_a_link_whose_answer_was_lost_counts(place: FolderPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of NFS tries it again, and finds the one that it made."""
    link = os.link

    def link_twice(*paths: Path) -> None:
        link(*paths)
        link(*paths)

    monkeypatch.setattr(os, "link", link_twice)
    assert place.create("lease", b"mine")
    assert not place.create("lease", b"other")


def test_a_file_system_without_links_is_named_as_the_reason(
    place: FolderPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some of those that show a bucket as a folder."""

    def refuse(*_: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(CheckpointUnusable, match="no hard links"):
        place.create("lease", b"")
    assert place.names("") == []


@pytest.mark.parametrize("call", ["read", "create", "replace", "remove", "names"])
def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path, call: str) -> None:
    """With the folder that the user named."""
    place = FolderPlace(tmp_path / "plan")
    (tmp_path / "plan").symlink_to("plan")
    content = (b"",) if call in ("create", "replace") else ()
    with pytest.raises(CheckpointUnusable, match=str(tmp_path / "plan")):
        getattr(place, call)("a/b", *content)
