"""What a media holds, as a value: compared, changed by entries as the server changes it, and taken apart again.

Pure. It takes entries alone; what a server says that a media holds is written as entries first. Of each entry it
takes what the server does (protocol 2.7, 2.9): keepData false empties the media, geometries are added, and a global
classification is set in place, each of its nested ones by itself. Coordinates are doubles, which is how the server
keeps them; values are in no order; a classification without a value is none. Keys are equal where the server's
database takes them for equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from bulk_importer.labels.entry import lane_of

__all__ = ["Answer", "Difference", "Geometry", "Holding", "without_geometries"]


class Answer(msgspec.Struct, frozen=True):
    """What one classification is set to: its texts, sorted, and the answers of those that are nested in it."""

    texts: tuple[str, ...] = ()
    nested: tuple[tuple[str, Answer], ...] = ()

    def __bool__(self) -> bool:
        """Whether it, or one that is nested in it, has a value."""
        return bool(self.texts or self.nested)

    def then(self, later: Answer) -> Answer:
        """What is set once `later` was sent too: what it has no value for stays."""
        nested = dict(self.nested)
        for key, answer in later.nested:
            nested[key] = nested.get(key, _UNSET).then(answer)
        return Answer(later.texts or self.texts, _set(nested))


_UNSET = Answer()


class Geometry(msgspec.Struct, frozen=True):
    """One geometry: its class, its coordinates in order, its classifications, and the geometries in it, sorted."""

    key: str
    coordinates: tuple[float, ...]
    answers: tuple[tuple[str, Answer], ...] = ()
    nested: tuple[Geometry, ...] = ()


class Difference(msgspec.Struct, frozen=True):
    """What two holdings do not have in common, by class: how many labels only the one or only the other has."""

    key: str
    only_first: int
    only_second: int


@dataclass(slots=True)
class Holding:
    """The labels of one media.

    Attributes:
        geometries: those at the root -> how many times.
        answers: global classification -> its answer, where it has one.
    """

    geometries: Counter[Geometry] = field(default_factory=Counter)
    answers: dict[str, Answer] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[bytes | msgspec.Raw]) -> Holding:
        """What a media holds that held nothing, once these entries were delivered to it, in their order.

        Raises:
            msgspec.MsgspecError: an entry is none that the server accepts.
        """
        return cls().after(entries)

    def after(self, entries: Iterable[bytes | msgspec.Raw]) -> Holding:
        """What it is once these entries were delivered to it, in their order. Raises what `of` does."""
        geometries, answers = Counter(self.geometries), dict(self.answers)
        for raw in entries:
            entry = _read_entry(raw)
            if entry.keepData is False:
                geometries, answers = Counter(), {}
            for key, answer in _answers_in(entry.global_classifications):
                answers[key] = answers.get(key, _UNSET).then(answer)
            geometries.update(_geometries_in(entry.labels))
        return Holding(geometries, {key: answer for key, answer in answers.items() if answer})

    @staticmethod
    def is_emptied_by(entries: Iterable[bytes | msgspec.Raw]) -> bool:
        """Whether one of these entries deletes what its media holds. Raises what `of` does."""
        return any(_read_entry(raw).keepData is False for raw in entries)

    def without(self, added: Holding) -> Holding | None:
        """What it was before the geometries of `added` came; None where one of them is not there."""
        left = Counter(self.geometries)
        left.subtract(added.geometries)
        if any(count < 0 for count in left.values()):
            return None
        return Holding(+left, dict(self.answers))

    def differences(self, other: Holding) -> list[Difference]:
        """By class, what only one of the two has; empty where they are equal."""
        mine, others = Counter(self._labels()), Counter(other._labels())
        only_mine, only_others = _by_key(mine - others), _by_key(others - mine)
        return [
            Difference(key, only_mine[key], only_others[key])
            for key in sorted(only_mine.keys() | only_others.keys())
        ]

    def _labels(self) -> Iterator[tuple[str, object]]:
        for geometry, count in self.geometries.items():
            yield from [(geometry.key, geometry)] * count
        yield from self.answers.items()

    def __bool__(self) -> bool:
        """Whether there is any label."""
        return bool(self.geometries or self.answers)


def _by_key(labels: Counter[tuple[str, object]]) -> Counter[str]:
    sums = Counter[str]()
    for (key, _), count in labels.items():
        sums[key] += count
    return sums


class _Item(msgspec.Struct, frozen=True):
    polygon: tuple[dict[str, float | str], ...] = ()
    rectangle: tuple[dict[str, float | str], ...] = ()
    line: tuple[dict[str, float | str], ...] = ()
    point: tuple[dict[str, float | str], ...] = ()
    geometry: tuple[dict[str, float | str], ...] = ()
    classifications: dict[str, list[object]] = {}
    nested_geometries: object = None

    def coordinates(self) -> tuple[float, ...]:
        """All of them, in the order in which the server reads the forms."""
        points = chain(self.polygon, self.rectangle, self.line, self.point, self.geometry)
        # Zero has no sign in the database.
        return tuple(float(point[axis]) + 0.0 for point in points for axis in "xywh" if axis in point)


class _Entry(msgspec.Struct, frozen=True):
    keepData: bool | None = None  # noqa: N815 - the name on the wire
    labels: dict[str, tuple[_Item, ...]] = {}
    global_classifications: dict[str, list[object]] = {}


_read_entry = msgspec.json.Decoder(_Entry).decode


def _geometries_in(labels: Mapping[str, Iterable[_Item]]) -> Iterator[Geometry]:
    for key, items in labels.items():
        for item in items:
            yield _geometry(lane_of(key), item, _nested_in(item.nested_geometries))


def _geometry(key: str, item: _Item, nested: tuple[Geometry, ...] = ()) -> Geometry:
    return Geometry(key, item.coordinates(), _set(dict(_answers_in(item.classifications))), nested)


def _nested_in(given: object) -> tuple[Geometry, ...]:
    """The geometries that lie in another one; what they hold themselves the server does not read."""
    if not isinstance(given, dict):
        return ()
    items = msgspec.convert(given, dict[str, tuple[_Item, ...]])
    geometries = (_geometry(lane_of(key), item) for key, each in items.items() for item in each)
    return tuple(sorted(geometries, key=msgspec.json.encode))


def _answers_in(given: Mapping[str, object]) -> Iterator[tuple[str, Answer]]:
    for key, elements in given.items():
        if isinstance(elements, list):
            yield lane_of(key), _answer(elements)


def _answer(elements: list[object]) -> Answer:
    texts = tuple(sorted(each for each in elements if isinstance(each, str)))
    nested: dict[str, Answer] = {}
    for each in elements:
        if isinstance(each, dict):
            nested.update(_answers_in(each))
    return Answer(texts, _set(nested))


def _set(answers: Mapping[str, Answer]) -> tuple[tuple[str, Answer], ...]:
    """Those that have a value, in an order that is always the same."""
    return tuple((key, answers[key]) for key in sorted(answers) if answers[key])


def without_geometries(entries: Iterable[bytes | msgspec.Raw], gone: Counter[Geometry]) -> list[bytes]:
    """The same entries without some of their geometries at the root, each as often as `gone` says.

    Everything else of an entry stays as it is written, but for blanks. Raises what `Holding.of` does.
    """
    left = Counter(gone)
    return [_without(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), left) for raw in entries]


def _without(entry: dict[str, msgspec.Raw], gone: Counter[Geometry]) -> bytes:
    """An entry without what is in `gone`; what it had of that is taken out of `gone` as well."""
    if "labels" not in entry:
        return msgspec.json.encode(entry)
    kept: dict[str, list[msgspec.Raw]] = {}
    for key, items in msgspec.json.decode(entry["labels"], type=dict[str, list[msgspec.Raw]]).items():
        for raw in items:
            item = msgspec.json.decode(raw, type=_Item)
            geometry = _geometry(lane_of(key), item, _nested_in(item.nested_geometries))
            if gone[geometry] > 0:
                gone[geometry] -= 1
            else:
                kept.setdefault(key, []).append(raw)
    return msgspec.json.encode({**entry, "labels": kept})
