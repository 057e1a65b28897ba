"""The image of a media is found by its id or name, and nothing outside of its folder is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from bulk_importer.media.images.folder import ImageFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with images, and one beside it."""
    for place in ("a.jpg", "cam/b.png", "left/c.jpg", "right/c.jpg", "deep/er/d.jpeg", "e.1.jpg", "f.txt"):
        path = tmp_path / "images" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "secret.jpg").write_bytes(b"")
    return tmp_path / "images"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jpg", "a.jpg"),
        ("a", "a.jpg"),
        ("b.png", "cam/b.png"),
        ("b", "cam/b.png"),
        ("cam/b.png", "cam/b.png"),
        ("elsewhere/cam/b.png", "cam/b.png"),
        ("cam\\b.png", "cam/b.png"),
        ("b.tiff", "cam/b.png"),
        ("right/c.jpg", "right/c.jpg"),
        ("er/d", "deep/er/d.jpeg"),
        ("e.1", "e.1.jpg"),
        ("c.jpg", None),
        ("z.jpg", None),
        ("", None),
        (".", None),
        ("x" * 5000, None),
    ],
)
def test_a_name_means_the_file_that_ends_like_it(root: Path, name: str, found: str | None) -> None:
    """With folders and endings or without; in doubt none."""
    path = ImageFolder(root).find([name])
    assert path == (None if found is None else root / found)


def test_the_first_name_that_is_found_counts(root: Path) -> None:
    """Ids come before names."""
    assert ImageFolder(root).find(["no-such-id", "a.jpg"]) == root / "a.jpg"


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "/etc/passwd", "cam/../../secret.jpg", "..\\secret.jpg", "a\0.jpg", ".."]
)
def test_no_name_leads_out_of_the_folder(root: Path, name: str) -> None:
    """Whatever an entry calls its media."""
    assert ImageFolder(root).find([name]) is None


def test_no_link_leads_out_of_the_folder(root: Path, tmp_path: Path) -> None:
    """Neither a file nor a folder; one that stays inside is as good as a file."""
    (root / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "outside").symlink_to(tmp_path)
    (root / "in.jpg").symlink_to(root / "a.jpg")
    (root / "round").symlink_to(root)
    images = ImageFolder(root)
    assert images.find(["out.jpg"]) is None
    assert images.find(["outside/secret.jpg"]) is None
    assert images.find(["secret"]) is None
    assert images.find(["in.jpg"]) == root / "a.jpg"


def test_a_pipe_is_no_image(root: Path) -> None:
    """Nobody waits for one."""
    os.mkfifo(root / "pipe.jpg")
    assert ImageFolder(root).find(["pipe.jpg"]) is None


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """A report is made all the same."""
    assert ImageFolder(tmp_path / "no").find(["a"]) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.text(some.characters(codec=None)) | some.from_regex(r"[a-c./\\]{1,12}", fullmatch=True))
def test_any_name_is_looked_for(root: Path, name: str) -> None:
    """And what is found is inside."""
    path = ImageFolder(root).find([name])
    assert path is None or path.is_relative_to(root)
