"""Models the label configuration of a project: classes, their types, options and children.

Pure. A *label class* is what the server calls an Entry of the configuration (protocol 3.4); the word `entry` is
kept for the elements of an upload.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from bulk_importer.sandbox.world.collation import fold

__all__ = ["ClassType", "LabelClass", "LabelConfig"]


class ClassType(StrEnum):
    """The type of a label class, in the order in which an export lists classes (protocol 4.1)."""

    POINT = "POINT"
    LINE = "LINE"
    POLYGON = "POLYGON"
    IMAGE_SEGMENTATION = "IMAGE_SEGMENTATION"
    RECTANGLE = "RECTANGLE"
    SELECT = "SELECT"
    CHECKLIST = "CHECKLIST"
    FREETEXT = "FREETEXT"

    @property
    def is_geometry(self) -> bool:
        """Whether the server calls the type a geometry; it does not call image segmentations so."""
        return self in _GEOMETRIES

    @property
    def is_classification(self) -> bool:
        """Whether values of the type are chosen or written, not drawn."""
        return self in _CLASSIFICATIONS


_GEOMETRIES = frozenset({ClassType.POINT, ClassType.LINE, ClassType.POLYGON, ClassType.RECTANGLE})
_CLASSIFICATIONS = frozenset({ClassType.SELECT, ClassType.CHECKLIST, ClassType.FREETEXT})


class LabelClass(msgspec.Struct, kw_only=True):
    """One label class. `number` is unique in the database and never given twice."""

    number: int
    key: str
    title: str
    type: ClassType
    color: str | None = None
    shortcut: str | None = None
    stamp_ms: int
    max_length: int | None = None
    required: bool = False
    options: dict[str, str] = {}
    children: list[LabelClass] = []

    def walk(self) -> Iterator[LabelClass]:
        """The class itself and all classes below, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class LabelConfig(msgspec.Struct, kw_only=True):
    """The label configuration of one project.

    Attributes:
        changed_ms: when a class was last added or became required (`lastChangedConfig`, protocol 3.4).
    """

    changed_ms: int
    roots: list[LabelClass] = []

    def walk(self) -> Iterator[LabelClass]:
        """All classes, parents first."""
        for root in self.roots:
            yield from root.walk()

    def by_number(self) -> dict[int, LabelClass]:
        """All classes by their numbers."""
        return {found.number: found for found in self.walk()}

    def root_classifications(self) -> list[LabelClass]:
        """The root classes that are classifications: those of the global classifications."""
        return [root for root in self.roots if root.type.is_classification]

    def find(self, key: str, parent: LabelClass | None = None) -> list[LabelClass]:
        """The direct children of `parent` (or the roots) whose key the database takes for `key`."""
        wanted = fold(key)
        return [found for found in (parent.children if parent else self.roots) if fold(found.key) == wanted]
