"""Which text file of a YOLO dataset belongs to which picture, and which pictures there are.

A picture below `images` has its rows below `labels`, in the folders of the same names (Ultralytics), and any other one
beside itself (Darknet, labelImg). Lists of pictures (`train.txt`) name them with any prefix: the folder in which
somebody trained. Pictures without rows are pictures, too, whether they lie in the source or are on a list alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, normpath, splitext

import msgspec

from bulk_importer.formats.folders.yolo.classes import is_settings_file
from bulk_importer.formats.folders.yolo.rows import looks_like_a_row
from bulk_importer.formats.members import Members, is_picture, lines_of

__all__ = ["Labelled", "Layout", "first_line", "layout_of"]

_LIST_NAMES = frozenset({"train.txt", "val.txt", "valid.txt", "test.txt", "images.txt"})


class Labelled(msgspec.Struct, frozen=True, gc=False):
    """A picture with the file that has its rows.

    Attributes:
        name: of the picture, as the source writes it; without its ending where nothing in the source has that.
        rows: None where it has none.
    """

    name: str
    rows: str | None
    is_stem: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """What a dataset holds.

    Attributes:
        pictures: ascending by name, and made as they are asked for.
        count: of them.
        passed_over: files that belong to nothing.
    """

    pictures: Iterator[Labelled]
    count: int
    passed_over: tuple[str, ...]


def layout_of(members: Members, listed_in: tuple[str, ...]) -> Layout:
    """Put the files of a source together. Raises `SourceUnreadable`.

    Args:
        listed_in: what the settings say about where lists of pictures are; folders are there, too.
    """
    lists = _lists(members, listed_in)
    places = _Places()
    pictures: dict[str, str] = {}
    rows: dict[str, str] = {}
    others: list[str] = []
    for path in members.paths:
        if is_picture(path):
            key = places.of(path)
            # Where two share a place, nobody knows whose the rows are.
            pictures[key] = key if key in pictures else path
        elif is_settings_file(path) or path in lists:
            continue
        elif path.endswith(".txt"):
            key = places.of(path)
            if key in rows:  # of those beside the picture and those below `labels`, the latter count
                others.append(rows[key])
            rows[key] = path
        else:
            others.append(path)
    _add_listed(list(_lines(members, lists)), rows, pictures)
    strays = {key: path for key, path in rows.items() if key not in pictures and not _has_rows(members, path)}
    found = (
        Labelled(
            pictures.get(key, key), None if key in strays else rows.get(key), pictures.get(key, key) == key
        )
        for key in sorted(pictures.keys() | (rows.keys() - strays.keys()))
    )
    count = len(pictures.keys() | (rows.keys() - strays.keys()))
    return Layout(found, count, tuple(sorted([*others, *strays.values()])))


def first_line(members: Members, path: str) -> bytes:
    """The first line of a file that is not empty, as far as its first bytes show it."""
    lines = members.head(path).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return next((line.strip() for line in lines if line.strip()), b"")


def _key(path: str) -> str:
    """Where a picture stands, by it or by its rows: without its ending, and below `images`."""
    parts = splitext(normpath(path.replace("\\", "/")))[0].lstrip("/").split("/")
    at = next((at for at in range(len(parts) - 2, -1, -1) if parts[at] in {"labels", "images"}), None)
    if at is not None:
        parts[at] = "images"
    return "/".join(parts)


class _Places:
    """What `_key` says, of many files in a few folders."""

    def __init__(self) -> None:
        # Changed by `of` alone: by folder, what stands in front of the names in it.
        self._fronts: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Where a picture stands."""
        folder, _, name = path.rpartition("/")
        dot = name.rfind(".")
        if dot <= 0 or "\\" in name:
            return _key(path)
        front = self._fronts.get(folder)
        if front is None:
            front = self._fronts[folder] = _key(f"{folder}/x")[:-1]
        return front + name[:dot]


def _add_listed(lines: list[str], rows: dict[str, str], pictures: dict[str, str]) -> None:
    """Add the pictures of lists, without the folders in front that the source does not have."""
    fronts = {""}
    unknown: list[tuple[str, str]] = []
    for line in lines:
        key = _key(line)
        parts = key.split("/")
        ends = ((at, "/".join(parts[at:])) for at in range(len(parts)))
        at, known = next(((at, end) for at, end in ends if end in rows or end in pictures), (0, None))
        if known is None:
            unknown.append((key, line))
        else:
            fronts.add("".join(f"{part}/" for part in parts[:at]))
            pictures.setdefault(known, known + splitext(line)[1])
    for key, line in unknown:
        front = max((each for each in fronts if key.startswith(each)), key=len)
        name = key.removeprefix(front)
        pictures.setdefault(name, name + splitext(line)[1])


def _lists(members: Members, listed_in: tuple[str, ...]) -> frozenset[str]:
    """The files that list pictures: those that the settings name, and those with a usual name beside the settings."""
    tops = {dirname(path) for path in members.paths if is_settings_file(path)} | {""}
    named = {basename(each) for each in listed_in if each.endswith(".txt")} | _LIST_NAMES
    endings = tuple(named)
    return frozenset(
        path
        for path in members.paths
        if path.endswith(endings)
        and basename(path) in named
        and (dirname(path) in tops or basename(path) not in _LIST_NAMES)
        and not looks_like_a_row(first_line(members, path))
    )


def _lines(members: Members, lists: frozenset[str]) -> Iterator[str]:
    for path in sorted(lists):
        for line in lines_of(members.read(path).decode("utf-8-sig", "replace")):
            if name := line.strip():
                yield name


def _has_rows(members: Members, path: str) -> bool:
    """Whether a file without a picture has rows, or may have had some: it lies among labels, or is empty."""
    if "labels" in path.split("/")[:-1]:
        return True
    line = first_line(members, path)
    return not line or looks_like_a_row(line)
