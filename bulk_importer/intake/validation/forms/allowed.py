"""What may stand in an entry by a label configuration, or by the import schema alone.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from bulk_importer.intake.validation.forms.code import Form
from bulk_importer.intake.validation.forms.coordinates import SHAPES, Shape
from bulk_importer.intake.validation.forms.spec import Answers, Classes, Place, Question, Spec
from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType, LabelClass, LabelConfig

__all__ = ["OPEN", "spec_of"]

_SHAPES = {
    ClassType.POLYGON: "polygon",
    ClassType.LINE: "line",
    ClassType.POINT: "point",
    ClassType.RECTANGLE: "rectangle",
}
_LONGEST_TEXT = 255
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
