"""What the entries of an input have looked like so far: what a narrow form is made of.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from bulk_importer.intake.validation.forms.coordinates import SHAPES
from bulk_importer.intake.validation.forms.wide import Answers, Form, Ground, WideForm

__all__ = ["SeenAnswers", "SeenEntry", "SeenPlace"]

# Looking up keys of an object takes time in proportion to the keys that a form has.
_MOST_KEYS = 64


class _Geometry(msgspec.Struct, gc=False):
    """What is learnt from a geometry that the wide form takes."""

    classifications: dict[str, list[Form]] | UnsetType = UNSET
    line: msgspec.Raw | UnsetType = UNSET
    nested_geometries: dict[str, list[_Geometry]] | UnsetType = UNSET
    point: msgspec.Raw | UnsetType = UNSET
    polygon: msgspec.Raw | UnsetType = UNSET
    rectangle: msgspec.Raw | UnsetType = UNSET

    @property
    def shape(self) -> str:
        """The key of its coordinates; empty if it is the deprecated one."""
        return next((key for key in SHAPES if getattr(self, key) is not UNSET), "")


_Classes: TypeAlias = dict[str, list[_Geometry]]


class _Entry(msgspec.Struct, gc=False):
    """The same of an entry."""

    global_classifications: dict[str, list[Form]] | UnsetType = UNSET
    labels: _Classes | UnsetType = UNSET


_decode = msgspec.json.Decoder(_Entry).decode


@dataclass(slots=True)
class _SeenQuestion:
    times: int = 0
    many: bool = False


@dataclass(slots=True)
class SeenAnswers:
    """`times`: how often classifications were given at a place; `given`: which, and how often each."""

    times: int = 0
    given: dict[str, _SeenQuestion] = field(default_factory=dict)

    def learn(self, answers: dict[str, list[str]]) -> None:
        self.times += 1
        for key, values in answers.items():
            seen = self.given.setdefault(key, _SeenQuestion())
            seen.times += 1
            seen.many = seen.many or len(values) > 1

    def pattern(self) -> object:
        """What a form is made of."""
        given = {key: (each.times == self.times, each.many) for key, each in self.given.items()}
        return bool(self.times), given


@dataclass(slots=True)
class SeenPlace:
    """`times`: how many geometries of a class were seen; `shape` is empty while there were none."""

    shape: str = ""
    times: int = 0
    answers: SeenAnswers = field(default_factory=SeenAnswers)
    is_nested: bool = False
    nested: dict[str, SeenPlace] = field(default_factory=dict)

    def learn(self, geometry: _Geometry) -> None:
        self.shape = geometry.shape
        self.times += 1
        if geometry.classifications is not UNSET:
            self.answers.learn(geometry.classifications)
        if geometry.nested_geometries is not UNSET:
            self.is_nested = True
            _learn_classes(geometry.nested_geometries, self.nested)

    def pattern(self) -> object:
        nested = {key: each.pattern() for key, each in self.nested.items()}
        answered = self.answers.times == self.times, self.answers.pattern()
        return self.shape, answered, self.is_nested, nested


@dataclass(slots=True)
class SeenEntry:
    """All that was seen of an input."""

    entries: int = 0
    answers: SeenAnswers = field(default_factory=SeenAnswers)
    classes: dict[str, SeenPlace] = field(default_factory=dict)

    def learn(self, raw: bytes, wide: WideForm) -> bool:
        """Take in an entry that the wide form accepts, if a narrow form can hold it. Whether the form changes by it."""
        entry = _decode(raw)
        given, classes = entry.global_classifications, {} if entry.labels is UNSET else entry.labels
        if not _fits_answers(given, self.answers, wide.answers):
            return False
        if not _fits_classes(classes, self.classes, wide.ground):
            return False
        before = self.pattern()
        self.entries += 1
        if given is not UNSET:
            self.answers.learn(given)
        _learn_classes(classes, self.classes)
        return before != self.pattern()

    def pattern(self) -> object:
        classes = {key: each.pattern() for key, each in self.classes.items()}
        return bool(self.entries), self.answers.pattern(), classes


def _learn_classes(classes: _Classes, seen: dict[str, SeenPlace]) -> None:
    for key, geometries in classes.items():
        place = seen.setdefault(key, SeenPlace())
        for geometry in geometries:
            place.learn(geometry)


def _fits_classes(classes: _Classes, seen: dict[str, SeenPlace], ground: Ground) -> bool:
    """Whether a narrow form can hold these geometries beside those that were seen."""
    if len(seen.keys() | classes.keys()) > _MOST_KEYS:
        return False
    return all(
        _fits_geometries(key, geometries, seen.get(key, SeenPlace()), ground)
        for key, geometries in classes.items()
    )


def _fits_geometries(key: str, geometries: list[_Geometry], seen: SeenPlace, ground: Ground) -> bool:
    shape = seen.shape or (geometries[0].shape if geometries else "")
    place = ground.place(key, shape)
    if place is None:
        return False
    for geometry in geometries:
        if not shape or geometry.shape != shape:
            return False
        if not _fits_answers(geometry.classifications, seen.answers, place.answers):
            return False
        nested = geometry.nested_geometries
        if nested is not UNSET and (
            place.nested is None or not _fits_classes(nested, seen.nested, place.nested)
        ):
            return False
    return True


def _fits_answers(given: dict[str, list[Form]] | UnsetType, seen: SeenAnswers, answers: Answers) -> bool:
    if given is UNSET:
        return True
    if len(seen.given.keys() | given.keys()) > _MOST_KEYS:
        return False
    for key, values in given.items():
        question = answers.question(key)
        if question is None or not values or (len(values) > 1 and question.many is None):
            return False
        if not all(isinstance(value, str) for value in values):
            return False
    return True
