"""Finds the images that a report shows rejected entries on, by what `--images` says, and how large they are.

A page bears a few megabytes: images are put into it as long as there is room, and of the others only the size is used.
Images on a server are not fetched: the page names them, and says whose they are, so that a browser asks no one else.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TypeAlias

from bulk_importer.errors import CheckpointError, UsageError
from bulk_importer.labels.entry import lane_of
from bulk_importer.media.build_index import index_in
from bulk_importer.media.images.address import ImageAddress, is_address
from bulk_importer.media.images.content import image_in
from bulk_importer.media.images.folder import ImageFolder
from bulk_importer.media.index import MediaIndex
from bulk_importer.observe.drawing.pictures import ImageRef

__all__ = ["ImageOf", "Images", "no_image"]

ImageOf: TypeAlias = Callable[[object, str | None], ImageRef | None]
"""Answers what an entry is drawn on, by the entry, decoded, and the id of its media; None where nothing is known."""

_MOST_BYTES = 600 << 10
_MOST_BYTES_IN_ALL = 6 << 20


def no_image(entry: object, media_id: str | None) -> None:
    """Answer that nothing is known."""


class Images:
    """The images of the media of one report.

    Attributes:
        hosts: the servers that a page asks for them.
    """

    def __init__(self, given: str | None) -> None:
        """Look what is given: a folder, or an address.

        Raises:
            UsageError: it is neither.
        """
        self._folder: ImageFolder | None = None
        self._address: ImageAddress | None = None
        # Changed by `_found`: how many bytes of images there is room for.
        self._room = _MOST_BYTES_IN_ALL
        if given is not None and is_address(given):
            try:
                self._address = ImageAddress.of(given)
            except ValueError as error:
                raise UsageError(f"--images: {given!r} is no address of images: {error}.") from None
        elif given is not None:
            if not Path(given).exists():
                raise UsageError(f"--images: there is no folder {given}. Name one, or leave --images out.")
            self._folder = ImageFolder(Path(given))
        self.hosts = () if self._address is None else (self._address.origin,)

    def anew(self) -> Images:
        """The same for another page, which bears as much again."""
        other = copy(self)
        other._room = _MOST_BYTES_IN_ALL
        return other

    def known_by(self, checkpoint: Path | None) -> ImageOf:
        """Answers for the entries of a checkpoint, which may know the sizes of their images; or of another source."""
        index = None if checkpoint is None else _sizes_in(checkpoint)

        def image_of(entry: object, media_id: str | None) -> ImageRef | None:
            size = None if index is None or media_id is None else index.size(lane_of(media_id))
            return self._image(_name_in(entry), media_id, size or (0, 0))

        return image_of

    def _image(self, name: str | None, media_id: str | None, size: tuple[int, int]) -> ImageRef | None:
        href = ""
        if self._address is not None:
            href = self._address.of_media(media_id, name) or ""
        elif self._folder is not None:
            href, size = self._found([each for each in (media_id, name) if each], size)
        return ImageRef(href, *size) if href or size != (0, 0) else None

    def _found(self, names: list[str], size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
        assert self._folder is not None
        path = self._folder.find(names)
        image = None if path is None else image_in(path, most_bytes=min(_MOST_BYTES, self._room))
        if image is None:
            return "", size
        self._room -= len(image.content)
        href = f"data:{image.type};base64,{b64encode(image.content).decode()}" if image.content else ""
        return href, (image.width, image.height) if image.width else size


def _sizes_in(checkpoint: Path) -> MediaIndex | None:
    path = index_in(checkpoint)
    with suppress(CheckpointError, OSError):
        index = None if path is None else MediaIndex(path)
        return index if index is not None and index.is_sized else None
    return None


def _name_in(entry: object) -> str | None:
    """What an entry calls the file of its media."""
    name = entry.get("external_media_ID") if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None
