"""The pictures of a COCO file: which ids they have, and what is said of each.

Pure. The index has an entry for each id, and eight bytes for each name, 115 bytes together, whatever else the file says
of a picture: that is read when its turn comes. An id that two pictures of different names have means neither.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

import msgspec

from bulk_importer.formats.documents.coco.repeated import repeated
from bulk_importer.formats.documents.coco.text.rows import ImageRow, is_id
from bulk_importer.formats.model import Left, Size
from bulk_importer.formats.numbers import is_number

__all__ = ["Pictures", "name_of", "remarks_on", "size_of"]

_NONE = -1
_NAMELESS = 0
_IDS = frozenset((int, str))
# What an image has that is no label and nothing that an import could miss.
_PLAIN = frozenset(
    {"id", "file_name", "width", "height", "license", "flickr_url", "coco_url", "date_captured", "path"}
)


class Pictures:
    """Where in the order of the file the picture of an id stands."""

    def __init__(self) -> None:
        # Changed by `see` alone, and `_names` by `twice`.
        self._ordinals: dict[int | str, int] = {}
        self._names = array("q")
        self.count = 0

    def see(self, rows: list[ImageRow | None]) -> None:
        """Add the next images of the file; what is none keeps its place in the order."""
        for row in rows:
            self._add(row)
            self.count += 1

    def ordinal(self, image_id: object) -> int:
        """The place of a picture in the order; -1 where there is none of this id, or more than one."""
        return self._ordinals.get(image_id, _NONE) if is_id(image_id) else _NONE

    def ordinals(self, image_ids: list[Any]) -> list[int]:
        """The place of the picture of each id, as `ordinal` has it."""
        if _IDS.issuperset(map(type, image_ids)):
            return list(map(self._ordinals.get, image_ids, repeat(_NONE)))
        return list(map(self.ordinal, image_ids))

    def ambiguous(self) -> frozenset[int | str]:
        """The ids that pictures of different names have."""
        return frozenset(each for each, ordinal in self._ordinals.items() if ordinal == _NONE)

    def twice(self) -> frozenset[int]:
        """The hashes of names that occur more than once; the index forgets the names."""
        names, self._names = self._names, array("q")
        return frozenset(repeated(names) - {_NAMELESS})

    def _add(self, row: ImageRow | None) -> None:
        name = None if row is None else name_of(row.file_name, row.coco_url)
        self._names.append(_NAMELESS if name is None else hash(name))
        if row is None or name is None or not is_id(row.id):
            return
        first = self._ordinals.setdefault(row.id, self.count)
        if first not in (self.count, _NONE) and self._names[first] != hash(name):
            self._ordinals[row.id] = _NONE


def name_of(file_name: object, coco_url: object) -> str | None:
    """The name of a picture with its folders; LVIS has none but the end of an address."""
    if isinstance(file_name, str) and file_name:
        return file_name.replace("\\", "/")
    if isinstance(coco_url, str) and "/" in coco_url:
        return "/".join(coco_url.split("/")[-2:])
    return None


def size_of(row: Mapping[str, Any]) -> Size | None:
    """Width and height, where the file has both."""
    width, height = row.get("width"), row.get("height")
    if not is_number(width) or not is_number(height):
        return None
    if not (width >= 1 and height >= 1 and float(width).is_integer() and float(height).is_integer()):
        return None
    return Size(int(width), int(height))


def remarks_on(row: Mapping[str, Any], origin: str) -> Iterator[Left]:
    """What an image has besides, such as the classes that LVIS says are not in it."""
    for key, value in row.items():
        if key not in _PLAIN and value not in (None, [], {}, ""):
            yield Left("remark-left-out", origin, key, "", _shown(value), 0)


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
