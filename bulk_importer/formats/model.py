"""What label files hold, in one neutral form: pictures with annotations and tags.

Pure. Coordinates are pixels: x to the right and y downwards from the top left corner of the picture, so that its first
pixel reaches from (0, 0) to (1, 1). A reader takes the convention of its format into account. Numbers are those of the
file; what has to be computed is computed without loss and is the nearest double at the end (see `numbers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import msgspec

__all__ = [
    "Annotation",
    "Answer",
    "Box",
    "Drawn",
    "Ellipse",
    "Keypoint",
    "Kind",
    "Left",
    "Mask",
    "Number",
    "Path",
    "Picture",
    "Point",
    "Polygon",
    "Polyline",
    "Said",
    "Shape",
    "Size",
    "Tag",
]

Number: TypeAlias = int | float

Path: TypeAlias = tuple[Number, ...]
"""Corners one after the other: x, y, x, y, ..."""


class Size(msgspec.Struct, frozen=True):
    """Width and height of a picture in pixels."""

    width: int
    height: int


class Box(msgspec.Struct, frozen=True):
    """An upright rectangle, turned by `degrees` clockwise about its centre."""

    left: Number
    top: Number
    width: Number
    height: Number
    degrees: Number = 0


class Ellipse(msgspec.Struct, frozen=True):
    """An ellipse by its centre and half its axes, turned by `degrees` clockwise about the centre."""

    x: Number
    y: Number
    radius_x: Number
    radius_y: Number
    degrees: Number = 0


class Polygon(msgspec.Struct, frozen=True):
    """One or more closed outlines, with the holes in them."""

    parts: tuple[Path, ...]
    holes: tuple[Path, ...] = ()


class Polyline(msgspec.Struct, frozen=True):
    """An open line."""

    path: Path


class Point(msgspec.Struct, frozen=True):
    """One point."""

    x: Number
    y: Number


class Mask(msgspec.Struct, frozen=True):
    """Pixels of a picture, as lines of runs.

    Attributes:
        lines: number of a line, with its runs as (first place, place behind the last); both ascending, without lines
            that have no run.
        by_columns: a line is a column of the picture, and a place in it a row; otherwise the other way round.
    """

    lines: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    by_columns: bool


Shape: TypeAlias = Box | Ellipse | Polygon | Polyline | Point | Mask


class Answer(msgspec.Struct, frozen=True):
    """The value of an attribute: texts, and the answers to questions that hang on them."""

    values: tuple[str, ...]
    below: Mapping[str, Answer] = MappingProxyType({})


class Keypoint(msgspec.Struct, frozen=True):
    """A named point of an annotation. Points that the file calls absent are none."""

    name: str
    x: Number
    y: Number


class Annotation(msgspec.Struct, frozen=True):
    """One object that somebody has labelled.

    Attributes:
        label: its class, as the source names it.
        shape: None where the format has none for it beside its keypoints.
        origin: where it stands in its file, as the format counts: `annotation 17`, `line 3`.
        attributes: by name.
        keypoints: named points that belong to it.
        within: annotations that the format nests in it.
    """

    label: str
    shape: Shape | None
    origin: str
    attributes: Mapping[str, Answer] = MappingProxyType({})
    keypoints: tuple[Keypoint, ...] = ()
    within: tuple[Annotation, ...] = ()


Said: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]


class Kind(msgspec.Struct, frozen=True, gc=False):
    """What many drawn annotations have in common, so that what becomes of them is asked once.

    Attributes:
        attributes: names with the texts of their answers, that have nothing below them.
    """

    label: str
    is_box: bool
    attributes: Said = ()


class Drawn(msgspec.Struct, frozen=True, gc=False):
    """An annotation that is one outline of three points or more, or one upright box, inside its picture.

    It is in the form of an import already, in the numbers of its file: what a fast reader makes of the many that have
    nothing else and need no other look. `plain` is the same in the form of the model.

    Attributes:
        geometry: a JSON object with `polygon`, or `rectangle`.
    """

    kind: Kind
    geometry: bytes
    origin: str

    def plain(self) -> Annotation:
        """The annotation that it stands for."""
        answers = {name: Answer(values) for name, values in self.kind.attributes}
        return Annotation(self.kind.label, self._shape(), self.origin, answers)

    def _shape(self) -> Box | Polygon:
        geometry = msgspec.json.decode(self.geometry)
        if self.kind.is_box:
            (box,) = geometry["rectangle"]
            return Box(box["x"], box["y"], box["w"], box["h"])
        return Polygon((tuple(place for point in geometry["polygon"] for place in (point["x"], point["y"])),))


class Tag(msgspec.Struct, frozen=True):
    """Something said of the whole picture: the answer to a question, or a label alone, which has no values."""

    name: str
    origin: str
    answer: Answer = Answer(())


class Picture(msgspec.Struct, frozen=True):
    """A picture with all that its source says about it.

    Attributes:
        name: its file name as the source writes it, with the folders in front of it, separated by slashes.
        origin: where it stands in the source: a member and a place in it.
        size: None where the source does not say.
        media_id: id of the media, in the one format that has it.
        is_stem: `name` has lost its extension, or has another one than the picture's.
    """

    name: str
    origin: str
    size: Size | None = None
    annotations: tuple[Annotation | Drawn, ...] = ()
    tags: tuple[Tag, ...] = ()
    media_id: str | None = None
    is_stem: bool = False


class Left(msgspec.Struct, frozen=True):
    """Something that a reader could not carry, or had to decide about.

    Attributes:
        code: a code of the catalogue of findings.
        origin: member and place.
        label: class of the object that is left behind; empty where it is none, as when a file is passed over.
        expected: what could have been carried.
        found: what is there instead.
        objects: how many objects are left behind; 0 where something was only decided.
    """

    code: str
    origin: str
    label: str
    expected: str
    found: str
    objects: int = 1
