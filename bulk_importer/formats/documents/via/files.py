"""The pictures of a file of VIA, of whichever of the three kinds it is, with their regions as VIA holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import groupby
from typing import Any, BinaryIO

import msgspec

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.json_rows import decoded, pairs_of, top_keys
from bulk_importer.formats.model import Left
from bulk_importer.formats.values.saying import shown

__all__ = ["File", "files_in", "is_csv", "is_json"]

_PROJECT = "_via_img_metadata"
_ANNOTATIONS = re.compile(rb'\s*\{\s*"[^"]*"\s*:\s*\{[^{}\[\]]*"(filename|regions)"\s*:')
_HEADER = b"region_shape_attributes"
_FIELD = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,"]*))\s*(?:,|$)')
_MOST_LINE = 64 << 20
_FIELDS = 5  # behind the name and the size: file attributes, count, number, shape, attributes of the region


class File(msgspec.Struct, frozen=True):
    """A picture as a file of VIA has it.

    Attributes:
        regions: objects with `shape_attributes` and `region_attributes`, if the file is whole, with their places.
    """

    name: str
    origin: str
    said: Any
    regions: tuple[tuple[str, Any], ...]


def is_csv(head: bytes) -> bool:
    """Whether a file begins with the columns that VIA writes."""
    return _HEADER in head.partition(b"\n")[0]


def is_json(head: bytes) -> bool:
    """Whether it begins as a project, or as annotations."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    return _is_project(head) or (_ANNOTATIONS.match(head) is not None and b'"shape_attributes"' in head)


def files_in(file: BinaryIO, head: bytes, place: str) -> Iterator[File | Left]:
    """The pictures in their order.

    Raises:
        SourceUnreadable: it is no such file, or broken where nothing behind can be told apart.
    """
    if is_csv(head):
        yield from _of_csv(file, place)
        return
    for key, row in pairs_of(file, _PROJECT if _is_project(head) else "", place):
        origin = f"image {key}"
        name = row.get("filename") if isinstance(row, dict) else None
        if not isinstance(name, str) or not name:
            yield Left("annotation-broken", origin, "", "an image with a filename", shown(row))
            continue
        yield File(name, origin, row.get("file_attributes"), tuple(_numbered(row.get("regions"))))


def _is_project(head: bytes) -> bool:
    keys = top_keys(head)
    return _PROJECT in keys or "_via_settings" in keys


def _numbered(regions: Any) -> Iterator[tuple[str, Any]]:
    """An array, or an object by number as in VIA 1."""
    found = (
        regions.items()
        if isinstance(regions, dict)
        else enumerate(regions if isinstance(regions, list) else ())
    )
    return ((f"region {at}", region) for at, region in found)


def _of_csv(file: BinaryIO, place: str) -> Iterator[File | Left]:
    rows = _rows(file, place)
    for key, group in groupby(rows, lambda row: None if isinstance(row, Left) else (row.name, row.said)):
        found = list(group)
        if key is None:
            yield from (each for each in found if isinstance(each, Left))
            continue
        files = [each for each in found if isinstance(each, File)]
        yield File(
            files[0].name, files[0].origin, key[1], tuple(one for each in files for one in each.regions)
        )


def _rows(file: BinaryIO, place: str) -> Iterator[File | Left]:
    """A picture for each line, with the region of that line."""
    lines = TextIOWrapper(file, "utf-8-sig")
    try:
        for number, line in enumerate(iter(lambda: lines.readline(_MOST_LINE + 1), ""), 1):
            if len(line) > _MOST_LINE:
                raise SourceUnreadable(f"{place}, line {number}", f"it is longer than {_MOST_LINE >> 20} MiB")
            if number > 1 and line.strip():
                yield _row(line.rstrip("\r\n"), f"line {number}")
    except UnicodeDecodeError as error:
        raise SourceUnreadable(place, "it is not UTF-8") from error
    finally:
        lines.detach()


def _row(line: str, origin: str) -> File | Left:
    """VIA puts no quotes about a name, whatever is in it; a spreadsheet does where there is a comma."""
    split = _split(line)
    if split is None:
        return Left("annotation-broken", origin, "", "the 7 columns of VIA", shown(line))
    name, fields = split
    try:
        said, shape, region = (decoded(fields[at].encode(), origin) for at in (0, 3, 4))
    except SourceUnreadable as error:
        return Left("annotation-broken", origin, "", "JSON in its columns", error.reason)
    regions = [(f"line {origin[5:]}", {"shape_attributes": shape, "region_attributes": region})]
    return File(name, origin, said, tuple(regions) if shape or region else ())


def _split(line: str) -> tuple[str, list[str]] | None:
    """The name, and the five columns behind it and the size, from the first column that begins with a quote."""
    at = line.find(',"{')
    front = line[:at] if at >= 0 else ""
    name, comma, _ = front.rpartition(",")
    if not comma or not name:
        return None
    fields = [quoted.replace('""', '"') or bare for quoted, bare in _FIELD.findall(line[at + 1 :])][:_FIELDS]
    if name.startswith('"') and name.endswith('"') and len(name) > 2:
        name = name[1:-1].replace('""', '"')
    return (name, fields) if len(fields) == _FIELDS else None
