"""Tells the two kinds of Labelbox's NDJSON apart, and goes over the data rows of either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Annotations, Choices
from bulk_importer.formats.documents.labelbox.objects import is_answer, name_of, object_of, tag_of
from bulk_importer.formats.documents.labelbox.rows import rows_in
from bulk_importer.formats.json_rows import top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Size, Tag
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.saying import placed, shown, size_of

__all__ = ["read", "recognises"]

_EXPORT = {"data_row", "media_attributes", "projects"}
_IMPORT = {"bbox", "polygon", "line", "point", "mask", "answer"}
_OLDER = {"DataRow ID", "External ID", "Label"}
_BESIDE = ("attachments", "experiments", "metadata_fields")

_Json: TypeAlias = Mapping[str, Any]
_Row: TypeAlias = tuple[str, Any]
_Label: TypeAlias = tuple[str, _Json]


def recognises(members: Members) -> bool:
    """Whether it is a single file whose first row has the keys of an export, or of an import."""
    if len(members.paths) != 1:
        return False
    keys = set(top_keys(members.head(members.paths[0])))
    return _is_export(keys) or _is_import(keys) or keys >= _OLDER


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The data rows of a file, in their order; those of an import as long as their lines stand together."""
    path = members.paths[0]
    head = members.head(path)
    keys = set(top_keys(head))
    if keys & _OLDER:
        raise SourceUnreadable(
            members.name,
            "it is Labelbox's export v1",
            advice="Export the project again, as v2: Labelbox gives one JSON object a line.",
        )
    is_array = head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    is_import = "dataRow" in keys and not keys & _EXPORT
    with members.open(path) as file:
        rows = rows_in(file, is_array, members.name)
        found = _imported(rows, choices) if is_import else _exported(rows, choices)
        yield from with_repeats(found)


def _is_export(keys: set[str]) -> bool:
    return "data_row" in keys and bool(keys & _EXPORT - {"data_row"})


def _is_import(keys: set[str]) -> bool:
    return "dataRow" in keys and bool(keys & _IMPORT)


def _exported(rows: Iterator[_Row | Left], choices: Choices) -> Iterator[Picture | Left]:
    for found in rows:
        if isinstance(found, Left):
            yield found
        elif not isinstance(found[1], dict) or not isinstance(found[1].get("data_row"), dict):
            yield Left("annotation-broken", found[0], "", "an object with data_row", shown(found[1]))
        else:
            yield from _data_row(*found, choices)


def _data_row(origin: str, row: _Json, choices: Choices) -> Iterator[Picture | Left]:
    labels, left = _chosen(row.get("projects"), choices.annotations)
    yield from (placed(each, origin) for each in left)
    name = _name(row["data_row"])
    media = row.get("media_attributes")
    media = media if isinstance(media, dict) else {}
    kind = media.get("asset_type") or "image"
    if name is None or kind != "image":
        expected, found = ("a data row with a name", "none") if name is None else ("an image", shown(kind))
        objects = [one for each in labels for one in _objects(*each)]
        for place, one in objects:
            yield Left("annotation-broken", f"{origin}, {place}", name_of(one), expected, found)
        if not objects:
            yield Left("annotation-broken", origin, "", expected, found, objects=0)
        return
    beside = [key for key in _BESIDE if row.get(key)]
    if beside:
        yield Left("remark-left-out", origin, "", "labels", ", ".join(beside), objects=0)
    size = size_of(media.get("width"), media.get("height")) or choices.sizes(name)
    parts = [part for each in labels for part in _parts(*each, size)]
    yield from _picture(name, origin, size, parts)


def _name(row: _Json) -> str | None:
    """The first of the names of a data row that ends as a picture does, or the first that there is."""
    url = row.get("row_data")
    last = unquote(urlsplit(url).path.rpartition("/")[2]) if isinstance(url, str) and _is_url(url) else None
    names = [
        each
        for each in (row.get("external_id"), row.get("global_key"), last)
        if isinstance(each, str) and each
    ]
    return next(filter(is_picture, names), next(iter(names), None))


def _is_url(text: str) -> bool:
    try:
        return bool(urlsplit(text).path)
    except ValueError:
        return False


def _chosen(projects: Any, which: Annotations) -> tuple[list[_Label], list[Left]]:
    """The labels that count, of each project, and what the others hold."""
    kept: list[_Label] = []
    left: list[Left] = []
    for project in projects.values() if isinstance(projects, dict) else ():
        rows = project.get("labels") if isinstance(project, dict) else None
        labels = [
            (f"label {row.get('id', at)}", row)
            for at, row in enumerate(rows if isinstance(rows, list) else [])
            if isinstance(row, dict)
        ]
        if len(labels) < 2 or which is Annotations.ALL:
            kept += labels
        elif which is Annotations.REFUSE:
            left += [one for each in labels for one in _behind("annotation-several", each, f"{len(labels)}")]
        else:
            newest = max(labels, key=_when)
            kept.append(newest)
            older = (each for each in labels if each is not newest)
            left += [one for each in older for one in _behind("annotation-older", each, "an older one")]
    return kept, left


def _when(label: _Label) -> str:
    details = label[1].get("label_details")
    details = details if isinstance(details, dict) else {}
    return str(details.get("updated_at") or details.get("created_at") or "")


def _behind(code: str, label: _Label, found: str) -> list[Left]:
    objects = [Left(code, place, name_of(row), "one label", found) for place, row in _objects(*label)]
    return objects or [Left(code, label[0], "", "one label", found, objects=0)]


def _objects(origin: str, label: _Json) -> list[_Row]:
    found = label.get("annotations")
    rows = found.get("objects") if isinstance(found, dict) else None
    return [(f"{origin}, object {at}", row) for at, row in enumerate(rows if isinstance(rows, list) else [])]


def _parts(origin: str, label: _Json, size: Size | None) -> Iterator[Annotation | Tag | Left]:
    for place, row in _objects(origin, label):
        yield from object_of(row, place, size)
    found = label.get("annotations")
    found = found if isinstance(found, dict) else {}
    questions = found.get("classifications")
    for at, row in enumerate(questions if isinstance(questions, list) else []):
        yield tag_of(row, f"{origin}, classification {at}")
    for key in ("relationships", "frames", "segments"):
        if found.get(key):
            yield Left("remark-left-out", origin, "", "labels of a picture", key, objects=0)


def _imported(rows: Iterator[_Row | Left], choices: Choices) -> Iterator[Picture | Left]:
    for name, group in groupby(rows, _row_name):
        if name is None:
            for each in group:
                if isinstance(each, Left):
                    yield each
                else:
                    found = shown(each[1])
                    yield Left(
                        "annotation-broken", each[0], name_of(each[1]), "an object with dataRow", found
                    )
            continue
        together = [each for each in group if not isinstance(each, Left)]
        size = choices.sizes(name)
        parts = [part for origin, row in together for part in _part(row, origin, size)]
        yield from _picture(name, "", size, parts, together[0][0])


def _row_name(found: _Row | Left) -> str | None:
    row = None if isinstance(found, Left) else found[1]
    data_row = row.get("dataRow") if isinstance(row, dict) else None
    names = (data_row.get("globalKey"), data_row.get("id")) if isinstance(data_row, dict) else ()
    return next((each for each in names if isinstance(each, str) and each), None)


def _part(row: _Json, origin: str, size: Size | None) -> Iterator[Annotation | Tag | Left]:
    if "relationship" in row:
        yield Left("remark-left-out", origin, name_of(row), "labels", "a relationship", objects=0)
    elif is_answer(row):
        yield tag_of(row, origin)
    else:
        yield from object_of(row, origin, size)


def _picture(
    name: str, origin: str, size: Size | None, parts: list[Annotation | Tag | Left], first: str = ""
) -> Iterator[Picture | Left]:
    for each in parts:
        if isinstance(each, Left):
            yield placed(each, origin) if origin else each
    annotations = tuple(each for each in parts if isinstance(each, Annotation))
    tags = tuple(each for each in parts if isinstance(each, Tag))
    yield Picture(
        name, origin or f"data row at {first}", size, annotations, tags, is_stem=not is_picture(name)
    )
