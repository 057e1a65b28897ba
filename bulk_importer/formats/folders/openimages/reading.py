"""Goes over the rows of all tables, picture by picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from posixpath import basename
from typing import BinaryIO

import msgspec

from bulk_importer.errors import SourceUnreadable
from bulk_importer.formats.choices import Choices
from bulk_importer.formats.folders.openimages.objects import found_in
from bulk_importer.formats.folders.openimages.sorting import Row, Sorter
from bulk_importer.formats.folders.openimages.tables import Kind, Table, names_in, sizes_in, table_of
from bulk_importer.formats.members import Members, is_picture
from bulk_importer.formats.model import Annotation, Left, Picture, Size, Tag
from bulk_importer.formats.sharing import SORTING
from bulk_importer.formats.values.saying import placed

__all__ = ["read", "recognises"]

_FILES_LOOKED_AT = 32
_OWN = ("class-descriptions", "images.meta")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, ...]).decode


def recognises(members: Members) -> bool:
    """Whether one of its first CSV files has the columns of boxes, or of labels of pictures."""
    tables = (table_of(members, path) for path in islice(_files(members), _FILES_LOOKED_AT))
    return any(each is not None and each.kind in {Kind.BOXES, Kind.LABELS} for each in tables)


def read(members: Members, choices: Choices) -> Iterator[Picture | Left]:
    """The pictures, ascending by their ids."""
    found = [each for each in (table_of(members, path) for path in _files(members)) if each is not None]
    tables = [each for each in found if each.kind is not Kind.OTHERS]
    if not tables:
        reason = "there is no CSV file in it with the columns ImageID and LabelName, as OpenImages has"
        raise SourceUnreadable(members.name, reason)
    yield from _passed_over(members, found)
    names, sizes = names_in(members), sizes_in(members)
    sorter = Sorter(lambda: _scratch(members, tables, choices))
    try:
        for at, table in enumerate(tables):
            for each in table.rows(members):
                if isinstance(each, Left):
                    yield each
                else:
                    sorter.add((each[0], at, each[1], _encode(each[2])))
        for name, rows in groupby(sorter.rows(), key=itemgetter(0)):
            yield from _picture(name, rows, tables, names, sizes.get(name) or choices.sizes(name))
    finally:
        sorter.close()


def _files(members: Members) -> Iterator[str]:
    if len(members.paths) == 1:
        return iter(members.paths)
    return (path for path in members.paths if path.lower().endswith(".csv"))


def _passed_over(members: Members, tables: list[Table]) -> Iterator[Left]:
    kinds = {each.path: each.kind for each in tables}
    for path in members.paths:
        if kinds.get(path) is Kind.OTHERS:
            table = next(each for each in tables if each.path == path)
            objects = sum(1 for _ in table.rows(members))
            yield Left(
                "shape-unknown", path, "", "boxes, and labels of pictures", "objects of another kind", objects
            )
        elif path not in kinds and not is_picture(path) and not any(own in basename(path) for own in _OWN):
            yield Left("member-passed-over", path, "", "tables with an ImageID", "another file", objects=0)


def _scratch(members: Members, tables: Sequence[Table], choices: Choices) -> BinaryIO:
    """Room for the rows of all tables; a person hears that it is needed."""
    expected = sum(members.length(each.path) for each in tables)
    choices.passing(SORTING, 0, expected)
    return choices.scratch(expected)


def _picture(
    name: str, rows: Iterator[Row], tables: list[Table], names: Mapping[str, str], size: Size | None
) -> Iterator[Picture | Left]:
    annotations: list[Annotation] = []
    tags: list[Tag] = []
    whole = f"image {name}"
    for _, at, line, packed in rows:
        origin = f"{tables[at].path}, line {line}" if len(tables) > 1 else f"line {line}"
        for found in found_in(tables[at].kind, _decode(packed), origin, names, size):
            if isinstance(found, Left):
                yield placed(found, whole)
            elif isinstance(found, Tag):
                tags.append(found)
            else:
                annotations.append(found)
    yield Picture(name, whole, size, tuple(annotations), tuple(tags), is_stem=not is_picture(name))
