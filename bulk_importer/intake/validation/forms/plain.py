"""The fast accept: forms of an entry into which its text is decoded, and a count of what arrived.

A form is a `msgspec` type. What decodes into it, and passes the count behind it, is in the language of the import
schema, means one thing, and is worth no error and no warning. What does not is not thereby wrong: the forms know
the ordinary, and the exact look (`strict_json`, `schema`, `labels.meaning`) decides about the rest. Decoding costs
about 9 µs for an entry of 2 kB (220 MB/s on one core), counting about half of that.

There is a plain form (this module), for entries that are held against the schema alone, and one that is compiled
from a label configuration (`configured_forms`). Either is narrowed to what the entries of an input look like
(`narrow_forms`); what a wide form has to tell for that stands at the end of this module.

What the decoder proves by itself: the grammar of JSON, UTF-8, whole surrogate pairs, and that a double can hold every
number (its own range check). What the count has to prove: the rules for the places in a classification, and how
many keys arrived, so that a repeated key shows (`strict_json.repeats_a_key`).

Keys are declared in alphabetical order, so that every form of one entry gives the same bytes in `digest_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from xxhash import xxh64_digest

from bulk_importer.labels.entry import ENTRY_KEYS
from bulk_importer.labels.shapes import LEAST_AREA, as_double, lacks_area, lacks_length

__all__ = [
    "SHAPES",
    "Answers",
    "AnyEntry",
    "Form",
    "Ground",
    "Place",
    "PlainEntry",
    "PlainForm",
    "Question",
    "Shape",
    "Tally",
    "WideForm",
    "digest_of",
    "encode_canonically",
    "ignored_keys",
    "struct_of",
]

# Types that exist only at run time have no static type.
Form: TypeAlias = Any

# The pattern keeps to texts that a double can hold. As in the schema, `$` lets a line break at the end pass.
Digits: TypeAlias = Annotated[str, Meta(pattern="^[0-9]{1,300}$")]
Coordinate: TypeAlias = Annotated[float, Meta(ge=0)] | Digits
Side: TypeAlias = Annotated[float, Meta(gt=0)] | Annotated[str, Meta(pattern="^0*[1-9][0-9]{0,299}$")]
Text: TypeAlias = Annotated[str, Meta(max_length=255)]
Classification: TypeAlias = list[Text | dict[str, list[object]] | None]


class Point(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A corner, an end, or a place."""

    x: Coordinate
    y: Coordinate


class Rectangle(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A rectangle that has a size."""

    h: Side
    w: Side
    x: Coordinate
    y: Coordinate


Polygon: TypeAlias = Annotated[list[Point], Meta(min_length=3)]
Line: TypeAlias = Annotated[list[Point], Meta(min_length=2)]
OnePoint: TypeAlias = Annotated[list[Point], Meta(min_length=1, max_length=1)]
OneRectangle: TypeAlias = Annotated[list[Rectangle], Meta(min_length=1, max_length=1)]


def has_flat_polygon(polygons: Iterable[Sequence[Point] | UnsetType]) -> bool:
    """Whether one has no area (see `lacks_area`); the first triangle of each nearly always has one.

    (Many in one call, because a call costs as much as a triangle.)
    """
    most, least, unset = LEAST_AREA, -LEAST_AREA, UNSET
    for corners in polygons:
        if corners is unset:
            continue
        first, second, third = corners[0], corners[1], corners[2]
        left, top = first.x, first.y
        try:
            twice = (second.x - left) * (third.y - top) - (third.x - left) * (second.y - top)  # type: ignore[operator]  # texts raise
        except TypeError:  # texts of digits
            twice = 0.0
        if not (twice > most or twice < least) and lacks_area(_as_doubles(corners)):
            return True
    return False


def has_flat_line(lines: Iterable[Sequence[Point] | UnsetType]) -> bool:
    """Whether one has no length; the first two points of each nearly always differ."""
    for ends in lines:
        if ends is UNSET:
            continue
        first, second = ends[0], ends[1]
        may_be_equal = first.x == second.x or type(first.x) is str or type(second.x) is str
        if may_be_equal and lacks_length(_as_doubles(ends)):
            return True
    return False


def _as_doubles(points: Sequence[Point]) -> list[tuple[float, float]]:
    return [(as_double(each.x), as_double(each.y)) for each in points]


class Shape(NamedTuple):
    """The elements under one key of coordinates.

    Attributes:
        type: of the list of them.
        narrow: the same for a narrow form; a tuple of one is made sooner than a list of one.
        keys_each: of one element.
        writes_points: the server writes a row for each element; otherwise there is exactly one.
        has_flat: whether one of several such lists is worth a finding because its points lie on one line.
    """

    type: Form
    narrow: Form
    keys_each: int
    writes_points: bool
    has_flat: Callable[[Iterable[Sequence[Point] | UnsetType]], bool] | None = None


SHAPES = {
    "line": Shape(Line, Line, 2, writes_points=True, has_flat=has_flat_line),
    "point": Shape(OnePoint, tuple[Point], 2, writes_points=False),
    "polygon": Shape(Polygon, Polygon, 2, writes_points=True, has_flat=has_flat_polygon),
    "rectangle": Shape(OneRectangle, tuple[Rectangle], 4, writes_points=False),
}


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


AnyValue: TypeAlias = float | str | bool | list[object] | dict[str, object] | None
AnyShape: TypeAlias = list[dict[str, AnyValue]]


class AnyNested(msgspec.Struct, gc=False):
    """What the server reads of a nested geometry that the schema accepts."""

    classifications: dict[str, list[object]] | UnsetType = UNSET
    geometry: AnyShape | UnsetType = UNSET
    line: AnyShape | UnsetType = UNSET
    point: AnyShape | UnsetType = UNSET
    polygon: AnyShape | UnsetType = UNSET
    rectangle: AnyShape | UnsetType = UNSET


class AnyGeometry(msgspec.Struct, gc=False):
    """What the server reads of a geometry that the schema accepts."""

    classifications: dict[str, list[object]] | UnsetType = UNSET
    geometry: AnyShape | UnsetType = UNSET
    image_segmentation: list[object] | UnsetType = UNSET
    line: AnyShape | UnsetType = UNSET
    nested_geometries: dict[str, list[AnyNested]] | list[object] | float | str | bool | UnsetType | None = (
        UNSET
    )
    point: AnyShape | UnsetType = UNSET
    polygon: AnyShape | UnsetType = UNSET
    rectangle: AnyShape | UnsetType = UNSET


class AnyEntry(msgspec.Struct, gc=False, kw_only=True):
    """What the server reads of any entry that the schema accepts and a double can hold."""

    global_classifications: dict[str, list[object]] | UnsetType = UNSET
    internal_media_ID: str | UnsetType = UNSET  # noqa: N815  # the key in the file
    keepData: bool | UnsetType = UNSET  # noqa: N815  # the key in the file
    labels: dict[str, list[AnyGeometry]] | UnsetType = UNSET


encode_canonically = msgspec.msgpack.Encoder(order="deterministic").encode_into
"""Writes what the digest of an entry is taken over into a bytearray, in place of what was in it."""


def digest_of(entry: msgspec.Struct) -> bytes:
    """Eight bytes by which an entry is known again in a mended source, however that was written.

    Taken over what the server reads, not over the text: white space, escapes, the order of keys, `1.50` for `1.5`
    and keys that the server ignores do not count; the order of geometries, points and values does. A number counts as
    the double that the server stores. MessagePack needs 2 µs for an entry of 2 kB where JSON needs 15, and XXH64 a
    twentieth where a cryptographic hash needs one: nobody gains by an entry that is taken for another. (Not XXH3: its
    wide registers slow down what runs between the hashes.)
    """
    written = bytearray()
    encode_canonically(entry, written)
    return xxh64_digest(written)


class Tally(NamedTuple):
    """What was counted in an entry.

    Attributes:
        keys: keys of all objects, without those of the entry that the server ignores.
        weight: 1 + geometries + classification values + points of lines and polygons.
        notes: findings that are only counted, by code.
    """

    keys: int
    weight: int
    notes: Sequence[tuple[str, int]] = ()


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


class Question(NamedTuple):
    """A classification as a wide form knows it.

    Attributes:
        one: the type of a list of exactly one text.
        many: the type of a list of one or more texts; None where there may be but one.
        omitted, required: what giving it adds to the number of classifications that are not given (usually it takes
            itself from it, and adds what it asks in turn), of the optional and of the required ones.
    """

    one: Form
    many: Form | None
    omitted: int
    required: int


class Answers(Protocol):
    """The classifications at one place. `optional` and `required`: how many can be given there, as far as is known."""

    @property
    def optional(self) -> int: ...

    @property
    def required(self) -> int: ...

    def question(self, key: str) -> Question | None:
        """The classification of that key; None if it is not for a narrow form."""


class Ground(Protocol):
    """The classes at one place."""

    def place(self, key: str, shape: str) -> Place | None:
        """Where geometries of that class and shape stand; None if they are not for a narrow form."""


class Place(NamedTuple):
    """What may stand in the geometries of one class; `nested` is None where nothing may be nested."""

    answers: Answers
    nested: Ground | None


class WideForm(Protocol):
    """A form of an entry that knows all that is ordinary, and what a narrow one is made of.

    Attributes:
        type: what to decode.
        answers: the global classifications.
        ground: the classes of geometries.
    """

    @property
    def type(self) -> Form: ...

    @property
    def answers(self) -> Answers: ...

    @property
    def ground(self) -> Ground: ...

    def tally(self, entry: Form) -> Tally | None:
        """Count a decoded entry; None if it needs the exact look."""


class _Anything:
    """The classifications and classes at any place, where no label configuration is known."""

    optional = 0
    required = 0
    _QUESTION = Question(tuple[Text], Annotated[list[Text], Meta(min_length=1)], 0, 0)

    def question(self, key: str) -> Question:  # noqa: ARG002 - all keys are alike
        return self._QUESTION

    def place(self, key: str, shape: str) -> Place:  # noqa: ARG002 - all classes are alike
        return Place(self, self)


def struct_of(name: str, fields: Iterable[tuple[str, Form, bool]], *, named: bool = False) -> Form:
    """A form of an object with these (key, type, always there) and no other keys.

    Unless `named`, its attributes are numbered (`at0`, ...): keys may hold blanks.
    """
    listed = list(fields)
    names = {key if named else f"at{place}": key for place, (key, _, _) in enumerate(listed)}
    made: list[tuple[str, Form] | tuple[str, Form, Form]] = [
        (attribute, form) if always else (attribute, form | UnsetType, UNSET)
        for attribute, (_, form, always) in zip(names, listed, strict=True)
    ]
    return msgspec.defstruct(name, made, rename=names, forbid_unknown_fields=True, gc=False, kw_only=True)


class PlainForm:
    """The form of an entry under the import schema alone, and the count of what arrived in it."""

    type = PlainEntry
    answers = ground = _Anything()

    def tally(self, entry: PlainEntry) -> Tally | None:
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
        return Tally(keys, weight, (("classification-unset", unset),) if unset else ())


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
