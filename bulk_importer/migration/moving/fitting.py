"""Fits one entry into another label configuration: each label gets its name there, or stays behind, by itself. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bulk_importer.backups.making.entries import MadeEntry
from bulk_importer.formats.writing.class_map import ClassMap
from bulk_importer.labels.entry import lane_of
from bulk_importer.labels.findings import kind_of
from bulk_importer.labels.label_config import CLASSIFICATIONS, LabelClass
from bulk_importer.labels.pointers import step
from bulk_importer.labels.values import flaws_of_values
from bulk_importer.migration.moving.mapped import LeftBehind, Line, Mapped
from bulk_importer.model import Severity

__all__ = ["Fitting", "by_lane"]

_GEOMETRIES = frozenset({"polygon", "rectangle", "line", "point"})


class Fitting:
    """Fits one entry into the other project.

    Args:
        unnamed: why its media cannot be found there; empty where it can.
        owners: of each place for a classification there, which one came first among the entries of the media: a second
            one that means the same place would replace it.
    """

    def __init__(
        self,
        entry: MadeEntry,
        names: ClassMap,
        mapped: Mapped,
        unnamed: str,
        owners: dict[str, str],
    ) -> None:
        self._entry = entry
        self._names = names
        self._mapped = mapped
        self._unnamed = unnamed
        self._owners = owners
        self._carried: Counter[str] = Counter()

    def run(self, roots: Mapping[str, LabelClass]) -> None:
        """Put the entry, as it is there, behind the others of its media."""
        entry = self._entry
        answers = dict(self._answers(entry.global_classifications, "", roots, "/global_classifications"))
        labels: dict[str, list[Any]] = {}
        for key, geometries in entry.labels.items():
            at = step("/labels", key)
            for place, geometry in enumerate(geometries):
                found = self._geometry(key, geometry, roots, f"{at}/{place}")
                if found is not None:
                    labels.setdefault(found[0], []).append(found[1])
        if self._unnamed:
            return
        document: dict[str, Any] = {"external_media_ID": entry.external_media_ID, "keepData": entry.keepData}
        if answers:
            document["global_classifications"] = answers
        if labels:
            document["labels"] = labels
        if answers or labels or not entry.keepData:
            self._mapped.lines.append(Line(msgspec.json.encode(document), self._carried))

    def _geometry(
        self, key: str, geometry: Mapping[str, Any], among: Mapping[str, LabelClass], at: str
    ) -> tuple[str, dict[str, Any]] | None:
        """A geometry with all that hangs on it, and its class there; None where it is left behind."""
        meaning = self._names.classes.get(key, key)
        label = None if meaning is None else among.get(lane_of(meaning))
        why = self._unnamed or _unfit(meaning, label, next(iter(_GEOMETRIES & geometry.keys()), ""))
        self._mapped.read[key] += 1
        if why or label is None:
            self._leave(at, key, why, is_chosen=meaning is None)
            self._leave_below(geometry, at)
            return None
        self._carried[key] += 1
        children = by_lane(label.children)
        found = {form: points for form, points in geometry.items() if form in _GEOMETRIES}
        given = geometry.get("classifications", {})
        if answers := dict(self._answers(given, key, children, f"{at}/classifications")):
            found["classifications"] = answers
        below: dict[str, list[Any]] = {}
        for name, inner in geometry.get("nested_geometries", {}).items():
            for place, each in enumerate(inner):
                nested = self._geometry(
                    name, each, children, f"{step(f'{at}/nested_geometries', name)}/{place}"
                )
                if nested is not None:
                    below.setdefault(nested[0], []).append(nested[1])
        if below:
            found["nested_geometries"] = below
        return label.key, found

    def _leave_below(self, geometry: Mapping[str, Any], at: str) -> None:
        """Count what hangs on a geometry that is left behind."""
        for _ in self._answers(
            geometry.get("classifications", {}), "", {}, f"{at}/classifications", lost=True
        ):
            pass
        for name, inner in geometry.get("nested_geometries", {}).items():
            for place, each in enumerate(inner):
                nested = f"{step(f'{at}/nested_geometries', name)}/{place}"
                self._mapped.read[name] += 1
                self._leave(nested, name, "what it lies in is left behind")
                self._leave_below(each, nested)

    def _answers(
        self,
        given: Mapping[str, Sequence[Any]],
        label: str,
        among: Mapping[str, LabelClass],
        at: str,
        *,
        lost: bool = False,
    ) -> Iterator[tuple[str, list[Any]]]:
        """What classifications are set to there; those that nothing is left of are left out.

        Args:
            label: class of the geometry that they are of; empty for the whole image.
            lost: what they hang on is left behind.
        """
        for key, array in given.items():
            here = step(at, key)
            meaning = self._names.attribute(label, key)
            there = None if meaning is None else among.get(lane_of(meaning))
            texts = [each for each in array if isinstance(each, str)]
            why = self._unnamed or (
                "what it hangs on is left behind" if lost else _unanswerable(meaning, there)
            )
            if not why and there is not None and self._owners.setdefault(step(at, there.key), key) != key:
                why = f"{self._owners[step(at, there.key)]!r} has its place there"
            if why:
                there = None
            carried = self._texts(key, texts, there, here, why, is_chosen=meaning is None)
            children = {} if there is None else by_lane(there.children)
            inner: dict[str, list[Any]] = {}
            for each in array:
                if isinstance(each, dict):
                    inner.update(self._answers(each, label, children, f"{here}/1", lost=there is None))
            if there is not None and (carried or inner):
                first: list[Any] = [carried[0] if carried else None]
                yield there.key, [*first, *([inner] if inner else []), *carried[1:]]

    def _texts(
        self, key: str, texts: Sequence[str], there: LabelClass | None, at: str, why: str, *, is_chosen: bool
    ) -> list[str]:
        """The values of a classification as they are there; none where they do not fit."""
        if not texts:
            return []
        self._mapped.read[key] += 1
        if why or there is None:
            self._leave(at, key, why, is_chosen=is_chosen)
            return []
        carried = [named for text in texts if (named := self._names.option(key, text)) is not None]
        refused = [
            flaw
            for flaw in flaws_of_values(list(carried), there, at)
            if kind_of(flaw.code).severity is Severity.ERROR
        ]
        if refused or not carried:
            reason = (
                f"{refused[0].expected} is wanted, not {refused[0].found}"
                if refused
                else "its values are left out"
            )
            self._leave(at, key, reason, is_chosen=not refused)
            return []
        self._carried[key] += 1
        return carried

    def _leave(self, pointer: str, key: str, why: str, *, is_chosen: bool = False) -> None:
        entry = self._entry
        why = "the class map leaves it out" if is_chosen and not self._unnamed else why
        self._mapped.left.append(
            LeftBehind(entry.internal_media_ID, entry.external_media_ID, pointer, key, why, is_chosen)
        )


def by_lane(classes: Sequence[LabelClass]) -> dict[str, LabelClass]:
    """Classes by the form of their key in which servers compare it."""
    return {lane_of(each.key): each for each in classes}


def _unfit(meaning: str | None, label: LabelClass | None, form: str) -> str:
    """Why a geometry cannot be of a class; empty where it can."""
    if meaning is None:
        return "left out"
    if label is None:
        return f"the other project has no class {meaning!r} here"
    if label.type.lower() != form:
        return f"{label.key!r} is a {label.type} there"
    return ""


def _unanswerable(meaning: str | None, there: LabelClass | None) -> str:
    """Why a classification cannot be set; empty where it can."""
    if meaning is None:
        return "left out"
    if there is None or there.type not in CLASSIFICATIONS:
        return f"the other project has no classification {meaning!r} here"
    return ""
