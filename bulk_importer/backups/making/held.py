"""Models what the server tells of the labels of one media, to the last digit (protocol 3.4, 3.6). Pure."""

from __future__ import annotations

import msgspec

from bulk_importer.labels.label_config import ClassType

__all__ = ["HeldLabel", "HeldOutline", "HeldPoint"]


class HeldPoint(msgspec.Struct, frozen=True):
    """A point. A coordinate that was never set is None."""

    x: float | None = None
    y: float | None = None


class HeldOutline(msgspec.Struct, frozen=True):
    """One of the outlines that an image segmentation consists of."""

    points: tuple[HeldPoint, ...] | None = None


class HeldLabel(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One value with all values below it. What its type does not have keeps its default.

    Attributes:
        timestamp: when the value was created, or changed by a person, by the server's clock: milliseconds since 1970.
        labeler: who did; `token_user` for whoever has a token.
        valid: as the server judged it, or was told. A value that is not set is not valid either.
        entry_type_lc_entry, entry_key_lc_entry: type and key of its class.
    """

    timestamp: int
    entry_type_lc_entry: str
    entry_key_lc_entry: str
    valid: bool | None = False
    labeler: str | None = None
    comment: str | None = None
    children: tuple[HeldLabel, ...] | None = None
    point: HeldPoint | None = None
    points: tuple[HeldPoint, ...] | None = None
    width: float | None = None
    height: float | None = None
    points_collection: tuple[HeldOutline, ...] | None = None
    select_key: str | None = None
    text: str | None = None
    checked_values: tuple[str, ...] | None = None

    @property
    def is_classification(self) -> bool:
        """Whether it is an answer to a question, and no geometry."""
        return self.entry_type_lc_entry in (ClassType.SELECT, ClassType.CHECKLIST, ClassType.FREETEXT)

    @property
    def texts(self) -> tuple[str, ...]:
        """What a classification is set to; empty where it is not set."""
        single = self.select_key if self.select_key is not None else self.text
        return (self.checked_values or ()) if single is None else (single,)

    @property
    def says_anything(self) -> bool:
        """Whether a person would miss it: a geometry, or a classification of which it or something below is set."""
        if not self.is_classification or self.texts:
            return True
        return any(child.says_anything for child in self.children or ())
