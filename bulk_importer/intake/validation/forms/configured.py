"""The fast accept compiled from a label configuration: its classes become types, its options become literals.

One decoding then proves the grammar, the import schema and the label configuration at once, in C, for hardly more
than the plain form costs (see `plain`, whose rules hold here too). What the configuration leaves open is counted
here: which classifications are not given, which stay unset.

A form accepts only what is worth no error and no warning. Keys in another case, a line under a polygon class, classes
of one key, and nested classifications of a flat configuration are left to the exact look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import astuple

from bulk_importer.intake.validation.forms.coordinates import SHAPES, Point
from bulk_importer.intake.validation.forms.plain import has_twice
from bulk_importer.intake.validation.forms.wide import ElementCount, Form, Place, Question, struct_of
from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType, LabelClass, LabelConfig

__all__ = ["ConfiguredForm"]

_SHAPES = {
    ClassType.POLYGON: "polygon",
    ClassType.LINE: "line",
    ClassType.POINT: "point",
    ClassType.RECTANGLE: "rectangle",
}
_LONGEST_TEXT = 255


class ConfiguredForm:
    """The form of an entry under one label configuration, and the count of what arrived in it."""

    def __init__(self, config: LabelConfig) -> None:
        self.answers = _asked(config.roots, nested=not config.flat)
        self._groups = _groups(config.roots, flat=config.flat)
        self.ground = _Classes(self._groups)
        fields: list[tuple[str, Form, Form] | tuple[str, Form]] = [
            ("global_classifications", self.answers.form | UnsetType, UNSET),
            ("internal_media_ID", str),
            ("keepData", bool | UnsetType, UNSET),
            ("labels", _classes_form("Labels", self._groups) | UnsetType, UNSET),
        ]
        self.type: Form = msgspec.defstruct("ConfiguredEntry", fields, gc=False, kw_only=True)

    def tally(self, entry: Form) -> ElementCount | None:
        """Count a decoded entry; None if it needs the exact look."""
        count = _Count(keys=1 + (entry.keepData is not UNSET))
        if entry.global_classifications is UNSET:
            self.answers.count_none(1, count)
        elif not self.answers.count(entry.global_classifications, count):
            return None
        if entry.labels is not UNSET:
            count.keys += 1
            if not _count_groups(entry.labels, self._groups, count):
                return None
        return ElementCount(count.keys, count.weight, count.notes())


@dataclass(slots=True)
class _Count:
    """What was seen of one entry; it grows while the entry is walked."""

    keys: int
    weight: int = 1
    unset: int = 0
    deprecated: int = 0
    omitted: int = 0
    required: int = 0

    def notes(self) -> list[tuple[str, int]]:
        notes = []
        if self.omitted:
            notes.append(("classification-omitted", self.omitted))
        if self.unset:
            notes.append(("classification-unset", self.unset))
        if self.deprecated:
            notes.append(("geometry-deprecated", self.deprecated))
        if self.required:
            notes.append(("required-omitted", self.required))
        return notes


@dataclass(slots=True)
class _Question:
    """A classification: the form of its list of values, and how they are counted.

    Attributes:
        longest: of a text, in UTF-16 units.
        below: the nested ones.
        value: the form of a text; None where none is possible.
        is_plain: a single text in ASCII needs no closer look than its form gave it.
    """

    key: str
    type: ClassType
    required: bool
    longest: int
    below: _Asked
    value: Form
    form: Form
    is_plain: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_plain = not self.below.questions

    def narrow(self) -> Question | None:
        """The question for a narrow form: texts alone, of no length that needs a closer look; None without values."""
        if self.value is None:
            return None
        one: Form = self.value
        if self.type is ClassType.FREETEXT:
            # The server counts UTF-16 units, of which a character has at most two.
            one = Annotated[str, Meta(min_length=int(self.required), max_length=self.longest // 2)]
        texts = list[one]
        many = Annotated[texts, Meta(min_length=1)]
        return Question(
            tuple[one],
            many if self.type is ClassType.CHECKLIST else None,
            self.below.optional - (not self.required),
            self.below.required - self.required,
        )

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
                if place != 1 or not self.below.count_one(value, count):
                    return False
                reached = True
            elif place:
                return False
        if texts > 1 and (self.type is not ClassType.CHECKLIST or has_twice(values)):
            return False
        count.weight += texts
        if not texts:
            if self.required:
                count.required += 1
            else:
                count.unset += 1
        if not reached:
            self.below.count_none(1, count)
        return True


class _Asked:
    """The classifications that can be answered at one place."""

    def __init__(self, questions: tuple[_Question, ...]) -> None:
        self.questions = questions
        self.places = tuple(enumerate(questions))
        self.required = sum(question.required for question in questions)
        self.optional = len(questions) - self.required
        self.form = struct_of("Answers", [(each.key, each.form, False) for each in questions])
        self._narrow = {each.key: each.narrow() for each in questions}

    def question(self, key: str) -> Question | None:
        """The classification of that key, for a narrow form."""
        return self._narrow[key]

    def count(self, answers: Form, count: _Count) -> bool:
        """Count the answers that were given; False if one needs the exact look."""
        keys = 1
        given = astuple(answers)
        for place, question in self.places:  # `zip(strict=True)` costs as much as a question
            values = given[place]
            if values is UNSET:
                if question.required:
                    count.required += 1
                else:
                    count.omitted += 1
                continue
            keys += 1
            if question.is_plain and len(values) == 1 and type(values[0]) is str and values[0].isascii():
                count.weight += 1
            elif not question.count(values, count):
                return False
        count.keys += keys
        return True

    def count_none(self, times: int, count: _Count) -> None:
        """Note that none was answered at so many places."""
        count.omitted += times * self.optional
        count.required += times * self.required

    def count_one(self, answers: Form, count: _Count) -> bool:
        """Count nested answers, of which the server reads the first alone; False if they need the exact look."""
        given = len(self.questions) - astuple(answers).count(UNSET)
        count.keys -= 1  # the object of nested answers stands in a list, under no key of its own
        return given == 1 and self.count(answers, count)


@dataclass(slots=True)
class _Group:
    """The geometries under one class."""

    key: str
    form: Form
    shape_key: str
    shape: Callable[[Form], Form]
    keys_each: int
    writes_points: bool
    has_flat: Callable[[Iterable[Sequence[Point] | UnsetType]], bool] | None
    asked: _Asked
    nested: tuple[_Group, ...] | None

    def count(self, geometries: list[Form], count: _Count) -> bool:
        """Count the geometries; False if one needs the exact look."""
        total = unasked = 0
        shape, asked, nested = self.shape, self.asked, self.nested  # a third of the time goes into look-ups
        for geometry in geometries:
            elements = shape(geometry)
            if elements is UNSET or geometry.geometry is not UNSET:
                elements = geometry.geometry
                if elements is UNSET or shape(geometry) is not UNSET:
                    return False
                if self.has_flat is not None and self.has_flat((elements,)):
                    return False
                count.deprecated += 1
                count.weight += 0 if self.writes_points else len(elements)
            total += len(elements)
            if geometry.classifications is UNSET:
                unasked += 1
            elif not asked.count(geometry.classifications, count):
                return False
            if nested is not None and geometry.nested_geometries is not UNSET:
                count.keys += 1
                if not _count_groups(geometry.nested_geometries, nested, count):
                    return False
        if self.has_flat is not None and self.has_flat(map(shape, geometries)):
            return False
        asked.count_none(unasked, count)
        count.keys += len(geometries) + self.keys_each * total
        count.weight += len(geometries) + (total if self.writes_points else 0)
        return True


class _Classes:
    """The classes at one place, for a narrow form."""

    def __init__(self, groups: Iterable[_Group]) -> None:
        self._groups = {each.key: each for each in groups}

    def place(self, key: str, shape: str) -> Place | None:
        """Where geometries of that class and shape stand."""
        group = self._groups[key]
        if shape not in {group.shape_key, ""}:
            return None
        return Place(group.asked, None if group.nested is None else _Classes(group.nested))


def _count_groups(classes: Form, groups: tuple[_Group, ...], count: _Count) -> bool:
    for place, geometries in enumerate(astuple(classes)):
        if geometries is not UNSET:
            count.keys += 1
            if not groups[place].count(geometries, count):
                return False
    return True


def _groups(classes: Iterable[LabelClass], *, flat: bool) -> tuple[_Group, ...]:
    """The classes of geometries at the root. In a flat configuration, everything stands below each."""
    listed = _distinct(classes)
    everything = _asked(listed, nested=False) if flat else None
    inner = tuple(_group(each, everything, None) for each in listed if each.type in _SHAPES) if flat else None
    made = []
    for each in listed:
        if each.type in _SHAPES:
            below = inner
            if below is None:
                children = _distinct(each.children)
                below = tuple(_group(child, None, None) for child in children if child.type in _SHAPES)
            made.append(_group(each, everything, below))
    return tuple(made)


def _group(label: LabelClass, asked: _Asked | None, nested: tuple[_Group, ...] | None) -> _Group:
    key = _SHAPES[label.type]
    shape = SHAPES[key]
    if asked is None:
        asked = _asked(label.children, nested=True)
    fields = {"classifications": asked.form, "geometry": shape.type, key: shape.type}
    if nested is not None:
        fields["nested_geometries"] = _classes_form("Nested", nested)
    form = struct_of("Geometry", [(key, fields[key], False) for key in sorted(fields)], named=True)
    return _Group(
        label.key,
        form,
        key,
        attrgetter(key),
        shape.keys_each,
        shape.writes_points,
        shape.has_flat,
        asked,
        nested,
    )


def _asked(classes: Iterable[LabelClass], *, nested: bool) -> _Asked:
    listed = [each for each in _distinct(classes) if each.type in CLASSIFICATIONS]
    return _Asked(tuple(_question(each, nested=nested) for each in listed))


def _question(label: LabelClass, *, nested: bool) -> _Question:
    below = _asked(label.children if nested else (), nested=True)
    longest = min(label.max_length if label.max_length is not None else _LONGEST_TEXT, _LONGEST_TEXT)
    text = _value_form(label, longest)
    values = _values_form(label, text, below)
    return _Question(label.key, label.type, label.required, longest, below, text, values)


def _value_form(label: LabelClass, longest: int) -> Form:
    """The form of a text of a classification; None where none is possible."""
    if label.type is ClassType.FREETEXT:
        return Annotated[str, Meta(min_length=int(label.required), max_length=longest)]
    if label.options is None:
        return Annotated[str, Meta(max_length=_LONGEST_TEXT)]
    options = tuple(option for option in label.options if len(option) <= _LONGEST_TEXT)
    return Literal[options] if options else None


def _values_form(label: LabelClass, text: Form, below: _Asked) -> Form:
    """The form of the list of values of a classification."""
    value: Form = None if text is None else text | None
    if below.questions:
        value = below.form | None if value is None else value | below.form
    values = list[value]
    if label.type is ClassType.CHECKLIST:
        return values
    return Annotated[values, Meta(max_length=2 if below.questions else 1)]


def _classes_form(name: str, groups: tuple[_Group, ...]) -> Form:
    return struct_of(name, [(each.key, list.__class_getitem__(each.form), False) for each in groups])


def _distinct(classes: Iterable[LabelClass]) -> list[LabelClass]:
    """Those whose key no other one of the same place has."""
    listed = list(classes)
    times = Counter(each.key for each in listed)
    return [each for each in listed if times[each.key] == 1]
