"""Goes over the subsets of Datumaro, and over the items of each, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename, dirname, join, splitext
from typing import Any

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.folders.datumaro.objects import (
    Categories,
    categories_of,
    label_or_none,
    objects_of,
    size_in,
)
from bulk_importer.formats.json_rows import rows_of, top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Tag
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.saying import placed, said_of, shown

__all__ = ["read", "recognises"]

_CATEGORIES = re.compile(rb'"categories"\s*:\s*\{')
_ITEMS = re.compile(rb'"items"\s*:\s*\[')
_OTHER_MEDIA = ("point_cloud", "video_frame", "video")


def recognises(members: Members) -> bool:
    """Whether it is a file that begins with categories by their kind, or has such files in `annotations`."""
    return any(_is_subset(members, path) for path in _candidates(members))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, subset by subset."""
    subsets = [path for path in _candidates(members) if _is_subset(members, path)]
    if not subsets:
        raise SourceUnreadable(
            members.name, "there is no JSON file in it with categories and items, as Datumaro has"
        )
    taken = set(subsets)
    for path in members.paths:
        if path not in taken and not is_picture(path):
            yield Left(
                "member-passed-over", path, "", "annotations/*.json", "another kind of file", objects=0
            )
    yield from with_repeats(found for path in subsets for found in _subset(members, path, choices))


def _candidates(members: Members) -> list[str]:
    if len(members.paths) == 1:
        return list(members.paths)
    return [path for path in members.paths if path.endswith(".json") and _is_in_annotations(path)]


def _is_in_annotations(path: str) -> bool:
    return basename(dirname(path)) == "annotations"


def _is_subset(members: Members, path: str) -> bool:
    head = members.head(path)
    keys = top_keys(head)
    # What stands behind long categories is out of sight.
    is_cut = keys[-1:] == ("categories",)
    return "categories" in keys and ("items" in keys or is_cut) and _CATEGORIES.search(head) is not None


def _subset(members: Members, path: str, choices: Choices) -> Iterator[Picture | Left]:
    place = members.name if len(members.paths) == 1 else f"{members.name}: {path}"
    front = "" if len(members.paths) == 1 else f"{path}, "
    with members.open(path) as file:
        categories = categories_of(next(rows_of(file, "categories", place), None), place)
    is_empty = True
    with members.open(path) as file:
        for at, item in enumerate(rows_of(file, "items.item", place)):
            is_empty = False
            yield from _picture(item, f"{front}item {at}", front, categories, choices)
    if is_empty and not _ITEMS.search(members.head(path)):
        raise SourceUnreadable(place, "it has no array of items, as Datumaro writes it")


def _picture(
    item: Any, origin: str, front: str, categories: Categories, choices: Choices
) -> Iterator[Picture | Left]:
    name = item.get("id") if isinstance(item, dict) else None
    rows = item.get("annotations") if isinstance(item, dict) else None
    rows = rows if isinstance(rows, list) else []
    if not isinstance(name, str) or not name:
        yield Left("annotation-broken", origin, "", "an item with an id", shown(item), objects=0)
        yield from _behind(rows, "annotation-broken", origin, categories, "an item with an id", "none")
        return
    origin = f"{front}item {name}"
    other = next((key for key in _OTHER_MEDIA if item.get(key)), None)
    if other is not None:
        yield Left("remark-left-out", origin, "", "a picture", other, objects=0)
        yield from _behind(rows, "shape-unknown", origin, categories, "an object of a picture", other)
        return
    name, is_stem = _name(name, item.get("image") or item.get("media"))
    size = size_in(item.get("image")) or choices.sizes(name)
    annotations: list[Annotation] = []
    answers, others = said_of(item.get("attr"))
    # The number of its frame is the tool's own.
    tags = [Tag(each, "attr", answer) for each, answer in answers.items() if each != "frame"]
    if others:
        yield Left("remark-left-out", f"{origin}, attr", "", "labels", ", ".join(others), objects=0)
    for found in objects_of(rows, categories, size):
        if isinstance(found, Left):
            yield placed(found, origin)
        elif isinstance(found, Tag):
            tags.append(found)
        else:
            annotations.append(found)
    yield Picture(name, origin, size, tuple(annotations), tuple(tags), is_stem=is_stem)


def _behind(
    rows: list[Any], code: str, origin: str, categories: Categories, expected: str, found: str
) -> Iterator[Left]:
    for at, row in enumerate(rows):
        yield Left(code, f"{origin}, annotation {at}", label_or_none(row, categories), expected, found)


def _name(name: str, image: object) -> tuple[str, bool]:
    """The name of a picture, and whether its ending is not known.

    The path is of the place where a tool has found the picture or put a copy of it, so that only its ending counts.
    """
    path = image.get("path") if isinstance(image, dict) else None
    if not isinstance(path, str) or not is_picture(path):
        return name, not is_picture(name)
    stem, ending = splitext(path.replace("\\", "/"))
    is_same = basename(stem) in {basename(name), name.replace("/", "_")}
    return (join(dirname(name), basename(name) + ending), False) if is_same else (name, not is_picture(name))
