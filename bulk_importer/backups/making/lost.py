"""Names what an entry cannot say of the labels that a media holds, so that nothing is dropped silently. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bulk_importer.backups.making.held import HeldLabel

__all__ = ["Lost", "LostKind", "Report"]


class LostKind(StrEnum):
    """Why a label does not come back as it is when its entry is imported; `labels.catalogue.backups` explains each."""

    SEVERAL = "lost-branch"
    """A classification of a geometry has values in more than one of those below it; an entry has room for one."""
    SEGMENTATION = "lost-segmentation"
    """It is an image segmentation, which the import route does not read."""
    COORDINATES = "lost-coordinates"
    """Coordinates are missing or negative, or there are too few points for its form."""
    UNFIT = "lost-unfit"
    """It does not fit the label configuration: a class, an option or a length that is not there any more."""
    DEPTH = "lost-depth"
    """It is a geometry below a nested one; an entry has one level of them."""
    TWICE = "lost-second"
    """A classification has two values in one place, of which the older one counts."""
    VALIDITY = "lost-validity"
    """It is in the entry, and would be valid after an import; the server holds it as invalid."""
    COMMENT = "lost-comment"
    """It is in the entry, without the comment that the server holds with it."""

    @property
    def is_in_entry(self) -> bool:
        """Whether the label itself comes back, and only something about it does not."""
        return self in (LostKind.VALIDITY, LostKind.COMMENT)


class Lost(msgspec.Struct, frozen=True):
    """What an import of the entry does not bring back.

    Attributes:
        pointer: where in the entry the label stands, or would have its place.
        held: the label with all below it, as the server tells it; what no entry can say is kept here.
        why: for people, more about the reason; empty where the kind says all.
    """

    kind: LostKind
    pointer: str
    held: HeldLabel
    why: str = ""


class Report:
    """Collects what is lost of one media, and counts nothing twice."""

    def __init__(self) -> None:
        self.lost: list[Lost] = []

    def add(self, kind: LostKind, pointer: str, held: HeldLabel, why: str = "") -> None:
        """Take note of a label. One that says nothing is no loss."""
        if held.says_anything:
            self.lost.append(Lost(kind, pointer, held, why))

    def add_beside(self, pointer: str, held: HeldLabel) -> None:
        """Take note of what an import does not bring back of a label that is in the entry."""
        if not held.valid:
            self.lost.append(Lost(LostKind.VALIDITY, pointer, _alone(held)))
        if held.comment:
            self.lost.append(Lost(LostKind.COMMENT, pointer, _alone(held)))


def _alone(held: HeldLabel) -> HeldLabel:
    return msgspec.structs.replace(held, children=None)
