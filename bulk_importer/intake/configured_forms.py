"""The fast accept compiled from a label configuration: its classes become types, its options become literals.

One decoding then proves the grammar, the import schema and the label configuration at once, in C, for hardly more
than the plain form costs (see `forms`, whose rules hold here too). What the configuration leaves open is counted
here: which classifications are not given, which stay unset.

A form accepts only what is worth no error and no warning. Keys in another case, a line under a polygon class, classes
of one key, and nested classifications of a flat configuration are left to the exact look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import astuple

from bulk_importer.datagym.label_config import ClassType, LabelClass, LabelConfig
from bulk_importer.intake.forms import Exported, Line, OnePoint, OneRectangle, Polygon, Tally

__all__ = ["ConfiguredForm"]

# Types that exist only at run time have no static type.
Form: TypeAlias = Any

_SHAPES: dict[ClassType, tuple[str, Form, int]] = {  # key, type, keys of each element
    ClassType.POLYGON: ("polygon", Polygon, 2),
    ClassType.LINE: ("line", Line, 2),
    ClassType.POINT: ("point", OnePoint, 2),
    ClassType.RECTANGLE: ("rectangle", OneRectangle, 4),
}
_LONGEST_TEXT = 255


class ConfiguredForm:
    """The form of an entry under one label configuration, and the count of what arrived in it."""

    def __init__(self, config: LabelConfig) -> None:
        self._questions = _questions(config.roots, nested=not config.flat)
        below = _questions(config.roots, nested=False) if config.flat else None
        self._groups = _groups(config.roots, below, config.roots if config.flat else None)
        fields: list[tuple[str, Form, Form] | tuple[str, Form]] = [
            ("global_classifications", _answers_form(self._questions) | UnsetType, UNSET),
            ("internal_media_ID", str),
            ("keepData", bool | UnsetType, UNSET),
            (
                "labels",
                _classes_form("Labels", self._groups) | UnsetType,
                UNSET,
            ),
        ]
        self.type: Form = msgspec.defstruct(
            "ConfiguredEntry", fields, bases=(Exported,), forbid_unknown_fields=True, gc=False, kw_only=True
        )

    def tally(self, entry: Form) -> Tally | None:
        """Count a decoded entry; None if it needs the exact look. Takes the keys of an export out of it."""
        count = _Count(keys=1 + entry.forget_export() + (entry.keepData is not UNSET))
        if not _count_answers(entry.global_classifications, self._questions, count):
            return None
        if entry.labels is not UNSET:
            count.keys += 1
            for group, geometries in zip(self._groups, astuple(entry.labels), strict=True):
                if geometries is not UNSET:
                    count.keys += 1
                    if not group.count(geometries, count):
                        return None
        return Tally(count.keys, count.weight, count.notes())


@dataclass(slots=True)
class _Count:
    """What was seen of one entry; it grows while the entry is walked."""

    keys: int
    weight: int = 1
    unset: int = 0
    deprecated: int = 0
    omitted: int = 0
    required: int = 0

    def notes(self) -> tuple[tuple[str, int], ...]:
        notes = (
            ("classification-omitted", self.omitted),
            ("classification-unset", self.unset),
            ("geometry-deprecated", self.deprecated),
            ("required-omitted", self.required),
        )
        return tuple(note for note in notes if note[1])


@dataclass(slots=True)
class _Question:
    """A classification: the form of its list of values, and how they are counted.

    `children` are the nested ones; `optional` and `required_below` say how many of them are of either kind.
    """

    key: str
    type: ClassType
    required: bool
    longest: int
    children: tuple[_Question, ...]
    form: Form = field(init=False)
    optional: int = field(init=False)
    required_below: int = field(init=False)

    def count(self, values: Sequence[Form], count: _Count) -> bool:
        """Count the values of one answer; False if they need the exact look."""
        texts = 0
        reached = False
        for place, value in enumerate(values):
            if type(value) is str:
                texts += 1
                if self.type is ClassType.FREETEXT and not value.isascii() and 2 * len(value) > self.longest:
                    return False  # the server counts UTF-16 units
            elif value is not None:
                if place != 1 or not self._count_nested(value, count):
                    return False
                reached = True
            elif place:
                return False
        if texts > 1 and self.type is not ClassType.CHECKLIST:
            return False
        count.weight += texts
        if not texts:
            self.count_missing(count, given=True)
        if self.children and not reached:
            count.omitted += self.optional
            count.required += self.required_below
        return True

    def count_missing(self, count: _Count, *, given: bool) -> None:
        """Note that there is no answer: the question was not put, or put without a value."""
        if self.required:
            count.required += 1
        elif given:
            count.unset += 1
        else:
            count.omitted += 1

    def _count_nested(self, answers: Form, count: _Count) -> bool:
        given = astuple(answers)
        if given.count(UNSET) != len(given) - 1:
            return False
        for child, values in zip(self.children, given, strict=True):
            if values is UNSET:
                child.count_missing(count, given=False)
            else:
                count.keys += 1
                if not child.count(values, count):
                    return False
        return True


def _count_answers(answers: Form, questions: tuple[_Question, ...], count: _Count) -> bool:
    if answers is UNSET:
        for question in questions:
            question.count_missing(count, given=False)
        return True
    count.keys += 1
    for question, values in zip(questions, astuple(answers), strict=True):
        if values is UNSET:
            question.count_missing(count, given=False)
        else:
            count.keys += 1
            if not question.count(values, count):
                return False
    return True


@dataclass(slots=True)
class _Group:
    """The geometries under one class."""

    key: str
    form: Form
    shape: Callable[[Form], Form]
    keys_each: int
    writes_points: bool
    questions: tuple[_Question, ...]
    nested: tuple[_Group, ...] | None

    def count(self, geometries: list[Form], count: _Count) -> bool:
        """Count the geometries; False if one needs the exact look."""
        for geometry in geometries:
            elements = self.shape(geometry)
            if elements is UNSET:
                elements = geometry.geometry
                if elements is UNSET:
                    return False
                count.deprecated += 1
                count.weight += 1 + len(elements)
            elif geometry.geometry is not UNSET:
                return False
            else:
                count.weight += 1 + len(elements) if self.writes_points else 1
            count.keys += 1 + self.keys_each * len(elements)
            if not _count_answers(geometry.classifications, self.questions, count):
                return False
            if self.nested is not None and geometry.nested_geometries is not UNSET:
                count.keys += 1
                for group, inner in zip(self.nested, astuple(geometry.nested_geometries), strict=True):
                    if inner is not UNSET:
                        count.keys += 1
                        if not group.count(inner, count):
                            return False
        return True


def _groups(
    classes: Iterable[LabelClass],
    questions: tuple[_Question, ...] | None,
    nested: tuple[LabelClass, ...] | None,
) -> tuple[_Group, ...]:
    """The classes of geometries at the root. In a flat configuration, what stands below each is given."""
    made = []
    for each in _distinct(classes):
        if each.type in _SHAPES:
            inner = tuple(
                _group(child, questions, None)
                for child in _distinct(nested or each.children)
                if child.type in _SHAPES
            )
            made.append(_group(each, questions, inner))
    return tuple(made)


def _group(
    label: LabelClass, questions: tuple[_Question, ...] | None, nested: tuple[_Group, ...] | None
) -> _Group:
    key, shape, keys_each = _SHAPES[label.type]
    if questions is None:
        questions = _questions(label.children, nested=True)
    fields = {"classifications": _answers_form(questions), "geometry": shape, key: shape}
    if nested is not None:
        fields["nested_geometries"] = _classes_form("Nested", nested)
    form = _struct("Geometry", sorted(fields.items()), named=True)
    return _Group(label.key, form, attrgetter(key), keys_each, key in {"polygon", "line"}, questions, nested)


def _questions(classes: Iterable[LabelClass], *, nested: bool) -> tuple[_Question, ...]:
    return tuple(_question(each, nested=nested) for each in _distinct(classes) if each.type.is_classification)


def _question(label: LabelClass, *, nested: bool) -> _Question:
    children = _questions(label.children, nested=True) if nested else ()
    longest = min(label.max_length if label.max_length is not None else _LONGEST_TEXT, _LONGEST_TEXT)
    made = _Question(label.key, label.type, label.required, longest, children)
    made.form = _values_form(label, longest, children)
    made.required_below = sum(child.required for child in children)
    made.optional = len(children) - made.required_below
    return made


def _values_form(label: LabelClass, longest: int, children: tuple[_Question, ...]) -> Form:
    """The form of the list of values of a classification."""
    value: Form = None
    if label.type is ClassType.FREETEXT:
        value = Annotated[str, Meta(min_length=int(label.required), max_length=longest)] | None
    elif label.options is None:
        value = Annotated[str, Meta(max_length=_LONGEST_TEXT)] | None
    else:
        options = tuple(option for option in label.options if len(option) <= _LONGEST_TEXT)
        if options:
            value = Literal[options] | None
    if children:
        value = value | _answers_form(children) if value is not None else _answers_form(children) | None
    values = list[value]
    if label.type is ClassType.CHECKLIST:
        return values
    return Annotated[values, Meta(max_length=2 if children else 1)]


def _answers_form(questions: tuple[_Question, ...]) -> Form:
    return _struct("Answers", [(each.key, each.form) for each in questions])


def _classes_form(name: str, groups: tuple[_Group, ...]) -> Form:
    return _struct(name, [(each.key, list.__class_getitem__(each.form)) for each in groups])


def _struct(name: str, fields: Iterable[tuple[str, Form]], *, named: bool = False) -> Form:
    """A form whose keys may all be missing. Unless `named`, its attributes are numbered: keys may hold blanks."""
    listed = list(fields)
    names = {key if named else f"at{place}": key for place, (key, _) in enumerate(listed)}
    return msgspec.defstruct(
        name,
        [(attribute, form | UnsetType, UNSET) for attribute, (_, form) in zip(names, listed, strict=True)],
        rename=names,
        forbid_unknown_fields=True,
        gc=False,
    )


def _distinct(classes: Iterable[LabelClass]) -> list[LabelClass]:
    """Those whose key no other one of the same place has."""
    listed = list(classes)
    times = Counter(each.key for each in listed)
    return [each for each in listed if times[each.key] == 1]
