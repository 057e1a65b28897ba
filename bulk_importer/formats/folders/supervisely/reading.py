"""Goes over the datasets of Supervisely, and over the files of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from posixpath import basename, dirname, join
from typing import Any

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.folders.supervisely.objects import Class, object_of, tags_in
from bulk_importer.formats.json_rows import decoded, top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Tag
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.corners import Broken
from bulk_importer.formats.values.saying import answer_of, placed, shown, size_of

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_KEYS = {"size", "objects"}
_META = "meta.json"
_OWN = (_META, "obj_class_to_machine_color.json")


def recognises(members: Members) -> bool:
    """Whether one of its first files in `ann` has the size and the objects of a picture."""
    heads = (members.head(path) for path in islice(_files(members), _FILES_LOOKED_AT))
    return any(_is_annotation(head) for head in heads)


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by the names of their files."""
    files = list(_files(members))
    if not files:
        reason = "there is no folder ann with JSON files in it, as Supervisely has one for each dataset"
        raise SourceUnreadable(members.name, reason)
    taken = set(files)
    for path in members.paths:
        if path not in taken and not is_picture(path) and basename(path) not in _OWN:
            yield Left("member-passed-over", path, "", "JSON files in ann", "another kind of file", objects=0)
    classes = _classes(members)
    yield from with_repeats(found for path in files for found in _file(members, path, classes, choices))


def _files(members: Members) -> Iterator[str]:
    if len(members.paths) == 1 and members.paths[0].endswith(".json"):
        return iter(members.paths)
    return (path for path in members.paths if path.endswith(".json") and basename(dirname(path)) == "ann")


def _is_annotation(head: bytes) -> bool:
    keys = set(top_keys(head))
    return keys >= _KEYS or ("size" in keys and b'"classTitle"' in head)


def _classes(members: Members) -> dict[str, Class]:
    """What `meta.json` says of classes; nothing where it is none."""
    found: dict[str, Class] = {}
    for path in members.paths:
        if basename(path) != _META:
            continue
        try:
            meta = decoded(members.read(path), path)
        except SourceUnreadable:
            continue  # the files of the pictures hold all that is carried but the names of nodes
        rows = meta.get("classes") if isinstance(meta, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("title"), str):
                found[row["title"]] = (str(row.get("shape", "")), _nodes(row.get("geometry_config")))
    return found


def _nodes(config: Any) -> Mapping[str, str]:
    nodes = config.get("nodes") if isinstance(config, dict) else None
    return {
        key: node["label"]
        for key, node in (nodes.items() if isinstance(nodes, dict) else ())
        if isinstance(node, dict) and isinstance(node.get("label"), str)
    }


def _file(
    members: Members, path: str, classes: Mapping[str, Class], choices: Choices
) -> Iterator[Picture | Left]:
    try:
        row = decoded(members.read(path), path)
    except SourceUnreadable as error:
        yield Left("member-unread", path, "", "JSON of one picture", error.reason, objects=0)
        return
    if not isinstance(row, dict) or not isinstance(row.get("objects"), list):
        yield Left("member-unread", path, "", "an object with objects", shown(row), objects=0)
        return
    name = _name(path)
    found = row.get("size")
    size = size_of(found.get("width"), found.get("height")) if isinstance(found, dict) else None
    size = size or choices.sizes(name)
    annotations: list[Annotation] = []
    for at, each in enumerate(row["objects"]):
        for part in object_of(each, f"object {at}", classes, size):
            if isinstance(part, Left):
                yield placed(part, path)
            else:
                annotations.append(part)
    tags: list[Tag] = []
    try:
        tags += (Tag(tag, "tags", answer) for tag, answer in tags_in(row.get("tags")))
    except Broken as broken:
        left = broken.left(f"{path}, tags", "")
        yield Left(left.code, left.origin, "", left.expected, left.found, objects=0)
    description = answer_of(row.get("description"))
    if description is not None:
        tags.append(Tag("description", "description", description))
    yield Picture(name, path, size, tuple(annotations), tuple(tags), is_stem=not is_picture(name))


def _name(path: str) -> str:
    """The picture of a file, below its dataset; datasets in others are in folders of the name `datasets`."""
    folders = [part for part in dirname(dirname(path)).split("/") if part and part != "datasets"]
    return join(*folders, basename(path).removesuffix(".json"))
