"""A folder is a place also where links are strange, and says so where it cannot be one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.errors import CheckpointUnusable


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    """One whose folder is not there yet."""
    return FolderPlace(tmp_path / "new" / "plan")


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
