"""What a person decides about a conversion, and what they are asked where they did not.

Pure.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, BinaryIO

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.formats.model import Size

__all__ = [
    "Angle",
    "Annotations",
    "BoxEnds",
    "ChoiceNeeded",
    "Choices",
    "Confidence",
    "Holes",
    "sizes_unknown",
]


class Holes(StrEnum):
    """What becomes of an outline with a hole, which a polygon of the project cannot express."""

    REFUSE = "refuse"
    """It is a finding."""
    FILL = "fill"
    """The hole is filled: the outer outline alone."""
    CUT = "cut"
    """The outline runs to the hole and back: one polygon whose pixels are right."""
    SKIP = "skip"
    """It is left out, and counted."""


class Annotations(StrEnum):
    """What becomes of several annotations of one picture by different people."""

    NEWEST = "newest"
    ALL = "all"
    REFUSE = "refuse"


class Confidence(StrEnum):
    """Where a row of numbers that has one too many has how sure a model was."""

    ASK = "ask"
    LAST = "last"
    SECOND = "second"


class Angle(StrEnum):
    """The unit of an angle where a format says none."""

    ASK = "ask"
    RADIANS = "radians"
    DEGREES = "degrees"


class BoxEnds(StrEnum):
    """What the right and the bottom number of a box are, where tools that share a format do not agree."""

    EDGE = "edge"
    """Where the box ends, between two pixels."""
    PIXEL = "pixel"
    """The last pixel that is inside."""


def sizes_unknown(_: str) -> Size | None:
    """The size of no picture."""
    return None


def _in_memory(_: int) -> BinaryIO:
    """Scratch room that is no file."""
    return io.BytesIO()


def _nobody_asks(_: str, __: int, ___: int) -> None:
    """Tells nobody how far it is."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """How a source is read and carried.

    Attributes:
        holes: what becomes of outlines with holes.
        clip: shapes that reach beyond the picture are cut at its edge; otherwise they are findings, unless they reach
            beyond by a pixel or less.
        annotations: which of several annotations of one picture count.
        voc_origin: the number of the first pixel in Pascal VOC files, 0 or 1.
        box_ends: what the right and the bottom number of a box are in BDD100K and Scalabel files.
        keep_data: `keepData` of the entries: true adds to the labels that a media has, false replaces them.
        class_names: names of the classes by number, for formats that have numbers only; None where the source says.
        keypoint_names: names of the keypoints in the order of a row, likewise; empty where rows have none.
        class_attribute: the attribute whose value is the class of an object, where a format has attributes alone.
        confidence: where a row that has a number too many has how sure a model was.
        ellipse_angle: the unit of the angle by which an ellipse is turned, where the format says none.
        names_as_ids: the name of a picture stands in for the id of its media, which nobody knows: for a check without a
            project.
        sizes: the size of a picture by its name as the reader gives it, where the source does not say.
        scratch: room for so many bytes that must be put into another order; closed by who asked for it.
        passing: called by readers that go over a source before they give anything: with what they do, as in `looking
            through`, and how much of it is done, out of how much, in bytes. What it raises ends the reading.
        spread: what a function of a module gives of the members and each of some arguments, in their order, from
            several processes at a time; None where there is one. Arguments and what is given can be pickled.
    """

    holes: Holes = Holes.REFUSE
    clip: bool = False
    annotations: Annotations = Annotations.NEWEST
    voc_origin: int = 0
    box_ends: BoxEnds = BoxEnds.EDGE
    keep_data: bool = True
    class_names: tuple[str, ...] | None = None
    keypoint_names: tuple[str, ...] | None = None
    class_attribute: str | None = None
    confidence: Confidence = Confidence.ASK
    ellipse_angle: Angle = Angle.ASK
    names_as_ids: bool = False
    sizes: Callable[[str], Size | None] = sizes_unknown
    scratch: Callable[[int], BinaryIO] = _in_memory
    passing: Callable[[str, int, int], None] = _nobody_asks
    spread: Callable[[Callable[[Any, Any], Any], Iterable[Any]], Iterator[Any]] | None = None


class ChoiceNeeded(UsageError):
    """The source can be read in more than one way, and nothing in it says in which."""
