"""A report shows entries on their images, as many as a page bears, and names no server but the one that is given."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bulk_importer.cli.reporting import images as module
from bulk_importer.cli.reporting.images import Images
from bulk_importer.errors import UsageError
from bulk_importer.observe.drawing.pictures import ImageRef

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x0a\0\0\0\x14\x08\x02\0\0\0"
HREF = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the images of two media."""
    (tmp_path / "7f.png").write_bytes(PNG)
    (tmp_path / "cam").mkdir()
    (tmp_path / "cam" / "b.png").write_bytes(PNG)
    return tmp_path


def test_the_image_of_a_media_is_put_into_the_page(folder: Path) -> None:
    """By its id, or by the name that its entry has for it."""
    image_of = Images(str(folder)).known_by(None)
    assert image_of({}, "7f") == ImageRef(HREF, 10, 20)
    assert image_of({"external_media_ID": "cam/b.png"}, "no-such-id") == ImageRef(HREF, 10, 20)
    for entry in ({}, None, {"external_media_ID": 7}):
        assert image_of(entry, None) is None


def test_of_what_a_page_does_not_bear_the_size_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And another page bears as much again."""
    monkeypatch.setattr(module, "_MOST_BYTES_IN_ALL", len(PNG) + 1)
    images = Images(str(folder))
    image_of = images.known_by(None)
    assert [image_of({}, "7f"), image_of({}, "7f")] == [ImageRef(HREF, 10, 20), ImageRef("", 10, 20)]
    assert images.anew().known_by(None)({}, "7f") == ImageRef(HREF, 10, 20)


def test_images_on_a_server_are_named_and_not_fetched() -> None:
    """The page says whose they are, so that no browser asks anyone else."""
    images = Images("https://images.example/of/{id}")
    assert images.hosts == ("https://images.example",)
    assert images.known_by(None)({}, "7f") == ImageRef("https://images.example/of/7f", 0, 0)


@pytest.mark.parametrize("given", ["https://user:secret@images.example", "https://", "no/such/folder"])
def test_what_images_cannot_be_is_refused(given: str) -> None:
    """Before anything is done."""
    with pytest.raises(UsageError, match="--images"):
        Images(given)


def test_without_any_nothing_is_known(tmp_path: Path) -> None:
    """The folder of a checkpoint need not know sizes, nor be there."""
    images = Images(None)
    assert images.hosts == ()
    assert images.known_by(tmp_path / "no")({}, "7f") is None
