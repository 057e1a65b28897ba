"""The files of a source by name: a folder, an archive, a single file; what is wrong with one is said with its place."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from bulk_importer.errors import SourceUnreadable
from bulk_importer.sources import members as module
from bulk_importer.sources.members import open_members


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, one of them below another folder."""
    root = tmp_path / "set"
    (root / "labels").mkdir(parents=True)
    (root / "labels" / "b.txt").write_bytes(b"b" * 100)
    (root / "a.txt").write_bytes(b"a" * 10)
    return root


def packed(folder: Path, path: Path) -> Path:
    """The same in an archive, compressed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.rglob("*")):
            archive.write(each, each.relative_to(folder))
    return path


def test_a_folder_and_an_archive_of_it_have_the_same_files(folder: Path, tmp_path: Path) -> None:
    """By the same names, ascending; folders are none."""
    for source in (folder, packed(folder, tmp_path / "set.zip")):
        members = open_members(source)
        assert members.paths == ("a.txt", "labels/b.txt")
        assert members.size == 110
        assert members.read("labels/b.txt") == b"b" * 100
        with members.open("a.txt") as file:
            assert file.read(4) == b"aaaa"
        assert members.head("a.txt") == b"a" * 10
        assert members.taken >= 110
        members.close()


def test_a_single_file_is_a_source_of_one(folder: Path) -> None:
    """By its name alone."""
    members = open_members(folder / "labels" / "b.txt")
    assert (members.paths, members.size) == (("b.txt",), 100)
    assert members.read("b.txt") == b"b" * 100


def test_links_to_folders_are_not_followed(folder: Path) -> None:
    """A folder that links to itself has an end."""
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert open_members(folder).paths == ("a.txt", "labels/b.txt")


def test_a_link_in_an_archive_is_no_file(tmp_path: Path) -> None:
    """It names a place outside of it, which nobody asked to be read."""
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(link, "a.txt")
        archive.writestr("a.txt", "a")
    assert open_members(tmp_path / "set.zip").paths == ("a.txt",)


def test_a_name_in_an_archive_is_no_place_on_the_disk(tmp_path: Path) -> None:
    """Nothing is unpacked, whatever it says."""
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("../outside.txt", "a")
    members = open_members(tmp_path / "set.zip")
    assert members.read("../outside.txt") == b"a"
    assert not (tmp_path.parent / "outside.txt").exists()


def test_what_is_too_large_to_be_held_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be read in order."""
    monkeypatch.setattr(module, "MOST_MEMBER_BYTES", 50)
    members = open_members(folder)
    with pytest.raises(SourceUnreadable, match=r"set: labels/b\.txt cannot be read: it is larger"):
        members.read("labels/b.txt")
    with members.open("labels/b.txt") as file:
        assert len(file.read()) == 100


def test_a_damaged_archive_is_said_with_the_file(folder: Path, tmp_path: Path) -> None:
    """At the end, where an archive has its list; and inside of a file."""
    path = packed(folder, tmp_path / "set.zip")
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    with pytest.raises(SourceUnreadable, match=r"set\.zip cannot be read: the archive is damaged"):
        open_members(path)
    path.write_bytes(content[:35] + bytes(8) + content[43:])
    members = open_members(path)
    with pytest.raises(SourceUnreadable, match=r"set\.zip: a\.txt cannot be read: the archive is damaged"):
        members.read("a.txt")


def test_what_is_not_there_or_may_not_be_read_is_said(tmp_path: Path, folder: Path) -> None:
    """As for any other source."""
    with pytest.raises(SourceUnreadable, match="there is no such file"):
        open_members(tmp_path / "none")
    members = open_members(folder)
    os.unlink(folder / "a.txt")
    with pytest.raises(SourceUnreadable, match=r"set: a\.txt cannot be read: there is no such file"):
        members.read("a.txt")
