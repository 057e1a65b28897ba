"""Goes over the tasks of Label Studio, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeAlias

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Annotations, Choices
from bulk_importer.formats.documents.label_studio.pictures import picture_of
from bulk_importer.formats.documents.label_studio.results import annotations_of, gathered
from bulk_importer.formats.json_rows import rows_of, top_keys
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left, Picture, Size
from bulk_importer.formats.repeats import with_repeats

__all__ = ["read", "recognises"]

_FULL = ({"data", "annotations"}, {"data", "completions"})
_MIN = {"annotator", "annotation_id", "lead_time"}

_Json: TypeAlias = Mapping[str, Any]
_Result: TypeAlias = tuple[str, _Json, str]
_Annotation: TypeAlias = tuple[_Json, list[_Result]]
"""An annotation, and its results: the name of the control, the result, and where it stands."""


def recognises(members: Members) -> bool:
    """Whether it is a single file whose first element has the keys of a task, in either form."""
    if len(members.paths) != 1:
        return False
    head = members.head(members.paths[0])
    keys = top_keys(head)
    is_cut = keys[:2] == ("id", "annotations") and b'"from_name"' in head  # what is behind is out of sight
    return is_cut or any(marks <= set(keys) for marks in _FULL) or set(keys) >= _MIN


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The tasks of a file, in their order, each with the annotations that count."""
    path = members.paths[0]
    if not members.head(path).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        raise SourceUnreadable(members.name, "it is not an array of tasks, as Label Studio exports it")
    with members.open(path) as file:
        yield from with_repeats(_tasks(rows_of(file, "item", members.name), choices))


def _tasks(found: Iterator[Any], choices: Choices) -> Iterator[Picture | Left]:
    for key, rows in groupby(enumerate(found), _task_of):
        if key is None:
            for at, row in rows:
                yield Left("annotation-broken", f"task {at}", "", "a task", type(row).__name__)
        else:
            yield from _task(key, [row for _, row in rows], choices)


def _task_of(numbered: tuple[int, Any]) -> str | None:
    """By what the rows of one task belong together: in JSON_MIN there is one for each of its annotations."""
    at, row = numbered
    if not isinstance(row, dict):
        return None
    return f"task {row['id']}" if "id" in row else f"task at {at}"


def _task(origin: str, rows: list[_Json], choices: Choices) -> Iterator[Picture | Left]:
    if rows[0].keys() >= _MIN:
        for row in rows:
            if not row.keys() >= _MIN:
                lacks = ", ".join(sorted(_MIN - row.keys()))
                yield Left("annotation-broken", origin, "", "a row of JSON_MIN", f"one without {lacks}")
        data, annotations = _of_min([row for row in rows if row.keys() >= _MIN])
    else:
        data, annotations = _of_full(rows)
    chosen, left = _chosen(annotations, choices.annotations)
    left += _remarks(rows)
    yield from (_placed(each, origin) for each in left)
    results = [result for _, each in chosen for result in each]
    meant = next((str(result.get("to_name")) for _, result, _ in results), None)
    name = picture_of(data, meant) if isinstance(data, dict) else None
    if name is None:
        for label, place in _objects(results) or [("", "data")]:
            yield _placed(
                Left("annotation-broken", place, label, "data with one picture", _shown(data)), origin
            )
        return
    size = _size(results) or choices.sizes(name)
    regions, tags, unknown = gathered(results)
    try:
        found, broken = annotations_of(regions, size)
    except RecursionError:
        for label, place in _objects(results):
            yield _placed(
                Left("annotation-broken", place, label, "regions of some depth", "too deep"), origin
            )
        return
    yield from (_placed(each, origin) for each in (*unknown, *broken))
    yield Picture(name, origin, size, tuple(found), tuple(tags))


def _remarks(rows: list[_Json]) -> list[Left]:
    """What a task has beside annotations: what models have said of it."""
    predictions = [each for row in rows for each in _list(row.get("predictions"))]
    if not predictions:
        return []
    return [
        Left(
            "remark-left-out", "predictions", "", "annotations", f"{len(predictions)} predictions", objects=0
        )
    ]


def _of_full(rows: list[_Json]) -> tuple[Any, list[_Annotation]]:
    """The data of a task, and its annotations."""
    found: list[_Annotation] = []
    for row in rows:
        for at, annotation in enumerate(_list(row.get("annotations", row.get("completions")))):
            if isinstance(annotation, dict):
                place = f"annotation {annotation.get('id', at)}"
                results = enumerate(_list(annotation.get("result")))
                found.append((annotation, [_result(each, f"{place}, result {n}") for n, each in results]))
    return rows[0].get("data"), found


def _of_min(rows: list[_Json]) -> tuple[Any, list[_Annotation]]:
    """The same of JSON_MIN: data stand before the id, results between it and the annotator."""
    found: list[_Annotation] = []
    for row in rows:
        keys = list(row)
        first, last = keys.index("id") if "id" in keys else -1, keys.index("annotator")
        results: list[_Result] = []
        for name in keys[first + 1 : last]:
            for at, each in enumerate(row[name] if isinstance(row[name], list) else [row[name]]):
                value = {"choices": [each]} if isinstance(each, str) else each
                result = {"value": value, **_of_picture(value)}
                results.append((name, result, f"annotation {row['annotation_id']}, {name} {at}"))
        found.append((row, results))
    keys = list(rows[0])
    return {key: rows[0][key] for key in keys[: keys.index("id") if "id" in keys else None]}, found


def _of_picture(value: object) -> _Json:
    names = ("original_width", "original_height", "image_rotation")
    return {name: value[name] for name in names if name in value} if isinstance(value, dict) else {}


def _result(found: object, origin: str) -> _Result:
    result = found if isinstance(found, dict) else {}
    return str(result.get("from_name", "")), result, origin


def _chosen(annotations: list[_Annotation], which: Annotations) -> tuple[list[_Annotation], list[Left]]:
    """The annotations that count, and what the others hold."""
    left: list[Left] = []
    kept: list[_Annotation] = []
    for each in annotations:
        if each[0].get("was_cancelled") or each[0].get("skipped"):
            left += _behind("remark-left-out", each, "a skipped annotation")
        else:
            kept.append(each)
    if len(kept) < 2 or which is Annotations.ALL:
        return kept, left
    if which is Annotations.REFUSE:
        return [], left + [
            one for each in kept for one in _behind("annotation-several", each, f"{len(kept)}")
        ]
    newest = max(kept, key=lambda each: (str(each[0].get("created_at") or ""), _list_number(each[0])))
    older = (each for each in kept if each is not newest)
    return [newest], left + [
        one for each in older for one in _behind("annotation-older", each, "an older one")
    ]


def _list_number(annotation: _Json) -> int:
    number = annotation.get("id", annotation.get("annotation_id"))
    return number if isinstance(number, int) else 0


def _behind(code: str, annotation: _Annotation, found: str) -> list[Left]:
    """A finding for each object of an annotation, or one that leaves nothing behind."""
    objects = _objects(annotation[1])
    if not objects:
        number = annotation[0].get("id", annotation[0].get("annotation_id"))
        return [Left(code, f"annotation {number}", "", "one annotation", found, objects=0)]
    return [Left(code, place, label, "one annotation", found) for label, place in objects]


def _objects(results: Iterable[_Result]) -> list[tuple[str, str]]:
    """The label and the place of each object."""
    regions, _, _ = gathered(results)
    return [(label, each.origin) for each in regions.values() for label in each.labels or [""]]


def _size(results: Iterable[_Result]) -> Size | None:
    for _, result, _ in results:
        width, height = result.get("original_width"), result.get("original_height")
        if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
            return Size(width, height)
    return None


def _placed(left: Left, origin: str) -> Left:
    return Left(left.code, f"{origin}, {left.origin}", left.label, left.expected, left.found, left.objects)


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _shown(data: object) -> str:
    return (
        f"an object with {', '.join(map(str, list(data)[:5]))}"
        if isinstance(data, dict)
        else type(data).__name__
    )
