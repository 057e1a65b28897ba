"""Annotations of the rows of boxes, and tags of the rows of labels.

Pure. Numbers are shares of the picture. A flag is 1, or 0, or -1 or nothing where nobody has looked. A confidence of 1
says that a person drew it, any other how sure a model was; that of a label is 0 where a person looked for the class and
did not find it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from bulk_importer.formats.folders.openimages.tables import Kind
from bulk_importer.formats.model import Annotation, Answer, Box, Left, Size, Tag
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double
from bulk_importer.formats.values.corners import Broken

__all__ = ["found_in"]

_FLAGS = Kind.BOXES.columns[6:]
_UNSET = frozenset({"", "0", "-1"})


def found_in(
    kind: Kind, fields: tuple[str, ...], origin: str, names: Mapping[str, str], size: Size | None
) -> Iterator[Annotation | Tag | Left]:
    """What a row says; nothing, where it only names a picture."""
    if kind is Kind.PICTURES:
        return
    label = names.get(fields[0], fields[0])
    try:
        if not label:
            raise Broken("annotation-broken", "a LabelName", "none")
        if kind is Kind.LABELS:
            yield from _label(label, fields[1], origin)
        else:
            yield from _object(label, fields, origin, size)
    except Broken as broken:
        objects = 0 if kind is Kind.LABELS else 1
        yield Left(broken.code, origin, label, broken.expected, broken.found, objects)


def _label(label: str, confidence: str, origin: str) -> Iterator[Tag | Left]:
    sure = _number(confidence or "1", "Confidence")
    if sure == 0:
        yield Left("remark-left-out", origin, label, "labels", "that it is not in the picture", objects=0)
        return
    if sure != 1:
        yield Left(
            "remark-left-out", origin, label, "labels", f"how sure a model was: {confidence}", objects=0
        )
    yield Tag(label, origin)


def _object(
    label: str, fields: tuple[str, ...], origin: str, size: Size | None
) -> Iterator[Annotation | Left]:
    left, right, top, bottom = map(_number, fields[2:6], Kind.BOXES.columns[2:6])
    if size is None:
        raise Broken("size-missing", "width and height of the picture", "none")
    box = Box(
        _times(left, size.width),
        _times(top, size.height),
        _times(EXACT.subtract(right, left), size.width),
        _times(EXACT.subtract(bottom, top), size.height),
    )
    said: dict[str, Answer] = {}
    for flag, value in zip(_FLAGS, fields[6:], strict=True):
        if value == "1":
            said[flag] = Answer(("true",))
        elif value not in _UNSET:
            yield Left("annotation-broken", origin, label, f"{flag} as 1, 0 or -1", value[:40], objects=0)
    confidence = fields[1]
    if confidence and _number(confidence, "Confidence") != 1:
        said["Confidence"] = Answer((confidence,))
    yield Annotation(label, box, origin, said)


def _number(text: str, column: str) -> Decimal:
    try:
        return decimal_of(text)
    except ValueError as error:
        raise Broken("shape-broken", f"a number for {column}", text[:40] or "none") from error


def _times(share: Decimal, length: int) -> int | float:
    return nearest_double(EXACT.multiply(share, length))
