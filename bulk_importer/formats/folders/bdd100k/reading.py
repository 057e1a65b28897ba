"""Goes over the files of BDD100K, and over the frames of each, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import BoxEnds, Choices
from bulk_importer.formats.folders.bdd100k.labels import annotations_of, has_box
from bulk_importer.formats.json_rows import decoded, rows_of, top_keys
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Tag
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.saying import placed, said_of, shown, size_of

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_FRAME = {"name", "labels"}
_BESIDE = {"attributes", "videoName", "frameIndex", "timestamp", "url", "size"}
_CAMERA = ("intrinsics", "extrinsics")
_SHAPES = (b'"box2d"', b'"poly2d"', b'"rle"', b'"box3d"')
_FRAMES = re.compile(rb'"frames"\s*:\s*\[\s*[\{\]]')
_OF_2018 = (b'"objects"', b'"timestamp"')


def recognises(members: Members) -> bool:
    """Whether one of its first JSON files begins with frames that have a name and labels."""
    return any(_is_ours(members.head(path)) for path in islice(_files(members), _FILES_LOOKED_AT))


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, file by file, in the order of each."""
    files = _files(members)
    if not files:
        raise SourceUnreadable(members.name, "there is no JSON file in it, as BDD100K and Scalabel have")
    taken = set(files)
    for path in members.paths:
        if path not in taken and not is_picture(path):
            yield Left("member-passed-over", path, "", "JSON files", "another kind of file", objects=0)
    frames = (each for path in files for each in _file(members, path, is_alone=len(files) == 1))
    yield from with_repeats(_pictures(frames, members.name, choices))


def _files(members: Members) -> list[str]:
    if len(members.paths) == 1:
        return list(members.paths)
    return [path for path in members.paths if path.endswith(".json")]


def _is_ours(head: bytes) -> bool:
    keys = set(top_keys(head))
    if _starts_with(head, b"["):
        # The first frame may have no labels yet.
        is_frame = keys >= _FRAME or (b'"labels"' in head and {"name"} < keys <= _BESIDE | {"name"})
        return is_frame and bool(keys & _BESIDE or any(mark in head for mark in _SHAPES))
    return _is_of_2018(head) or (
        _FRAMES.search(head) is not None and b'"name"' in head and b'"labels"' in head
    )


def _is_of_2018(head: bytes) -> bool:
    return {"name", "frames"} <= set(top_keys(head)) and all(mark in head for mark in _OF_2018)


def _starts_with(head: bytes, mark: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(mark)


def _file(members: Members, path: str, *, is_alone: bool) -> Iterator[tuple[str, Any] | Left]:
    """The frames of a file with their places; one file of several that is broken costs what is behind that place."""
    place = members.name if is_alone else f"{members.name}: {path}"
    front = "" if is_alone else f"{path}, "
    try:
        for at, frame in enumerate(_frames(members, path, place)):
            yield f"{front}frame {at}", frame
    except SourceUnreadable as error:
        if is_alone:
            raise
        yield Left("member-unread", path, "", "JSON of frames", error.reason, objects=0)


def _frames(members: Members, path: str, place: str) -> Iterator[Any]:
    head = members.head(path)
    if _is_of_2018(head):
        document = decoded(members.read(path), place)
        frames = document.get("frames") if isinstance(document, dict) else None
        if not isinstance(frames, list):
            raise SourceUnreadable(place, "it is no object with a list of frames")
        for frame in frames:
            labels = frame.get("objects") if isinstance(frame, dict) else frame
            yield {"name": document.get("name"), "attributes": document.get("attributes"), "labels": labels}
        return
    if not _starts_with(head, b"[") and not _FRAMES.search(head):
        raise SourceUnreadable(place, "it is neither an array of frames nor an object with frames")
    with members.open(path) as file:
        yield from rows_of(file, "item" if _starts_with(head, b"[") else "frames.item", place)


def _pictures(
    frames: Iterator[tuple[str, Any] | Left], source: str, choices: Choices
) -> Iterator[Picture | Left]:
    is_said = False
    for each in frames:
        if isinstance(each, Left):
            yield each
            continue
        origin, frame = each
        labels = frame.get("labels") if isinstance(frame, dict) else None
        if not is_said and isinstance(labels, list) and any(map(has_box, labels)):
            is_said = True
            chosen = f"--box-ends {choices.box_ends}"
            either = " or ".join(BoxEnds)
            yield Left("ends-chosen", source, chosen, either, chosen, objects=0)
        yield from _picture(frame, origin, choices)


def _picture(frame: Any, origin: str, choices: Choices) -> Iterator[Picture | Left]:
    labels = frame.get("labels") if isinstance(frame, dict) else None
    name = _name(frame) if isinstance(frame, dict) else ""
    if not name or not isinstance(labels, list | None):
        objects = len(labels) if isinstance(labels, list) else 0
        yield Left("annotation-broken", origin, "", "a frame with a name, and labels", shown(frame), objects)
        return
    found = frame.get("size")
    size = size_of(found.get("width"), found.get("height")) if isinstance(found, dict) else None
    size = size or choices.sizes(name)
    annotations: list[Annotation] = []
    for at, row in enumerate(labels or ()):
        for each in annotations_of(row, _origin(row, at), size, choices.box_ends):
            if isinstance(each, Left):
                yield placed(each, origin)
            else:
                annotations.append(each)
    said, others = said_of(frame.get("attributes"))
    others += (key for key in _CAMERA if frame.get(key) is not None)
    if others:
        yield Left("remark-left-out", origin, "", "labels", ", ".join(others), objects=0)
    tags = tuple(Tag(each, "attributes", answer) for each, answer in said.items())
    yield Picture(name, origin, size, tuple(annotations), tags, is_stem=not is_picture(name))


def _origin(row: Any, at: int) -> str:
    """Where a label stands: its id is a number in one file, and a text in another."""
    found = row.get("id") if isinstance(row, dict) else None
    return f"label {found}" if isinstance(found, int | str) and found != "" else f"label {at} of the frame"


def _name(frame: dict[str, Any]) -> str:
    """The picture of a frame: below its video; Scalabel's page has a URL in its place."""
    name, video = frame.get("name"), frame.get("videoName")
    if not isinstance(name, str | int) or isinstance(name, bool):
        return ""
    text = str(name)
    if "://" in text:
        return unquote(urlsplit(text).path).lstrip("/")
    return f"{video}/{text}" if isinstance(video, str) and video and "/" not in text else text
