"""The tables of OpenImages, told apart by their columns, and their rows.

Pure. Each edition names its files in another way, and adds columns; the columns that count keep their names. What the
class ids (MIDs) are called stands in a table of two columns, with or without a line that names them.
"""

from __future__ import annotations

import csv
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from io import TextIOWrapper
from posixpath import basename

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left, Size
from bulk_importer.formats.values.digits import size_in_digits

__all__ = ["Kind", "Table", "names_in", "sizes_in", "table_of"]

_DESCRIPTIONS = "class-descriptions"
_SIZES = "images.meta"
_HEADINGS = frozenset({"LabelName", "id"})


class Kind(Enum):
    """What the rows of a table are, with the columns that are taken of them.

    In one text: where that is no column, an empty tuple would be another value in Python 3.11.2, that of Debian 12.
    """

    BOXES = "LabelName Confidence XMin XMax YMin YMax IsOccluded IsTruncated IsGroupOf IsDepiction IsInside"
    LABELS = "LabelName Confidence"
    PICTURES = ""
    OTHERS = "ImageID"
    """Objects of a kind that is not read: masks, relationships, points, stories."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of these columns."""
        return tuple(self.value.split())


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows.

    Attributes:
        columns: their names, in the order of the file.
    """

    path: str
    kind: Kind
    columns: tuple[str, ...]

    def rows(self, members: Members) -> Iterator[tuple[str, int, tuple[str, ...]] | Left]:
        """The picture of each row, its line, and what stands in the columns of its kind, where it has them.

        Raises:
            SourceUnreadable: the table ends being one.
        """
        places = [self.columns.index(each) if each in self.columns else -1 for each in self.kind.columns]
        at = self.columns.index("ImageID")
        width = len(self.columns)
        for line, row in _lines(members, self.path):
            if line == 1 or not "".join(row).strip():
                continue
            if len(row) != width or not row[at]:
                # A quote that does not end takes the lines behind it along.
                lines = sum(not line.isspace() for line in ",".join(row).splitlines())
                objects = 0 if self.kind in {Kind.PICTURES, Kind.LABELS} else lines
                expected = f"an ImageID, in {width} columns"
                yield Left(
                    "annotation-broken", f"{self.path}, line {line}", "", expected, f"{len(row)}", objects
                )
                continue
            row.append("")  # for the columns that the table does not have, whose place is -1
            yield row[at], line, tuple(map(row.__getitem__, places))


def table_of(members: Members, path: str) -> Table | None:
    """The table in a file; None where its first line names no picture."""
    head = members.head(path).decode("utf-8-sig", "replace")
    line = next(iter(head.splitlines()), "")
    columns = tuple(each.strip().strip('"') for each in line.split(","))
    if "ImageID" not in columns:
        return None
    there = set(columns)
    kind = Kind.OTHERS
    if there >= {"LabelName", "XMin", "XMax", "YMin", "YMax"}:
        kind = Kind.BOXES
    elif there >= {"LabelName", "Confidence"}:
        kind = Kind.LABELS
    elif there & {"Subset", "OriginalURL", "Rotation"} and "LabelName" not in there:
        kind = Kind.PICTURES
    return Table(path, kind, columns)


def names_in(members: Members) -> Mapping[str, str]:
    """What class ids are called; several of one name have their id behind it."""
    names: dict[str, str] = {}
    for path in members.paths:
        if _DESCRIPTIONS in basename(path) and path.lower().endswith(".csv"):
            for line, row in _lines(members, path):
                if len(row) >= 2 and not (line == 1 and row[0] in _HEADINGS):
                    names[row[0]] = row[1] or row[0]
    counts = Counter(names.values())
    return {key: f"{name} ({key})" if counts[name] > 1 else name for key, name in names.items()}


def sizes_in(members: Members) -> Mapping[str, Size]:
    """The sizes of pictures, as Datumaro and CVAT write them beside the tables: name, height, width."""
    sizes: dict[str, Size] = {}
    for path in members.paths:
        if basename(path) != _SIZES:
            continue
        for line in members.read(path).decode("utf-8-sig", "replace").splitlines():
            size = _size(line)
            if size is not None:
                sizes[size[0]] = size[1]
    return sizes


def _size(line: str) -> tuple[str, Size] | None:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return None
    if len(words) != 3:
        return None
    size = size_in_digits(words[2], words[1])
    return None if size is None else (words[0], size)


def _lines(members: Members, path: str) -> Iterator[tuple[int, list[str]]]:
    place = members.name if members.name.endswith(path) else f"{members.name}: {path}"
    with members.open(path) as file:
        text = TextIOWrapper(file, "utf-8-sig", newline="")
        reader = csv.reader(text)
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as error:
            raise SourceUnreadable(f"{place}, line {reader.line_num}", f"it is no CSV ({error})") from error
        except UnicodeDecodeError as error:
            raise SourceUnreadable(place, "it is not UTF-8") from error
        finally:
            text.detach()
