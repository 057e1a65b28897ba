"""Asks for the sizes of pictures, in this process or another one, without a look for all that there are.


A picture that lies among the files of the source under the very name that is asked for is looked at at once. For any
other one, `sizes` finds out what all pictures are called, when it is asked first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from struct import unpack_from
from typing import TYPE_CHECKING

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.members import is_picture
from bulk_importer.formats.model import Size
from bulk_importer.pipeline.conversion.sizes import sizes_in

if TYPE_CHECKING:
    from bulk_importer.sources.members import OpenMembers

__all__ = ["SizesAsked"]

_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_PNG_BYTES = len(_PNG) + 8


class SizesAsked:
    """Answers how large a picture is, as `sizes_in` does; it can be pickled where the files can be.

    Args:
        members: files of the source, or what `elsewhere` gives of them.
    """

    def __init__(self, members: OpenMembers, images: Path | None, listed: Path | None) -> None:
        # Changed by `_ask` alone.
        self._sizes: Callable[[str], Size | None] | None = None
        self._members = members
        self._images = images
        self._listed = listed

    def __call__(self, name: str) -> Size | None:
        """The size of a picture by its name; None where nothing says it. Raises as `sizes_in` does, and its answers."""
        size = self._beside(name) if self._images is None and is_picture(name) else None
        return self._ask(name) if size is None else size

    def _beside(self, name: str) -> Size | None:
        """The size of a picture of this very name, where it is a PNG."""
        try:
            head = self._members.head(name)
        except (SourceUnreadable, KeyError):
            return None
        if not head.startswith(_PNG) or len(head) < _PNG_BYTES:
            return None
        width, height = unpack_from(">II", head, len(_PNG))
        return Size(width, height) if width and height else None

    def _ask(self, name: str) -> Size | None:
        from bulk_importer.sources.members import open_members

        if self._sizes is None:
            members = self._members if self._members.paths else open_members(Path(self._members.name))
            self._sizes = sizes_in(members, self._images, self._listed)
        return self._sizes(name)
