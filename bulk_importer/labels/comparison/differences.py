"""What one label configuration lacks to hold the labels of another, and where the two differ.

Pure. One is *wanted*, that of the project where labels come from; one is *there*, that of the project where they go. A
class is looked for by its key below the same classes. What differs without harm (a longer text is allowed there, a
class is required only in the wanted one) is told, too, and does not matter. Classes, options and titles that only the
one that is there has are no difference.

Of a wanted configuration that is flat neither places nor options are known: then each class is looked for anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType, LabelClass, LabelConfig

__all__ = ["ClassNames", "Difference", "Kind", "differences", "renamed"]

_LONGEST_TEXT = 255


class Kind(StrEnum):
    """In what two classes differ, or a configuration from another."""

    MISSING = "missing"
    ELSEWHERE = "elsewhere"
    TYPE = "type"
    OPTIONS = "options"
    LENGTH = "length"
    REQUIRED = "required"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One difference.

    Attributes:
        path: keys of the class and of those above it, joined by slashes.
        wanted, there: what the two say, for people.
        matters: labels that fit the wanted configuration may be refused, lost or unfinished there.
        is_addable: what is there can be added to, so that it is none any more.
    """

    path: str
    kind: Kind
    wanted: str
    there: str
    matters: bool = True
    is_addable: bool = False


class ClassNames(Protocol):
    """What names in one project mean in the other, as a class map says it; None means to leave out."""

    @property
    def classes(self) -> Mapping[str, str | None]: ...

    def attribute(self, label: str, name: str) -> str | None:
        """What a classification is called on a class; on the whole image `label` is empty."""

    def option(self, attribute: str, value: str) -> str | None:
        """What an option of a classification is called."""


def differences(wanted: LabelConfig, there: LabelConfig) -> list[Difference]:
    """What `there` lacks of `wanted`, and in what else they differ; classes in the order of `wanted`."""
    places: dict[str, list[str]] = {}
    for above, each in there.all_classes():
        places.setdefault(each.key, []).append("/".join((*above, each.key)))
    if wanted.flat or there.flat:
        found = list(_of_flat(wanted, there))
    else:
        found = [*_of_children((), wanted.roots, there.roots, places)]
    return list(dict.fromkeys(found))


def _of_flat(wanted: LabelConfig, there: LabelConfig) -> Iterator[Difference]:
    types: dict[str, set[ClassType]] = {}
    for _, each in there.all_classes():
        types.setdefault(each.key, set()).add(each.type)
    for above, each in wanted.all_classes():
        path = "/".join((*above, each.key))
        if each.key not in types:
            yield Difference(path=path, kind=Kind.MISSING, wanted=_shown(each), there="")
        elif each.type not in types[each.key]:
            others = ", ".join(sorted(types[each.key]))
            yield Difference(path=path, kind=Kind.TYPE, wanted=each.type, there=others)


def _of_children(
    above: tuple[str, ...],
    wanted: Sequence[LabelClass],
    there: Sequence[LabelClass],
    places: Mapping[str, Sequence[str]],
) -> Iterator[Difference]:
    by_key = {each.key: each for each in there}
    for each in wanted:
        path = "/".join((*above, each.key))
        other = by_key.get(each.key)
        if other is None:
            yield _missing(path, each, places)
        elif other.type is not each.type:
            yield Difference(path=path, kind=Kind.TYPE, wanted=each.type, there=other.type)
        else:
            yield from _of_pair(path, each, other)
            yield from _of_children((*above, each.key), each.children, other.children, places)
    known = {each.key for each in wanted}
    for each in there:
        if each.key not in known and each.required:
            path = "/".join((*above, each.key))
            yield Difference(path=path, kind=Kind.REQUIRED, wanted="no such class", there="required")


def _missing(path: str, each: LabelClass, places: Mapping[str, Sequence[str]]) -> Difference:
    elsewhere = [place for place in places.get(each.key, ()) if place != path]
    return Difference(
        path=path,
        kind=Kind.ELSEWHERE if elsewhere else Kind.MISSING,
        wanted=_shown(each),
        there=", ".join(elsewhere),
        # A key stands once in the tree of its root (protocol 3.8).
        is_addable=not any(place.partition("/")[0] == path.partition("/")[0] for place in elsewhere),
    )


def _of_pair(path: str, wanted: LabelClass, there: LabelClass) -> Iterator[Difference]:
    lacking = sorted(set(wanted.options or ()) - set(there.options or ()))
    if lacking and there.options is not None:
        yield Difference(
            path=path,
            kind=Kind.OPTIONS,
            wanted=", ".join(lacking),
            there=", ".join(there.options),
            is_addable=True,
        )
    if wanted.type is ClassType.FREETEXT:
        longest, allowed = wanted.max_length or _LONGEST_TEXT, there.max_length or _LONGEST_TEXT
        if longest != allowed:
            yield Difference(
                path=path,
                kind=Kind.LENGTH,
                wanted=str(longest),
                there=str(allowed),
                matters=allowed < longest,
            )
    if wanted.required != there.required:
        yield Difference(
            path=path,
            kind=Kind.REQUIRED,
            wanted=_required(wanted),
            there=_required(there),
            matters=there.required,
        )


def _required(each: LabelClass) -> str:
    return "required" if each.required else "not required"


def _shown(each: LabelClass) -> str:
    below = sum(1 for _ in each.below()) - 1
    options = f" of {', '.join(each.options)}" if each.options else ""
    required = ", required" if each.required else ""
    return f"{each.type}{options}{required}" + (f", with {below} below" if below else "")


def renamed(entries: Iterable[Mapping[str, Any]], names: ClassNames) -> list[dict[str, Any]]:
    """Classes as the server writes them, with the names that they have in the other project.

    Keys are in lower case, as servers store them. What a class map leaves out is left out with all below it; where it
    gives several classes one name, they are several of one key.
    """
    return [each for entry in entries for each in _renamed(entry, names, "")]


def _renamed(entry: Mapping[str, Any], names: ClassNames, label: str) -> Iterator[dict[str, Any]]:
    key = str(entry["entryKey"]).lower()
    is_classification = str(entry["type"]).upper() in CLASSIFICATIONS
    meaning = names.attribute(label, key) if is_classification else names.classes.get(key, key)
    if meaning is None:
        return
    options = {
        named: (entry.get("options") or {})[option] if named == option else named
        for option in entry.get("options") or {}
        if (named := names.option(key, option)) is not None
    }
    below = [
        child
        for each in entry.get("children") or []
        for child in _renamed(each, names, label if is_classification else key)
    ]
    title = entry.get("entryValue") if meaning == key else meaning
    yield {
        **entry,
        "entryKey": meaning.lower(),
        "entryValue": title,
        "options": options,
        "children": below,
    }
