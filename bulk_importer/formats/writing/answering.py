"""Turns attributes into classifications: arrays of values with the answers that hang on them.

Pure. The import format has one place for children, the second of the array, with room for one child that has values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from bulk_importer.formats.model import Answer
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.formats.writing.places import Place, Question
from bulk_importer.labels.label_config import ClassType

__all__ = ["Answers", "Complain", "Filled", "answers_of", "written"]

Complain: TypeAlias = Callable[[str, str, str, str], None]
"""Called with a code, the name of the attribute, what is expected, and what is there."""


class Filled:
    """What is said to one question: its values, and the filled questions that hang on it."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.values: list[str] = []
        self.below: dict[str, Filled] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return not self.values and not self.below


Answers: TypeAlias = dict[str, Filled]
"""Filled questions by their keys."""


def answers_of(
    attributes: Mapping[str, Answer], place: Place, label: str, class_map: ClassMap, complain: Complain
) -> Answers:
    """The questions that attributes answer at a place of the configuration; `complain` hears of what finds none."""
    found: Answers = {}
    for name, answer in attributes.items():
        key = class_map.attribute(label, name)
        if key is None:
            complain("attribute-left-out", name, "", name)
            continue
        question = place.question(key)
        if question is None:
            complain("attribute-unmapped", name, place.meant_question(key), key)
            continue
        add_answer(found, question, name, answer, label, class_map, complain)
    return {key: filled for key, filled in found.items() if not filled.is_empty}


def add_answer(
    found: Answers,
    question: Question,
    name: str,
    answer: Answer,
    label: str,
    class_map: ClassMap,
    complain: Complain,
) -> None:
    """Add what one attribute answers to the filled questions."""
    filled = found.setdefault(question.key, Filled(question))
    for value in answer.values:
        meaning = class_map.option(name, value)
        if meaning is None:
            complain("option-left-out", name, "", value)
            continue
        option = question.option(meaning)
        if option is None:
            complain("option-unmapped", name, question.meant(meaning), meaning)
        elif option in filled.values:
            continue
        elif filled.values and question.label is not None and question.label.type is not ClassType.CHECKLIST:
            complain("answers-several", name, f"one value, {filled.values[0]!r} is taken", option)
        else:
            filled.values.append(option)
    for key, each in answers_of(answer.below, question.below, label, class_map, complain).items():
        filled.below[key] = each


def written(filled: Filled, name: str, complain: Complain) -> list[Any]:
    """The array of a filled question; of several children with values the first, `complain` hears of the others."""
    first: dict[str, list[Any]] = {}
    for key, each in filled.below.items():
        if first:
            complain("answers-several", f"{name}.{key}", "one answer below another", key)
        else:
            first[key] = written(each, f"{name}.{key}", complain)
    head: list[str | None] = [*filled.values[:1]] or [None]
    return [*head, *([first] if first else []), *filled.values[1:]]
