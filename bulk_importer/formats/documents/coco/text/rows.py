"""The elements of a COCO file, as far as their types are looked at.

Pure.
"""

from __future__ import annotations

from typing import Any, TypeGuard

import msgspec

__all__ = ["ImageRow", "Kind", "OwnerRow", "UsualRow", "is_id"]

_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Kind:
    """A type as which elements are decoded."""

    def __init__(self, kind: Any) -> None:
        self._many = msgspec.json.Decoder(list[kind])
        self._one = msgspec.json.Decoder(kind)

    def all_of(self, text: bytes) -> list[Any] | None:
        """The elements in a stretch; None where not all of it is of this kind, or is no stretch."""
        try:
            return self._many.decode(b"[" + text + b"]")
        except _REFUSED:
            return None

    def one(self, text: bytes | msgspec.Raw) -> Any:
        """An element; None where it is not of this kind."""
        try:
            return self._one.decode(text)
        except _REFUSED:
            return None


class ImageRow(msgspec.Struct, frozen=True, gc=False):
    """What the index needs of an image."""

    id: Any = None
    file_name: Any = None
    coco_url: Any = None


class UsualRow(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An annotation with nothing beside what most have, as far as it must be looked into to see that it is usual."""

    image_id: Any = None
    category_id: int | str | None = None
    id: int | str | None = None
    segmentation: msgspec.Raw = msgspec.Raw(b"null")
    bbox: list[float] | None = None
    area: Any = None
    iscrowd: Any = 0
    ignore: Any = 0
    keypoints: Any = None
    num_keypoints: Any = None
    attributes: msgspec.Raw = msgspec.Raw(b"")


class OwnerRow(msgspec.Struct, frozen=True, gc=False):
    """An annotation, of which only its picture and its own id are looked at."""

    image_id: Any = None
    id: Any = None


def is_id(found: object) -> TypeGuard[int | str]:
    """Whether it can be the id of something, as is a whole number with a point, which tables write."""
    if isinstance(found, float):
        return found.is_integer()
    return isinstance(found, int | str) and not isinstance(found, bool)
