"""Goes over the files of Darwin, and over the slots of each item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from posixpath import join
from typing import Any, TypeAlias

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.folders.darwin.objects import answers_in, is_layer, label_of, objects_of
from bulk_importer.formats.json_rows import decoded, top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Tag
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.saying import placed, shown, size_of

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_OWN_FOLDER = ".v7/"  # what the tool keeps of classes and properties

_Json: TypeAlias = Mapping[str, Any]


def recognises(members: Members) -> bool:
    """Whether one of its first JSON files has an item and says that it is Darwin's."""
    return any(map(_is_item, (members.head(path) for path in islice(_files(members), _FILES_LOOKED_AT))))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by the names of their files."""
    files = list(_files(members))
    if not files:
        raise SourceUnreadable(members.name, "there is no JSON file in it, as Darwin has one for each item")
    taken = set(files)
    for path in members.paths:
        if path not in taken and not is_picture(path):
            yield Left("member-passed-over", path, "", "JSON files", "another kind of file", objects=0)
    yield from with_repeats(found for path in files for found in _file(members, path, choices))


def _files(members: Members) -> Iterator[str]:
    return (path for path in members.paths if path.endswith(".json") and _OWN_FOLDER not in path)


def _is_item(head: bytes) -> bool:
    keys = top_keys(head)
    is_whole = {"item", "annotations"} <= set(keys) and bool({"version", "schema_ref"} & set(keys))
    return is_whole or ("item" in keys and b"/darwin_json/2" in head)


def _file(members: Members, path: str, choices: Choices) -> Iterator[Picture | Left]:
    try:
        row = decoded(members.read(path), path)
    except SourceUnreadable as error:
        yield Left("member-unread", path, "", "JSON of one item", error.reason, objects=0)
        return
    item = row.get("item") if isinstance(row, dict) else None
    name = item.get("name") if isinstance(item, dict) else None
    rows = row.get("annotations", []) if isinstance(row, dict) else None
    if not isinstance(item, dict) or not isinstance(name, str) or not name or not isinstance(rows, list):
        expected = "an item with a name, and annotations (Darwin JSON 2.0)"
        yield Left("member-unread", path, "", expected, shown(row), objects=0)
        return
    slots = _slots(item.get("slots"))
    tags = tuple(
        Tag(each, "properties", answer) for each, answer in answers_in(row.get("properties")).items()
    )
    for slot, own in zip(slots, _by_slot(rows, slots), strict=True):
        named = _source_name(slot) if len(slots) > 1 else None
        whole = join(str(item.get("path") or "/"), named or name).lstrip("/")
        yield from _slot(slot, whole, path, own, tags, choices)


def _slots(found: object) -> list[_Json]:
    """The slots of an item; one that says nothing where there is none."""
    slots: list[_Json] = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return slots or [{}]


def _by_slot(rows: list[Any], slots: list[_Json]) -> list[list[tuple[int, Any]]]:
    """The annotations of each slot, with their numbers in the file; those of none are the first one's."""
    names = [slot.get("slot_name") for slot in slots]
    found: list[list[tuple[int, Any]]] = [[] for _ in slots]
    for at, row in enumerate(rows):
        own = row.get("slot_names") if isinstance(row, dict) else None
        first = own[0] if isinstance(own, list) and own else None
        found[names.index(first) if first in names else 0].append((at, row))
    return found


def _source_name(slot: _Json) -> str | None:
    files = slot.get("source_files")
    first = files[0] if isinstance(files, list) and files else None
    name = first.get("file_name") if isinstance(first, dict) else None
    return name if isinstance(name, str) and name else None


def _slot(
    slot: _Json, name: str, path: str, rows: list[tuple[int, Any]], tags: tuple[Tag, ...], choices: Choices
) -> Iterator[Picture | Left]:
    objects = [(at, row) for at, row in rows if not is_layer(row)]
    kind = slot.get("type") or "image"
    if kind != "image":
        for at, row in objects:
            origin = f"{path}, annotation {at}"
            yield Left("shape-unknown", origin, label_of(row), "an object of a picture", shown(kind))
        return
    layer = next((row for _, row in rows if is_layer(row)), None)
    size = size_of(slot.get("width"), slot.get("height")) or choices.sizes(name)
    annotations: list[Annotation] = []
    said = list(tags)
    for at, row in objects:
        try:
            parts = list(objects_of(row, f"annotation {at}", layer, size, choices.ellipse_angle))
        except ChoiceNeeded as error:
            raise ChoiceNeeded(f"{path}, annotation {at}: {error}") from error
        for found in parts:
            if isinstance(found, Left):
                yield placed(found, path)
            elif isinstance(found, Tag):
                said.append(found)
            else:
                annotations.append(found)
    yield Picture(name, path, size, tuple(annotations), tuple(said), is_stem=not is_picture(name))
