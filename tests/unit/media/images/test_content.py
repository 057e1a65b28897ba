"""A page gets of an image what it says it is, and only if that is harmless and small."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bulk_importer.media.images.content import MediaImage, image_in

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x0a\0\0\0\x14\x08\x02\0\0\0"
GIF = b"GIF89a\x0a\0\x14\0\0\0\0"


def image_of(tmp_path: Path, content: bytes, *, most_bytes: int = 1000) -> MediaImage | None:
    """What is shown of a file with that content."""
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    return image_in(path, most_bytes=most_bytes)


@pytest.mark.parametrize(("content", "kind"), [(PNG, "image/png"), (GIF, "image/gif")])
def test_what_it_is_and_how_large_is_read_from_its_first_bytes(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    """Whatever it is called."""
    assert image_of(tmp_path, content) == MediaImage(10, 20, kind, content)


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='x'><script/></svg>", b"<html>", b"%PDF-1.7", b"BM123"]
)
def test_what_pages_do_not_show_or_would_run_is_no_image(tmp_path: Path, content: bytes) -> None:
    """An SVG may hold a script."""
    assert image_of(tmp_path, content) is None


def test_of_a_large_one_only_its_size_is_known(tmp_path: Path) -> None:
    """The canvas is right then, without the image on it."""
    assert image_of(tmp_path, PNG + bytes(2000)) == MediaImage(10, 20, "image/png")


def test_its_size_is_not_known_without_the_package_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra; the image is shown all the same."""
    monkeypatch.setitem(sys.modules, "imagesize", None)
    assert image_of(tmp_path, PNG) == MediaImage(0, 0, "image/png", PNG)


def test_what_cannot_be_read_is_no_image(tmp_path: Path) -> None:
    """It is gone, it is a folder, or a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "no", tmp_path, tmp_path / "pipe"):
        assert image_in(path, most_bytes=10) is None
