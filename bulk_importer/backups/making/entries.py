"""Makes import entries of the labels that a media holds: exact, or with a finding for what they cannot say. Pure.

An entry is what `import` takes, with two keys beside that the server does not read: `external_media_ID`, the name of
the media, and `backup` (`Beside`), what a label carries that no import can bring back.

    {"internal_media_ID": "6ca8...", "keepData": false,
     "global_classifications": {"weather": ["rain", {"wind": ["storm"]}]},
     "labels": {"car": [{"polygon": [{"x": 0.1, "y": 2.0}, ...], "classifications": {...}}]},
     "external_media_ID": "img000001.jpg",
     "backup": {"task": "034c...", "state": "COMPLETED", "labelers": ["token_user"],
                "values": [["/global_classifications/weather", 0, 1795395217454, true], ...]}}

- The first entry of a media says `keepData: false`, so that an import leaves exactly what is in it: also where the
  media holds nothing. Further entries, with `keepData: true`, say what of the classifications of the whole image does
  not fit into one (see `answers`), and nothing else.
- Coordinates are the doubles that the server holds, in the shortest text that reads back as the same double.
- Only what an import of this program would accept is in an entry. Everything else that is set is in `backup.lost`, as
  the server tells it: an entry never costs a media its other labels.
- Geometries stand in the order of their creation, classifications in that of their keys, so that equal labels make
  equal entries in whichever order the server lists them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from bulk_importer.backups.making.answers import Answer, answers_of, sentences_of
from bulk_importer.backups.making.held import HeldLabel, HeldPoint
from bulk_importer.backups.making.lost import Lost, LostKind, Report
from bulk_importer.labels.label_config import CLASSIFICATIONS, ClassType, LabelClass, LabelConfig
from bulk_importer.labels.pointers import step

__all__ = ["Beside", "EntryMaker", "MadeEntry", "MediaTask", "values_by_class"]

_Json: TypeAlias = dict[str, Any]
_FEWEST_POINTS = {ClassType.POLYGON: 3, ClassType.LINE: 2}


class MediaTask(msgspec.Struct, frozen=True):
    """What an entry says of its media and task. `state` is the word of the server, as COMPLETED."""

    media_id: str
    task_id: str
    state: str
    name: str | None = None


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Where a label comes from.

    Attributes:
        pointer: of the label in its entry.
        labeler: index in `Beside.labelers`.
        timestamp: as `HeldLabel` has it.
        valid: likewise.
    """

    pointer: str
    labeler: int
    timestamp: int
    valid: bool


class Beside(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands beside the labels of an entry, under `backup`.

    Attributes:
        part: the place of the entry among those of its media, from 0.
        labelers: who set values, as the server names them.
        values: of each label in the entry.
        lost: what an import does not bring back; in the first entry of a media.
        total: how many entries the media has, in the first of them.
    """

    task: str
    state: str
    part: int = 0
    total: int = 1
    labelers: tuple[str | None, ...] = ()
    values: tuple[Origin, ...] = ()
    lost: tuple[Lost, ...] = ()


class MadeEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One entry, in the order in which it is written. The names are those of the import format."""

    internal_media_ID: str  # noqa: N815 - the name on the wire
    keepData: bool  # noqa: N815 - likewise
    global_classifications: dict[str, list[Any]] = {}
    labels: dict[str, list[_Json]] = {}
    external_media_ID: str | None = None  # noqa: N815 - likewise
    backup: Beside


@dataclass(frozen=True, slots=True)
class _Part:
    """An entry on its way: what it sets, with the value that it came from."""

    globals: dict[str, list[Any]]
    labels: dict[str, list[_Json]]
    sets: list[tuple[str, HeldLabel]]


class EntryMaker:
    """Makes entries by the rules of one label configuration."""

    def __init__(self, config: LabelConfig) -> None:
        self._roots = config.roots
        self._shapes = _shapes_among(config.roots)

    def entries(self, task: MediaTask, held: Sequence[HeldLabel]) -> list[MadeEntry]:
        """The entries of a media in the order in which they must be sent; one at least.

        Args:
            held: the root values of the media, in any order.
        """
        report = Report()
        first = _Part({}, {}, [])
        for each in sorted((each for each in held if not each.is_classification), key=_made_at):
            self._put(each, self._shapes, first.labels, "/labels", first.sets, report, nested=False)
        answers = answers_of(
            (each for each in held if each.is_classification), self._roots, "/global_classifications", report
        )
        parts = _spread(first, answers)
        for pointer, each in (pair for part in parts for pair in part.sets):
            report.add_beside(pointer, each)
        return [_entry(task, part, place, len(parts), report.lost) for place, part in enumerate(parts)]

    def _put(
        self,
        held: HeldLabel,
        shapes: dict[str, LabelClass],
        into: dict[str, list[_Json]],
        at: str,
        sets: list[tuple[str, HeldLabel]],
        report: Report,
        *,
        nested: bool,
    ) -> None:
        """Put a geometry below its class, with all that hangs on it."""
        label = shapes.get(held.entry_key_lc_entry)
        at = step(at, held.entry_key_lc_entry)
        form = _form(held, label, at, report)
        if form is None or label is None:
            return
        geometries = into.setdefault(label.key, [])
        at = f"{at}/{len(geometries)}"
        sets.append((at, held))
        geometry: _Json = {label.type.lower(): form}
        geometries.append(geometry)
        children = held.children or ()
        classifications = _classifications(children, label, f"{at}/classifications", sets, report)
        if classifications:
            geometry["classifications"] = classifications
        below: dict[str, list[_Json]] = {}
        for child in sorted((each for each in children if not each.is_classification), key=_made_at):
            if nested:
                report.add(LostKind.DEPTH, at, child)
            else:
                inner = _shapes_among(label.children)
                self._put(child, inner, below, f"{at}/nested_geometries", sets, report, nested=True)
        if below:
            geometry["nested_geometries"] = below


def _shapes_among(classes: Iterable[LabelClass]) -> dict[str, LabelClass]:
    return {each.key: each for each in classes if each.type not in CLASSIFICATIONS}


def _made_at(held: HeldLabel) -> int:
    return held.timestamp


def _form(held: HeldLabel, label: LabelClass | None, at: str, report: Report) -> list[_Json] | None:
    """The coordinates of a geometry as an entry has them; None where it cannot have them, which is reported."""
    if label is None or label.type != held.entry_type_lc_entry:
        report.add(LostKind.UNFIT, at, held, "the label configuration has no such class here")
        return None
    if label.type is ClassType.IMAGE_SEGMENTATION:
        report.add(LostKind.SEGMENTATION, at, held)
        return None
    points = held.points or () if label.type in _FEWEST_POINTS else (held.point or HeldPoint(),)
    form: list[_Json] = [{"x": each.x, "y": each.y} for each in points]
    if label.type is ClassType.RECTANGLE:
        form[0] |= {"w": held.width, "h": held.height}
    numbers = [number for each in form for number in each.values()]
    why = ""
    if len(points) < _FEWEST_POINTS.get(label.type, 1):
        why = f"a {label.type.lower()} of {len(points)} points"
    elif None in numbers:
        why = "not all of them are set"
    elif min(numbers) < 0:
        why = "one of them is negative"
    if why:
        report.add(LostKind.COORDINATES, at, held, why)
        return None
    return form


def _classifications(
    children: Iterable[HeldLabel],
    label: LabelClass,
    at: str,
    sets: list[tuple[str, HeldLabel]],
    report: Report,
) -> dict[str, list[Any]]:
    """The classifications of a geometry; of each what its first sentence says."""
    found: dict[str, list[Any]] = {}
    held = (each for each in children if each.is_classification)
    for answer in answers_of(held, label.children, at, report):
        here = step(at, answer.key)
        first, *others = sentences_of(answer)
        found[answer.key] = first.array
        sets += [(here + pointer, each) for pointer, each in first.sets]
        told: list[str] = []
        for sentence in others:
            # All that a sentence sets hangs on the first that it sets; which may hang on one that was told.
            pointer, each = sentence.sets[0]
            if not pointer.startswith(tuple(told)):
                report.add(LostKind.SEVERAL, here + pointer, each)
                told.append(f"{pointer}/")
    return found


def _spread(first: _Part, answers: Iterable[Answer]) -> list[_Part]:
    """The classifications of the whole image, the first sentences in the first part, each further one in its own."""
    parts = [first]
    for answer in answers:
        at = step("/global_classifications", answer.key)
        for place, sentence in enumerate(sentences_of(answer)):
            if place == len(parts):
                parts.append(_Part({}, {}, []))
            parts[place].globals[answer.key] = sentence.array
            parts[place].sets.extend((at + pointer, held) for pointer, held in sentence.sets)
    return parts


def _entry(task: MediaTask, part: _Part, place: int, total: int, lost: list[Lost]) -> MadeEntry:
    labelers = tuple(dict.fromkeys(held.labeler for _, held in part.sets))
    index = {labeler: number for number, labeler in enumerate(labelers)}
    beside = Beside(
        task=task.task_id,
        state=task.state,
        part=place,
        total=1 if place else total,
        labelers=labelers,
        values=tuple(
            Origin(pointer, index[held.labeler], held.timestamp, bool(held.valid))
            for pointer, held in part.sets
        ),
        lost=() if place else tuple(lost),
    )
    return MadeEntry(
        internal_media_ID=task.media_id,
        keepData=bool(place),
        global_classifications=part.globals,
        labels=part.labels,
        external_media_ID=task.name,
        backup=beside,
    )


def values_by_class(entries: Iterable[MadeEntry]) -> Counter[str]:
    """How many labels of each class entries hold, by the keys from the root down: `car`, `car/wheel`, `car/color`."""
    found: Counter[str] = Counter()
    for entry in entries:
        found.update(_path(origin.pointer) for origin in entry.backup.values)
    return found


def _path(pointer: str) -> str:
    """The keys in a pointer: what stands between containers and indexes."""
    container, *steps = pointer.split("/")[1:]
    keys = []
    while steps:
        keys.append(steps[0])
        is_geometry = container in ("labels", "nested_geometries")
        steps = steps[2:]  # the key, and the index of a geometry or of what is below a classification
        if is_geometry and steps:
            container, *steps = steps
    return "/".join(keys)
