"""What is sent in the place of a rejected entry, and which media it is for. Pure."""

from __future__ import annotations

import msgspec

from bulk_importer.labels.entry import lane_of
from bulk_importer.model import KeepData

__all__ = ["Correction"]


class _Head(
    msgspec.Struct, rename={"media_id": "internal_media_ID", "name": "external_media_ID", "keep": "keepData"}
):
    media_id: str | None = None
    name: str | None = None
    keep: bool | None = None


class Correction(msgspec.Struct, frozen=True):
    """What to send for a position that was rejected.

    Attributes:
        named: the id of its media, where the entry has only the name of it (see `with_ids`).
    """

    position: int
    raw: bytes
    named: str | None = None

    @property
    def media_id(self) -> str | None:
        """The id of the media: the one in the entry, else the one that its file name means."""
        head = self._head
        return self.named if head is None or head.media_id is None else head.media_id

    @property
    def lane(self) -> str | None:
        """The lane of the media; None where the entry names no media, for which the judge rejects it."""
        media_id = self.media_id
        return None if media_id is None else lane_of(media_id)

    @property
    def name(self) -> str | None:
        """The file name by which the entry names its media; None where it has none."""
        head = self._head
        return None if head is None else head.name

    @property
    def keep(self) -> KeepData:
        """What the entry says about the labels that its media holds."""
        head = self._head
        if head is None or head.keep is None:
            return KeepData.MISSING
        return KeepData.TRUE if head.keep else KeepData.FALSE

    @property
    def _head(self) -> _Head | None:
        try:
            return msgspec.json.decode(self.raw, type=_Head)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
