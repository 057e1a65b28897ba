"""Compares labels that entries hold, to the last bit. Pure.

Two lists of entries hold the same where an import of either would leave the same labels: the order of geometries, and
that of the values of a checklist, do not count, nor who made a label, or when. Numbers are equal as doubles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.backups.making.held import HeldLabel
from bulk_importer.labels.pointers import step

__all__ = ["Difference", "differences"]

Difference: TypeAlias = tuple[str, int, int]
"""The pointer of a class or classification, and how many of its labels only the first, and only the second list has."""

_Form: TypeAlias = tuple[Any, ...]


def differences(before: Sequence[MadeEntry], now: Sequence[MadeEntry]) -> list[Difference]:
    """Where the labels of one media differ, in the order of the pointers; nothing where they are the same."""
    first, second = Counter(_labels(before)), Counter(_labels(now))
    if first == second:
        return []
    gone, new = first - second, second - first
    pointers = sorted({pointer for pointer, _ in (*gone, *new)})
    return [(each, _count(gone, each), _count(new, each)) for each in pointers]


def _count(labels: Counter[tuple[str, _Form]], pointer: str) -> int:
    return sum(count for (at, _), count in labels.items() if at == pointer)


def _labels(entries: Sequence[MadeEntry]) -> Iterator[tuple[str, _Form]]:
    """Each label with the pointer of its class, in a form that can be compared."""
    for entry in entries:
        yield from _answers(entry.global_classifications, "/global_classifications")
        for key, geometries in entry.labels.items():
            for geometry in geometries:
                yield step("/labels", key), _geometry(geometry)
        for lost in entry.backup.lost:
            yield f"/backup/lost/{lost.kind}{_class_in(lost.pointer)}", _held(lost.held)


def _answers(given: Mapping[str, Sequence[Any]], at: str) -> Iterator[tuple[str, _Form]]:
    """Each classification that has values, with its path: several arrays of one tree say as much as one."""
    for key, array in given.items():
        here = step(at, key)
        texts = tuple(sorted(each for each in array if isinstance(each, str)))
        if texts:
            yield here, texts
        for inner in array:
            if isinstance(inner, dict):
                yield from _answers(inner, here)


def _geometry(geometry: Mapping[str, Any]) -> _Form:
    """A geometry with all that hangs on it."""
    points = tuple(
        (form, tuple(tuple(map(float, point.values())) for point in elements))
        for form, elements in geometry.items()
        if form not in ("classifications", "nested_geometries")
    )
    answers = frozenset(_answers(geometry.get("classifications", {}), ""))
    nested = Counter(
        (key, _geometry(each))
        for key, inner in geometry.get("nested_geometries", {}).items()
        for each in inner
    )
    return points, answers, frozenset(nested.items())


def _class_in(pointer: str) -> str:
    """The first two steps of a pointer, which are the same wherever in its class a label stands."""
    return "/".join(pointer.split("/")[:3])


def _held(held: HeldLabel) -> _Form:
    """A label as the server tells it, without its times and people."""
    children = Counter(_held(child) for child in held.children or () if child.says_anything)
    return (
        held.entry_key_lc_entry,
        held.entry_type_lc_entry,
        bool(held.valid),
        held.comment,
        held.point,
        held.points,
        (held.width, held.height),
        held.points_collection,
        tuple(sorted(held.texts)),
        frozenset(children.items()),
    )
