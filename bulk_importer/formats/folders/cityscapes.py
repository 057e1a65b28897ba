"""Cityscapes: a JSON file for each picture, with the outline of each object, from the background to the foreground.

The label tool keeps an object that was deleted, with a mark, and writes who drew each and when; what is published has
classes and outlines alone. A file is named like its picture, but for its end. Groups of objects that nobody could tell
apart are of a class of their own (`cargroup`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from posixpath import basename, splitext
from typing import Any

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import ChoiceNeeded, Choices
from bulk_importer.formats.json_rows import decoded, top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Polygon
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.corners import Broken, paired_path
from bulk_importer.formats.values.saying import placed, shown, size_of

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_KEYS = {"imgWidth", "imgHeight", "objects"}
_NAME = re.compile(r"(.+)_gt[A-Za-z0-9]*_polygons\.json")
_OTHER_LABELS = "_gtBbox"
"""In the names of files with boxes of people, or of vehicles in space."""
_PICTURES = "leftImg8bit"
_KINDS = frozenset({"gtFine", "gtCoarse"})


def recognises(members: Members) -> bool:
    """Whether one of its first JSON files has the size of a picture and objects."""
    return any(
        set(top_keys(members.head(path))) >= _KEYS for path in islice(_files(members), _FILES_LOOKED_AT)
    )


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by the names of their files.

    Raises:
        ChoiceNeeded: two files are about one picture: its fine and its coarse outlines.
    """
    files = _files(members)
    if not files:
        reason = "there is no *_polygons.json in it, as Cityscapes has one for each picture; ids in PNG are not read"
        raise SourceUnreadable(members.name, reason)
    taken = set(files)
    for path in members.paths:
        if path not in taken and not is_picture(path):
            code = "shape-unknown" if _OTHER_LABELS in basename(path) else "member-passed-over"
            yield Left(code, path, "", "*_polygons.json", "another kind of file", objects=0)
    _require_one_kind(members, files)
    pictures = {splitext(basename(path))[0]: path for path in members.paths if is_picture(path)}
    yield from with_repeats(found for path in files for found in _file(members, path, pictures, choices))


def _files(members: Members) -> list[str]:
    """The files of outlines: by their names, or, where none has such a name, all that may be some."""
    files = [path for path in members.paths if path.endswith(".json")]
    return [path for path in files if _NAME.fullmatch(basename(path))] or files


def _require_one_kind(members: Members, files: list[str]) -> None:
    seen: dict[str, str] = {}
    for path in files:
        other = seen.setdefault(_name(path), path)
        if other != path:
            raise ChoiceNeeded(
                f"{members.name} has {other} and {path}, which are about the same picture. Give the folder of the "
                "outlines that you want, gtFine or gtCoarse."
            )


def _name(path: str) -> str:
    """The picture of a file, in the folder where Cityscapes has it, without its ending."""
    *folders, name = path.split("/")
    found = _NAME.fullmatch(name)
    named = f"{found[1]}_{_PICTURES}" if found else name.removesuffix(".json")
    return "/".join([*(_PICTURES if each in _KINDS else each for each in folders), named])


def _file(
    members: Members, path: str, pictures: dict[str, str], choices: Choices
) -> Iterator[Picture | Left]:
    try:
        row = decoded(members.read(path), path)
    except SourceUnreadable as error:
        yield Left("member-unread", path, "", "JSON of one picture", error.reason, objects=0)
        return
    if not isinstance(row, dict) or not isinstance(row.get("objects"), list):
        yield Left("member-unread", path, "", "an object with objects", shown(row), objects=0)
        return
    annotations: list[Annotation] = []
    for at, each in enumerate(row["objects"]):
        found = _object(each, f"object {at}")
        if isinstance(found, Left):
            yield placed(found, path)
        else:
            annotations.append(found)
    if any(isinstance(each, dict) and (each.get("user") or each.get("date")) for each in row["objects"]):
        yield Left("remark-left-out", path, "", "labels", "who drew the objects, and when", objects=0)
    stem = _name(path)
    name = pictures.get(basename(stem), stem)
    size = size_of(row.get("imgWidth"), row.get("imgHeight")) or choices.sizes(name)
    yield Picture(name, path, size, tuple(annotations), is_stem=name == stem)


def _object(row: Any, place: str) -> Annotation | Left:
    label = row.get("label") if isinstance(row, dict) else None
    label = label if isinstance(label, str) else ""
    try:
        if not isinstance(row, dict) or not label:
            raise Broken("annotation-broken", "an object with a label", shown(row))
        if row.get("deleted"):
            return Left(
                "remark-left-out", place, label, "objects that are not deleted", "a deleted one", objects=0
            )
        if "polygon" not in row:
            raise Broken("shape-unknown", "a polygon", shown(row))
        return Annotation(label, Polygon((paired_path(row["polygon"]),)), place)
    except Broken as broken:
        return broken.left(place, label)
