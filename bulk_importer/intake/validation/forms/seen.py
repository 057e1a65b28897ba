"""What the entries of an input have looked like so far: what a form is narrowed by.

Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import UNSET, UnsetType

from bulk_importer.intake.validation.forms.code import Form

__all__ = ["Seen", "learn"]

# Looking up keys of an object takes time in proportion to the keys that a form has.
_MOST_KEYS = 64
# Each level of classifications in others takes two of the hundred levels that a program may be indented.
_MOST_LEVELS = 8


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
class Seen:
    """What stood at one place: how many `times` in all, and what was part of it, by key, how often each.

    The parts of an entry, of classes, of a geometry and of classifications are what stands under their keys; those of a
    list of geometries are `each`; those of the values of a classification are `null` (alone), `several` (texts),
    `mixed` (anything else but one text), and `below`, the classifications in them.
    """

    times: int = 0
    parts: dict[str, Seen] = field(default_factory=dict)

    def always(self, key: str) -> bool:
        """Whether that was part of it each time."""
        return key in self.parts and self.parts[key].times == self.times

    def again(self, key: str) -> Seen:
        """Take note of a part; of one too many, in vain."""
        if key not in self.parts and len(self.parts) == _MOST_KEYS:
            return Seen()
        part = self.parts.setdefault(key, Seen())
        part.times += 1
        return part

    def meet(self, keys: Collection[str]) -> tuple[list[Seen], int]:
        """Take note of all parts of something that was just counted; gives them, and how much of that is new.

        What a form is made of only ever grows: by parts that come first, and by those that are missing first.
        """
        before = len(self.parts)
        left_out = sum(part.times == self.times - 1 for key, part in self.parts.items() if key not in keys)
        met = [self.again(key) for key in keys]
        return met, len(self.parts) - before + left_out


def learn(seen: Seen, raw: bytes) -> bool:
    """Take in an entry that is accepted without a warning. Whether a form changes by it."""
    try:
        entry = _decode(raw)
    except msgspec.ValidationError:  # what is nested may be no object
        return False
    seen.times += 1
    news = 0
    if entry.global_classifications is not UNSET:
        news += _learn_answers(seen.again("global_classifications"), entry.global_classifications)
    if entry.labels is not UNSET:
        news += _learn_classes(seen.again("labels"), entry.labels)
    return news > 0


def _learn_answers(seen: Seen, answers: Mapping[str, Sequence[Form]], level: int = 1) -> int:
    met, news = seen.meet(answers.keys())
    for part, values in zip(met, answers.values(), strict=True):
        news += _learn_values(part, values, level)
    return news


def _learn_values(seen: Seen, values: Sequence[Form], level: int) -> int:
    before, news = len(seen.parts), 0
    if values == [None]:
        seen.again("null")
    elif not values or not all(isinstance(value, str) for value in values):
        seen.again("mixed")
    elif len(values) > 1:
        seen.again("several")
    for value in values:
        if isinstance(value, dict) and level < _MOST_LEVELS:
            news += _learn_answers(seen.again("below"), value, level + 1)
    return news + len(seen.parts) - before


def _learn_classes(seen: Seen, classes: Mapping[str, Sequence[_Geometry]]) -> int:
    met, news = seen.meet(classes.keys())
    for listed, geometries in zip(met, classes.values(), strict=True):
        for each in geometries:
            news += _learn_geometry(listed.again("each"), each)
    return news


def _learn_geometry(seen: Seen, geometry: _Geometry) -> int:
    given = {key: getattr(geometry, key) for key in geometry.__struct_fields__}
    given = {key: value for key, value in given.items() if value is not UNSET}
    met, news = seen.meet(given.keys())
    for (key, value), part in zip(given.items(), met, strict=True):
        if key == "classifications":
            news += _learn_answers(part, value)
        elif key == "nested_geometries":
            news += _learn_classes(part, value)
    return news
