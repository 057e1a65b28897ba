"""What the entries of an input have looked like so far: what a form is narrowed by.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, UnsetType

from bulk_importer.intake.validation.forms.types import Form

__all__ = ["SeenAnswers", "SeenClasses", "SeenEntry", "SeenPlace", "SeenValues"]

# Looking up keys of an object takes time in proportion to the keys that a form has.
_MOST_KEYS = 64
_SHAPES = ("geometry", "line", "point", "polygon", "rectangle")


class _Geometry(msgspec.Struct, gc=False):
    """What is learnt from a geometry."""

    classifications: dict[str, list[Form]] | UnsetType = UNSET
    geometry: msgspec.Raw | UnsetType = UNSET
    line: msgspec.Raw | UnsetType = UNSET
    nested_geometries: dict[str, list[_Geometry]] | UnsetType = UNSET
    point: msgspec.Raw | UnsetType = UNSET
    polygon: msgspec.Raw | UnsetType = UNSET
    rectangle: msgspec.Raw | UnsetType = UNSET


class _Entry(msgspec.Struct, gc=False):
    """The same of an entry."""

    global_classifications: dict[str, list[Form]] | UnsetType = UNSET
    labels: dict[str, list[_Geometry]] | UnsetType = UNSET


_decode = msgspec.json.Decoder(_Entry).decode


@dataclass(slots=True)
class SeenAnswers:
    """`times`: how often classifications were given at a place; `given`: which, and how often each."""

    times: int = 0
    given: dict[str, SeenValues] = field(default_factory=dict)

    def learn(self, answers: dict[str, list[Form]]) -> None:
        self.times += 1
        for key, values in answers.items():
            if key in self.given or len(self.given) < _MOST_KEYS:
                self.given.setdefault(key, SeenValues()).learn(values)

    def pattern(self) -> object:
        """What a form is made of."""
        given = {key: (each.times == self.times, each.pattern()) for key, each in self.given.items()}
        return bool(self.times), given


@dataclass(slots=True)
class SeenValues:
    """How the values of a classification stood: `times` in all, and whether ever as null, as several, as more."""

    times: int = 0
    is_null: bool = False
    is_several: bool = False
    is_mixed: bool = False
    below: SeenAnswers = field(default_factory=SeenAnswers)

    def learn(self, values: list[Form]) -> None:
        self.times += 1
        if values == [None]:
            self.is_null = True
        elif not values or not all(isinstance(value, str) for value in values):
            self.is_mixed = True
        elif len(values) > 1:
            self.is_several = True
        for value in values:
            if isinstance(value, dict):
                self.below.learn(value)

    def pattern(self) -> object:
        return self.is_null, self.is_several, self.is_mixed, self.below.pattern()


@dataclass(slots=True)
class SeenClasses:
    """`times`: how often an object of classes stood at a place; `places`: the classes in it."""

    times: int = 0
    places: dict[str, SeenPlace] = field(default_factory=dict)

    def learn(self, classes: dict[str, list[_Geometry]]) -> None:
        self.times += 1
        for key, geometries in classes.items():
            if key in self.places or len(self.places) < _MOST_KEYS:
                self.places.setdefault(key, SeenPlace()).learn(geometries)

    def pattern(self) -> object:
        return bool(self.times), {
            key: (each.lists == self.times, each.pattern()) for key, each in self.places.items()
        }


@dataclass(slots=True)
class SeenPlace:
    """`lists`: how many of a class were seen; `times`: how many geometries; `shapes`: the keys of their coordinates."""

    lists: int = 0
    times: int = 0
    shapes: set[str] = field(default_factory=set)
    answers: SeenAnswers = field(default_factory=SeenAnswers)
    nested: SeenClasses = field(default_factory=SeenClasses)

    def learn(self, geometries: list[_Geometry]) -> None:
        self.lists += 1
        for each in geometries:
            self._learn(each)

    def _learn(self, geometry: _Geometry) -> None:
        self.times += 1
        self.shapes.update(key for key in _SHAPES if getattr(geometry, key) is not UNSET)
        if geometry.classifications is not UNSET:
            self.answers.learn(geometry.classifications)
        if geometry.nested_geometries is not UNSET:
            self.nested.learn(geometry.nested_geometries)

    def pattern(self) -> object:
        answered, nested = self.answers.times == self.times, self.nested.times == self.times
        return frozenset(self.shapes), answered, self.answers.pattern(), nested, self.nested.pattern()


@dataclass(slots=True)
class SeenEntry:
    """All that was seen of an input."""

    answers: SeenAnswers = field(default_factory=SeenAnswers)
    classes: SeenClasses = field(default_factory=SeenClasses)

    def learn(self, raw: bytes) -> bool:
        """Take in an entry that is accepted without a warning. Whether a form changes by it."""
        try:
            entry = _decode(raw)
        except msgspec.ValidationError:  # what is nested may be no object
            return False
        before = self.pattern()
        if entry.global_classifications is not UNSET:
            self.answers.learn(entry.global_classifications)
        if entry.labels is not UNSET:
            self.classes.learn(entry.labels)
        return before != self.pattern()

    def pattern(self) -> object:
        return self.answers.pattern(), self.classes.pattern()
