"""Adds to a label configuration what it lacks of another, and proves that nothing else became of it.

Pure. Both are lists of classes as the server writes them. The route that sets a configuration takes all of it (protocol
3.8): what is there is sent back as it was read, with its ids, so that it stays what it is; what has no id is new. So
nothing is ever taken away, renamed or changed, but for options that a class gets besides its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType

__all__ = ["Extension", "extension", "unlike"]

_FIELDS = (
    "id",
    "entryKey",
    "entryValue",
    "type",
    "color",
    "shortcut",
    "required",
    "maxLength",
    "options",
)
_MAY_SAY_NOTHING = frozenset({"color", "shortcut", "required", "options"})
_SHAPES = tuple(each for each in ClassType if each not in CLASSIFICATIONS)
_OF_TYPES: Mapping[str, Collection[str]] = {
    "color": _SHAPES,
    "shortcut": _SHAPES,
    "required": CLASSIFICATIONS,
    "maxLength": (ClassType.FREETEXT,),
    "options": (ClassType.SELECT, ClassType.CHECKLIST),
}
"""The types of classes that keep what a field says."""
_COMPARED = ("entryKey", "entryValue", "type", "color", "shortcut", "required", "maxLength", "options")


@dataclass(frozen=True, slots=True)
class Extension:
    """A configuration with what it lacked.

    Attributes:
        entries: all of it, as the route takes it.
        added: what is new: paths of classes, and of options behind an equals sign.
        left: what it lacks all the same, each with why, in words.
    """

    entries: list[dict[str, Any]]
    added: tuple[str, ...]
    left: tuple[str, ...]


def extension(there: Iterable[Mapping[str, Any]], wanted: Iterable[Mapping[str, Any]]) -> Extension:
    """The configuration `there` with all that it lacks of `wanted`, as far as that can be added."""
    grower = _Grower()
    entries = [_sent(each) for each in there]
    grower.grow(entries, wanted, "", None)
    return Extension(entries, tuple(grower.added), tuple(grower.left))


def unlike(expected: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """In what a configuration that was read is not the one that is expected; classes that are new have no id there."""
    return list(_unlike(expected, now, ""))


class _Grower:
    def __init__(self) -> None:
        # Changed by `grow` alone.
        self.added: list[str] = []
        self.left: list[str] = []

    def grow(
        self,
        entries: list[dict[str, Any]],
        wanted: Iterable[Mapping[str, Any]],
        above: str,
        root: Mapping[str, Any] | None,
    ) -> None:
        """Add to `entries`, which stand below `above` in the tree of `root`, what they lack of `wanted`."""
        for each in wanted:
            key = str(each["entryKey"]).lower()
            path = f"{above}{key}"
            other = next((entry for entry in entries if entry["entryKey"] == key), None)
            if other is None:
                self._add(entries, each, path, root)
            elif other["type"] != str(each["type"]).upper():
                self.left.append(f"{path}: it is a {other['type']} there, and a {each['type']} is wanted")
            else:
                self._add_options(other, each, path)
                self.grow(other["children"], each.get("children") or [], f"{path}/", root or other)

    def _add(
        self,
        entries: list[dict[str, Any]],
        each: Mapping[str, Any],
        path: str,
        root: Mapping[str, Any] | None,
    ) -> None:
        taken = set(_keys([root])) if root is not None else set()
        if twice := sorted(taken.intersection(_keys([each]))):
            self.left.append(
                f"{path}: the key {twice[0]!r} stands elsewhere below {root and root['entryKey']!r}"
            )
            return
        new = _new(each)
        entries.append(new)
        self.added += _paths(new, path)

    def _add_options(self, other: dict[str, Any], each: Mapping[str, Any], path: str) -> None:
        wanted: Mapping[str, Any] = each.get("options") or {}
        lacking = {option: label for option, label in wanted.items() if option not in other["options"]}
        other["options"] = {**other["options"], **lacking}
        self.added += [f"{path}={option}" for option in lacking]


def _sent(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the route takes of a class that is there."""
    sent = {name: entry.get(name) for name in _FIELDS}
    sent["type"] = str(entry["type"]).upper()
    sent["options"] = dict(entry.get("options") or {})
    sent["children"] = [_sent(each) for each in entry.get("children") or []]
    return sent


def _new(entry: Mapping[str, Any]) -> dict[str, Any]:
    sent = _sent(entry)
    sent["entryKey"] = str(entry["entryKey"]).lower()
    sent["children"] = [_new(each) for each in entry.get("children") or []]
    sent["shortcut"] = None  # it may be another class's there
    del sent["id"]
    return sent


def _keys(entries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for each in entries:
        yield str(each["entryKey"]).lower()
        yield from _keys(each.get("children") or [])


def _paths(entry: Mapping[str, Any], path: str) -> Iterator[str]:
    yield path
    for each in entry["children"]:
        yield from _paths(each, f"{path}/{each['entryKey']}")


def _unlike(
    expected: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], above: str
) -> Iterator[str]:
    left = list(now)
    for each in expected:
        path = f"{above}{each['entryKey']}"
        name, value = ("id", each["id"]) if each.get("id") else ("entryKey", each["entryKey"])
        found = next((other for other in left if other.get(name) == value), None)
        if found is None:
            yield f"{path} is not there"
            continue
        left.remove(found)
        for field in _COMPARED:
            if _plain(field, each) != _plain(field, found):
                yield f"{field} of {path} is {found.get(field)!r} in place of {each.get(field)!r}"
        yield from _unlike(each.get("children") or [], found.get("children") or [], f"{path}/")
    yield from (f"{above}{each['entryKey']} is there besides" for each in left)


def _plain(field: str, entry: Mapping[str, Any]) -> object:
    """The value of a field where what says nothing is the same in every form; None where the type has no such."""
    if entry["type"] not in _OF_TYPES.get(field, (entry["type"],)):
        return None
    value = entry.get(field)
    return value or None if field in _MAY_SAY_NOTHING else value
