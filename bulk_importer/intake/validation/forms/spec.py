"""What may stand in an entry, whatever it looks like: read from a label configuration, or open where there is none.

Only what is worth no error and no warning: keys in another case, a line under a polygon class, classes of one key and
the like are in no specification, so that no form made of it takes them.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta

from bulk_importer.intake.validation.forms.code import Form
from bulk_importer.intake.validation.forms.coordinates import SHAPES, Shape
from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType, LabelClass, LabelConfig

__all__ = ["OPEN", "Answers", "Classes", "Place", "Question", "Spec", "spec_of"]

_SHAPES = {
    ClassType.POLYGON: "polygon",
    ClassType.LINE: "line",
    ClassType.POINT: "point",
    ClassType.RECTANGLE: "rectangle",
}
_LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class Question:
    """A classification.

    Attributes:
        text: the type of one of its texts; None where none is possible.
        may_have_several: texts.
        is_required: the configuration wants it answered.
        is_expected: a note is due where it is not given.
        most_units: UTF-16 units of a text, as the server counts; None where nobody does.
        below: the classifications that may stand in it; None: those among which it stands itself.
    """

    text: Form
    may_have_several: bool
    is_required: bool = False
    is_expected: bool = False
    most_units: int | None = None
    below: Answers | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """The classifications that may stand at one place.

    Attributes:
        questions: those of known keys.
        other: what every other key means, where keys are not known.
        optional, required: how many notes are due of either kind where none of them is given.
    """

    questions: Mapping[str, Question] = field(default_factory=dict)
    other: Question | None = None
    optional: int = 0
    required: int = 0

    def question(self, key: str) -> Question | None:
        """The classification of that key."""
        return self.questions.get(key, self.other)


@dataclass(frozen=True, slots=True)
class Place:
    """What may stand in the geometries of one class: one of `shapes`, by the key of coordinates, and more."""

    shapes: Mapping[str, Shape]
    answers: Answers
    nested: Classes | None


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of geometries that may stand at one place; `other` is that of any key, where they are not known."""

    places: Mapping[str, Place] = field(default_factory=dict)
    other: Place | None = None

    def place(self, key: str) -> Place | None:
        """The class of that key."""
        return self.places.get(key, self.other)


@dataclass(frozen=True, slots=True)
class Spec:
    """What may stand in an entry."""

    answers: Answers
    classes: Classes


_ANY_ANSWERS = Answers(other=Question(Annotated[str, Meta(max_length=_LONGEST_TEXT)], may_have_several=True))
_ANY_CLASSES = Classes(other=Place(SHAPES, _ANY_ANSWERS, None))

OPEN = Spec(_ANY_ANSWERS, Classes(other=Place(SHAPES, _ANY_ANSWERS, _ANY_CLASSES)))
"""What the import schema alone allows."""


def spec_of(config: LabelConfig) -> Spec:
    """What a configuration allows. A flat one lets every class stand everywhere, and expects nothing."""
    if not config.flat:
        return Spec(_answers(config.roots), _classes(config.roots, nesting=True))
    everything = _answers(config.roots, is_flat=True)
    inner = _flat_classes(config.roots, everything, None)
    return Spec(everything, _flat_classes(config.roots, everything, inner))


def _distinct(classes: Iterable[LabelClass]) -> list[LabelClass]:
    """Those whose key no other one of the same place has."""
    listed = list(classes)
    times = Counter(each.key for each in listed)
    return [each for each in listed if times[each.key] == 1]


def _classes(labels: Iterable[LabelClass], *, nesting: bool) -> Classes:
    return Classes(
        {
            each.key: Place(
                _shapes_of(each),
                _answers(each.children),
                _classes(each.children, nesting=False) if nesting else None,
            )
            for each in _distinct(labels)
            if each.type in _SHAPES
        }
    )


def _flat_classes(labels: Iterable[LabelClass], answers: Answers, nested: Classes | None) -> Classes:
    drawn = [each for each in _distinct(labels) if each.type in _SHAPES]
    return Classes({each.key: Place(_shapes_of(each), answers, nested) for each in drawn})


def _shapes_of(label: LabelClass) -> dict[str, Shape]:
    """The coordinates of a class, under their own key or the deprecated one."""
    key = _SHAPES[label.type]
    return {key: SHAPES[key], "geometry": SHAPES[key]}


def _answers(labels: Iterable[LabelClass], *, is_flat: bool = False) -> Answers:
    listed = list(labels)
    questions = {
        each.key: _question(each, is_flat=is_flat)
        for each in _distinct(listed)
        if each.type in CLASSIFICATIONS
    }
    if is_flat:
        return Answers(questions)
    # As `Meaning` expects them: of one key the checklist, where there are several.
    asked = sorted(
        (each for each in listed if each.type in CLASSIFICATIONS),
        key=lambda each: each.type is ClassType.CHECKLIST,
    )
    required = [each.required for each in {each.key: each for each in asked}.values()]
    return Answers(questions, None, required.count(False), required.count(True))


def _question(label: LabelClass, *, is_flat: bool) -> Question:
    return Question(
        _text(label),
        may_have_several=label.type is ClassType.CHECKLIST,
        is_required=label.required,
        is_expected=not is_flat,
        most_units=label.max_length if label.type is ClassType.FREETEXT else None,
        below=None if is_flat else _answers(label.children),
    )


def _text(label: LabelClass) -> Form:
    if label.type is ClassType.FREETEXT:
        longest = _LONGEST_TEXT if label.max_length is None else min(label.max_length, _LONGEST_TEXT)
        return Annotated[str, Meta(min_length=int(label.required), max_length=longest)]
    if label.options is None:
        return Annotated[str, Meta(max_length=_LONGEST_TEXT)]
    options = tuple(option for option in label.options if len(option) <= _LONGEST_TEXT)
    return Literal[options] if options else None
