"""KITTI: a text file for each picture, a row for each object.

A row is the class, 14 numbers, and in some files how sure a model was. Nothing quotes a class of two words, so that the
first run of 14 numbers tells where it ends. Numbers that nobody has are -1, -10, -1000 or 0, by the tool. Pixels are
counted from 0, with the edges of a box between them, as all tools of today have it. What a row says of the space in
front of the camera is no label of a picture. A picture without objects has an empty file, or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from posixpath import dirname, splitext

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Answer, Box, Left, Picture
from bulk_importer.formats.numbers import EXACT, decimal_of, nearest_double
from bulk_importer.formats.repeats import with_repeats
from bulk_importer.formats.values.corners import Broken
from bulk_importer.formats.values.saying import placed

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 8
_NUMBERS = 14
_OF_SPACE = (
    2,
    *range(7, _NUMBERS),
)  # the angle of observation; sizes, place and rotation in metres and radians
_FILLERS = frozenset(map(Decimal, ("0", "-1", "-10", "-1000")))
_LABELS = {"label_2": "image_2", "labels": "", "label": ""}
"""Folders of rows, and what the folder of their pictures is called, if that is known."""
_PICTURES = frozenset({"image_2", "images", "image", "data"})
_MASKS = frozenset({"instance", "semantic", "semantic_rgb"})
_UNLABELLED = frozenset({"testing", "image_3"})
"""Folders of pictures that have no rows because nobody may see them, or because they are those of the other eye."""


def recognises(members: Members) -> bool:
    """Whether one of its first text files begins with a row of a class and 14 numbers behind it.

    One that begins with a number may be YOLO's.
    """
    texts = islice((path for path in members.paths if path.endswith(".txt")), _FILES_LOOKED_AT)
    lines = (_first_line(members, path) for path in texts)
    return any(_looks_like_a_row(line) and not line.split()[0].isdigit() for line in lines)


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by where their rows stand; then those that have none."""
    files = list(_files_of_rows(members))
    if not files:
        raise SourceUnreadable(
            members.name, "no text file in it has rows of a class and 14 numbers, as KITTI has"
        )
    yield from _passed_over(members, set(files))
    pictures: dict[str, str | None] = {}
    for path in filter(_is_of_the_set, members.paths):
        pictures[_key(path)] = None if _key(path) in pictures else path
    named = {path: pictures.pop(_key(path), None) for path in files}
    yield from with_repeats(each for path in files for each in _file(members, path, named[path], choices))
    for path in sorted(each for each in pictures.values() if each is not None):
        yield Picture(path, path, choices.sizes(path))


def _first_line(members: Members, path: str) -> str:
    lines = members.head(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return next((line.decode("utf-8", "replace") for line in lines if line.strip()), "")


def _looks_like_a_row(line: str) -> bool:
    words = line.split()
    at = _first_number(words)
    return at > 0 and len(words) - at - _NUMBERS in {0, 1}


def _files_of_rows(members: Members) -> Iterator[str]:
    """Text files in folders of which one has rows, and empty ones anywhere: those of pictures without objects."""
    folders: dict[str, list[str]] = {}
    for path in members.paths:
        if path.endswith(".txt"):
            folders.setdefault(dirname(path), []).append(path)
    for paths in folders.values():
        if any(_looks_like_a_row(_first_line(members, path)) for path in paths):
            yield from paths
        else:
            yield from (path for path in paths if not _first_line(members, path))


def _passed_over(members: Members, files: set[str]) -> Iterator[Left]:
    for path in members.paths:
        if path not in files and not _is_of_the_set(path):
            is_mask = is_picture(path) and _is_below(path, _MASKS)
            code, found = ("shape-unknown", "a mask") if is_mask else ("member-passed-over", "another file")
            yield Left(code, path, "", "rows of objects, and their pictures", found, objects=0)


def _is_of_the_set(path: str) -> bool:
    """Whether a file is a picture that somebody has looked at, whether it has rows or not."""
    return is_picture(path) and not _is_below(path, _MASKS | _UNLABELLED)


def _is_below(path: str, folders: frozenset[str]) -> bool:
    return not folders.isdisjoint(path.split("/")[:-1])


def _key(path: str) -> str:
    """Where a picture stands, by it or by its rows: without its ending, and without the folder of either."""
    *folders, name = splitext(path)[0].split("/")
    return "/".join([*(each for each in folders if each not in _LABELS and each not in _PICTURES), name])


def _name(path: str) -> str:
    """The picture of a file of rows, where it is not in the source."""
    parts = splitext(path)[0].split("/")
    return "/".join(named for each in parts if (named := _LABELS.get(each, each)))


def _file(members: Members, path: str, picture: str | None, choices: Choices) -> Iterator[Picture | Left]:
    try:
        lines = members.read(path).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        yield Left("member-unread", path, "", "rows of objects", "bytes that are no text", objects=0)
        return
    rows = [(f"line {at}", words) for at, line in enumerate(lines, 1) if (words := line.split())]
    if rows and not any(_first_number(words) > 0 for _, words in rows):
        yield Left(
            "member-unread", path, "", "rows of a class and 14 numbers", " ".join(rows[0][1])[:40], objects=0
        )
        return
    annotations: list[Annotation] = []
    for place, words in rows:
        for found in _object(words, place):
            if isinstance(found, Left):
                yield placed(found, path)
            else:
                annotations.append(found)
    name = picture or _name(path)
    yield Picture(name, path, choices.sizes(name), tuple(annotations), is_stem=picture is None)


def _object(words: list[str], place: str) -> Iterator[Annotation | Left]:
    at = _first_number(words)
    label, behind = " ".join(words[:at]), words[at + _NUMBERS :]
    try:
        if at < 1:
            raise Broken("annotation-broken", "a class and 14 numbers", f"{len(words)} words")
        if at > 2 and words[0].isdigit() and words[1].isdigit():
            raise Broken("annotation-broken", "a row of one picture", "a frame and a track, as of a video")
        if len(behind) > 1 or not all(map(_is_number, behind)):
            raise Broken("annotation-broken", "one number behind the 14, or none", " ".join(behind)[:40])
    except Broken as broken:
        yield broken.left(place, label if at > 0 else "")
        return
    numbers = list(map(decimal_of, words[at : at + _NUMBERS]))
    left, top, right, bottom = numbers[3:7]
    box = Box(
        nearest_double(left),
        nearest_double(top),
        nearest_double(EXACT.subtract(right, left)),
        nearest_double(EXACT.subtract(bottom, top)),
    )
    if any(numbers[each] not in _FILLERS for each in _OF_SPACE):
        yield Left("remark-left-out", place, label, "labels", "where it is in space", objects=0)
    yield Annotation(label, box, place, _said(words[at], words[at + 1], *behind))


def _said(truncated: str, occluded: str, score: str = "1") -> Mapping[str, Answer]:
    """What is said of an object: how much of it is cut off and hidden, if any; how sure a model was, unless quite."""
    said = {
        name: Answer((word,))
        for name, word in (("truncated", truncated), ("occluded", occluded))
        if decimal_of(word) > 0
    }
    return said if decimal_of(score) in {1, -1} else {**said, "score": Answer((score,))}


def _first_number(words: list[str]) -> int:
    """Where the first run of 14 numbers begins behind a word that is the class; -1 where there is none."""
    run = 0
    for at in range(1, len(words)):
        run = run + 1 if _is_number(words[at]) else 0
        if run == _NUMBERS:
            return at - _NUMBERS + 1
    return -1


def _is_number(word: str) -> bool:
    try:
        decimal_of(word)
    except ValueError:
        return False
    return True
