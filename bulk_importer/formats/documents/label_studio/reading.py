"""Goes over the tasks of Label Studio, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeAlias

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Annotations, Choices
from bulk_importer.formats.documents.label_studio.pictures import picture_of, pictures_in
from bulk_importer.formats.documents.label_studio.results import annotations_of, gathered
from bulk_importer.formats.json_rows import rows_of, top_keys
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left, Picture, Size
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.saying import size_of

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
            yield from _task(key[0], [row for _, row in rows], choices)


def _task_of(numbered: tuple[int, Any]) -> tuple[str, Any] | None:
    """By what the rows of one task belong together: in JSON_MIN there is one for each of its annotations.

    An id alone does not tell tasks apart: a script may write none, and joined files may have one twice.
    """
    at, row = numbered
    if not isinstance(row, dict):
        return None
    if row.get("id") is None:
        return f"task at {at}", None
    return f"task {row['id']}", row["data"] if "data" in row else _before_id(row)


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
    for name, mine in _by_picture(data, results):
        if name is None:
            for label, place in _objects(mine) or [("", "data")]:
                found = Left("annotation-broken", place, label, "data with one picture", _shown(data))
                yield _placed(found, origin)
        else:
            yield from _picture(name, mine, origin, choices)


def _by_picture(data: Any, results: list[_Result]) -> list[tuple[str | None, list[_Result]]]:
    """The pictures of a task, with the results about each; None for those of which it is not known."""
    meant = list(dict.fromkeys(str(result.get("to_name")) for _, result, _ in results))
    names = pictures_in(data) if isinstance(data, dict) else {}
    if len(names) < 2 or len(meant) < 2:
        name = picture_of(data, next(iter(meant), None)) if isinstance(data, dict) else None
        return [(name, results)]
    # What an image is called in the labeling interface tells them apart only where that is the key of its address.
    return [
        (names.get(each), [one for one in results if str(one[1].get("to_name")) == each]) for each in meant
    ]


def _picture(name: str, results: list[_Result], origin: str, choices: Choices) -> Iterator[Picture | Left]:
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
    """What a task has beside annotations: what models have said of it, and what nobody has submitted yet."""
    counts = {key: sum(len(_list(row.get(key))) for row in rows) for key in ("predictions", "drafts")}
    return [
        Left("remark-left-out", key, "", "annotations", f"{count} {key}", objects=0)
        for key, count in counts.items()
        if count
    ]


def _of_full(rows: list[_Json]) -> tuple[Any, list[_Annotation]]:
    """The data of a task, and its annotations."""
    found: list[_Annotation] = []
    for row in rows:
        for at, each in enumerate(_list(row.get("annotations", row.get("completions")))):
            # One that is no object is its id alone, as the API may list it.
            annotation = each if isinstance(each, dict) else {"result": [each]}
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
    return _before_id(rows[0]), found


def _before_id(row: _Json) -> _Json:
    """The data of a task in JSON_MIN."""
    keys = list(row)
    return {key: row[key] for key in keys[: keys.index("id") if "id" in keys else None]}


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
    sizes = (size_of(each.get("original_width"), each.get("original_height")) for _, each, _ in results)
    return next(filter(None, sizes), None)


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
