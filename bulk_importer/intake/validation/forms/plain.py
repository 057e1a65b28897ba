"""The fast accept: forms of an entry into which its text is decoded, and a count of what arrived.

A form is a `msgspec` type. What decodes into it, and passes the count behind it, is in the language of the import
schema, means one thing, and is worth no error and no warning. What does not is not thereby wrong: the forms know
the ordinary, and the exact look (`strict_json`, `schema`, `labels.meaning`) decides about the rest. Decoding costs
about 9 µs for an entry of 2 kB (220 MB/s on one core), counting about half of that.

There is a plain form (this module), for entries that are judged by the schema alone, and one that is compiled from a
label configuration (`configured`). Either is a wide form, and is narrowed to what the entries of an input look like
(`narrow`); what it has to tell for that stands in `wide`.

What the decoder proves by itself: the grammar of JSON, UTF-8, whole surrogate pairs, and that a double can hold every
number (its own range check). What the count has to prove: the rules for the places in a classification, and how
many keys arrived, so that a repeated key shows (`strict_json.repeats_a_key`).

Keys are declared in alphabetical order, so that every form of one entry gives the same bytes in `digest.digest_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from bulk_importer.intake.validation.forms.coordinates import (
    Line,
    OnePoint,
    OneRectangle,
    Polygon,
    has_flat_line,
    has_flat_polygon,
)
from bulk_importer.intake.validation.forms.wide import ElementCount, Place, Question
from bulk_importer.labels.entry import ENTRY_KEYS

__all__ = ["PlainEntry", "PlainForm", "has_twice", "ignored_keys"]

Text: TypeAlias = Annotated[str, Meta(max_length=255)]
Classification: TypeAlias = list[Text | dict[str, list[object]] | None]


class PlainNested(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A geometry inside a geometry."""

    classifications: dict[str, Classification] | UnsetType = UNSET
    line: Line | UnsetType = UNSET
    point: OnePoint | UnsetType = UNSET
    polygon: Polygon | UnsetType = UNSET
    rectangle: OneRectangle | UnsetType = UNSET


class PlainGeometry(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A geometry under a class."""

    classifications: dict[str, Classification] | UnsetType = UNSET
    line: Line | UnsetType = UNSET
    nested_geometries: dict[str, list[PlainNested]] | UnsetType = UNSET
    point: OnePoint | UnsetType = UNSET
    polygon: Polygon | UnsetType = UNSET
    rectangle: OneRectangle | UnsetType = UNSET


class PlainEntry(msgspec.Struct, gc=False, kw_only=True):
    """An entry of which only the import schema is known. Other keys are skipped, see `ignored_keys`."""

    global_classifications: dict[str, Classification] | UnsetType = UNSET
    internal_media_ID: str  # noqa: N815  # the key in the file
    keepData: bool | UnsetType = UNSET  # noqa: N815  # the key in the file
    labels: dict[str, list[PlainGeometry]] | UnsetType = UNSET


def ignored_keys(raw: bytes, keys: int) -> list[str] | None:
    """The keys of an entry that a form skipped, if that accounts for all that the form did not see.

    Args:
        raw: an entry that decodes into a form.
        keys: how many keys the form saw.

    Returns:
        The keys, or None where the exact look is needed: a key may come twice, or an ignored value holds objects or
        bytes that nobody has looked at.
    """
    try:
        values = _ENTRY.decode(raw)
    except UnicodeDecodeError:
        return None
    colons = raw.count(b":")
    ignored = []
    for key, value in values.items():
        if key not in ENTRY_KEYS:
            text = bytes(value)
            if b"{" in text or text.count(b"[") > _FEW_LEVELS or not text.isascii():
                return None
            colons -= text.count(b":")
            ignored.append(key)
    return ignored if colons == keys + len(ignored) else None


_FEW_LEVELS = 8
_ENTRY = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Anything:
    """The classifications and classes at any place, where no label configuration is known."""

    optional = 0
    required = 0
    _QUESTION = Question(tuple[Text], Annotated[list[Text], Meta(min_length=1)], 0, 0)

    def question(self, key: str) -> Question:  # noqa: ARG002 - all keys are alike
        return self._QUESTION

    def place(self, key: str, shape: str) -> Place:  # noqa: ARG002 - all classes are alike
        return Place(self, self)


class PlainForm:
    """The form of an entry under the import schema alone, and the count of what arrived in it."""

    type = PlainEntry
    answers = ground = _Anything()

    def tally(self, entry: PlainEntry) -> ElementCount | None:
        """Count a decoded entry; None if it needs the exact look."""
        keys = 1 + (entry.keepData is not UNSET)
        weight = 1
        unset = 0
        if entry.global_classifications is not UNSET:
            counted = _classifications(entry.global_classifications)
            if counted is None:
                return None
            keys, weight, unset = keys + 1 + counted[0], weight + counted[1], counted[2]
        if entry.labels is not UNSET:
            keys += 1 + len(entry.labels)
            for geometries in entry.labels.values():
                for geometry in geometries:
                    counted = _geometry(geometry)
                    if counted is None:
                        return None
                    keys, weight, unset = keys + counted[0], weight + counted[1], unset + counted[2]
        return ElementCount(keys, weight, (("classification-unset", unset),) if unset else ())


def _geometry(geometry: PlainGeometry) -> tuple[int, int, int] | None:
    """(keys, weight, unset classifications) of a geometry with those in it."""
    counted = _shape(geometry)
    if counted is None or geometry.nested_geometries is UNSET:
        return counted
    keys, weight, unset = counted
    keys += 1 + len(geometry.nested_geometries)
    for nested in geometry.nested_geometries.values():
        for each in nested:
            counted = _shape(each)
            if counted is None:
                return None
            keys, weight, unset = keys + counted[0], weight + counted[1], unset + counted[2]
    return keys, weight, unset


def _shape(geometry: PlainGeometry | PlainNested) -> tuple[int, int, int] | None:
    """(keys, weight, unset classifications) of a geometry alone; exactly one key of coordinates, and not in vain."""
    keys = weight = shapes = 0
    if geometry.polygon is not UNSET:
        shapes, weight = 1, len(geometry.polygon)
        keys = 2 * weight
        if has_flat_polygon((geometry.polygon,)):
            return None
    if geometry.rectangle is not UNSET:
        shapes, keys = shapes + 1, 4
    if geometry.line is not UNSET:
        shapes, weight = shapes + 1, len(geometry.line)
        keys = 2 * weight
        if has_flat_line((geometry.line,)):
            return None
    if geometry.point is not UNSET:
        shapes, keys = shapes + 1, 2
    if shapes != 1:
        return None
    if geometry.classifications is UNSET:
        return keys + 1, weight + 1, 0
    counted = _classifications(geometry.classifications)
    if counted is None:
        return None
    return keys + 2 + counted[0], weight + 1 + counted[1], counted[2]


def _classifications(given: dict[str, Classification]) -> tuple[int, int, int] | None:
    """(keys, values, unset classifications)."""
    keys, weight, unset = len(given), 0, 0
    for values in given.values():
        if len(values) == 1 and type(values[0]) is str:
            weight += 1
            continue
        counted = _values(values, depth=0)
        if counted is None:
            return None
        keys, weight, unset = keys + counted[0], weight + counted[1], unset + counted[2]
    return keys, weight, unset


def has_twice(values: Sequence[object]) -> bool:
    """Whether a text comes more than once."""
    try:
        return len(set(values)) < len(values)
    except TypeError:  # an object of nested ones is among them
        texts = [value for value in values if type(value) is str]
        return len(set(texts)) < len(texts)


def _values(values: Sequence[object], depth: int) -> tuple[int, int, int] | None:
    """(keys, values, unset classifications) of one classification; the object of nested ones stands second."""
    keys, weight, unset, texts = 0, 0, 0, 0
    for place, value in enumerate(values):
        if type(value) is str and len(value) <= 255:
            texts += 1
        elif isinstance(value, dict) and place == 1 and len(value) == 1 and depth < _FEW_LEVELS:
            (inner,) = value.values()
            counted = _values(inner, depth + 1) if isinstance(inner, list) else None
            if counted is None:
                return None
            keys, weight, unset = keys + 1 + counted[0], weight + counted[1], unset + counted[2]
        elif value is not None or place > 0:
            return None
    if texts > 1 and has_twice(values):
        return None
    return keys, weight + texts, unset + (not texts)
