"""Lists of media in files: what the server listed (`row_spool`), and what people give instead.

A list that a person gives may be what `bulk-importer media` prints (`--json` or `--csv`), also when it went through a
spreadsheet (`tables`), JSON Lines of such objects, rows of the server's own task list, or one id a line; `width` and
`height` may stand beside each. Rows are read by the batch, and what is a plain id a line by the stretch: no object is
made of each, which would take three times as long.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from io import TextIOWrapper
from itertools import chain, filterfalse, islice, repeat
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TypeAlias, TypeVar

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import opened
from bulk_importer.media.tables import KNOWN_KEYS, require_whole, server_key, table_in
from bulk_importer.media.task_runs import MediaTask, TaskRun

__all__ = ["first_row", "media_names", "media_sizes", "media_tasks", "name_map"]

_LIST, _MAP = "The list of media", "The map of names"
_BY_ID, _BY_NAME = frozenset({"mediaId"}), frozenset({"mediaName", "mediaId"})
# What a plain id is made of: printable ASCII, without what more than an id a line is told by; and the ends of lines.
_PLAIN = bytes(set(range(0x21, 0x7F)) - set(b'",;|=')) + b"\r\n"
_PRINTED = re.compile(r"\s*[0-9a-fA-F-]{36}\s+\S")
_JSON_LINES = (b"{", b'"')
_HEAD_BYTES = 4096
_STRETCH_BYTES = 256 << 10
_BATCH = 4096

_Row: TypeAlias = Mapping[str, object] | str
_T = TypeVar("_T")
_B = TypeVar("_B")


def media_tasks(
    path: Path, repeated: Mapping[int, int] = MappingProxyType({}), *, by_server: bool = False
) -> Iterator[TaskRun]:
    """The media that a file lists, some thousands at a time.

    Args:
        repeated: as `RowSpool.repeated` says it; of such a task the last row counts.
        by_server: the server listed them, and not a person (see `MediaTask.of_row`).

    Raises:
        UsageError: it cannot be read, is none of the forms, or says something that nobody understands.
    """

    def task_of(row: _Row) -> MediaTask:
        if isinstance(row, str):
            return MediaTask.of_id(_id(row))
        return MediaTask.of_row(_renamed(row), by_server=by_server)

    if not repeated:
        return _read(path, task_of, TaskRun.of, TaskRun.of_lanes)
    left = dict(repeated)

    def last(row: _Row) -> MediaTask | None:
        task = None if isinstance(row, str) else hash(row.get("taskId"))
        if task is not None and left.get(task, 1) > 1:
            left[task] -= 1
            return None
        return task_of(row)

    def run_of(tasks: list[MediaTask | None]) -> TaskRun:
        return TaskRun.of([task for task in tasks if task is not None])

    return _read(path, last, run_of, TaskRun.of_lanes)


def first_row(path: Path) -> Mapping[str, object]:
    """The first row of a list, with the keys of the server's task list; empty where there is none.

    Raises as `media_tasks` does.
    """
    said = _read(path, _first_of, lambda rows: rows[0], lambda lanes: {"mediaId": next(iter(lanes), "")})
    return next(said, {})


def media_names(path: Path) -> Iterator[tuple[str, str]]:
    """The name and the id of each media that a file lists and that has a name. Raises as `media_tasks` does."""
    pairs = chain.from_iterable(_read(path, _pair, list, lambda _: []))
    return (pair for pair in pairs if pair is not None)


def media_sizes(path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, width and height of each media that a file lists with all three. Raises as `media_tasks` does."""
    rows = chain.from_iterable(_read(path, _sized, list, lambda _: []))
    return (row for row in rows if row is not None)


def name_map(path: Path) -> Iterator[tuple[str, str]]:
    """The names and ids of a table with these two columns, with a head line or in this order.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        with opened(path, _MAP) as file:
            require_whole(file, path, _MAP)
            yield from _mapped(file)
    except (ValueError, csv.Error) as error:
        raise UsageError(
            f"The map of names {path} cannot be read: {_reason(error)}. It has two columns: the name, and the id of "
            "the media."
        ) from error


def _read(
    path: Path,
    convert: Callable[[_Row], _T],
    gather: Callable[[list[_T]], _B],
    of_lanes: Callable[[list[str]], _B],
) -> Iterator[_B]:
    """What the rows of a file stand for, many at a time. Raises `UsageError`.

    Args:
        convert: called with a row.
        gather: called with what came of some rows: the first one, for who asks for no more, and thousands behind it.
        of_lanes: called with some rows that are plain ids, as lanes.
    """
    good = 0
    some: list[_T] = []
    try:
        with opened(path, _LIST) as file:
            first = _first_byte(file)
            if first != b"[" and first not in _JSON_LINES:
                require_whole(file, path, _LIST)
                for lanes in _plain_lanes(file):
                    yield of_lanes(lanes)
                    good += len(lanes)
            rows = map(convert, _rows(file, first, is_begun=good > 0))
            for many in chain((1,), repeat(_BATCH)):
                some = []
                some.extend(islice(rows, many))  # what came before a row that is wrong stays there
                if not some:
                    break
                yield gather(some)
                good += len(some)
    except (ValueError, KeyError, TypeError, csv.Error, msgspec.DecodeError) as error:
        raise UsageError(
            f"The list of media {path} cannot be read, at its row {good + len(some) + 1}: {_reason(error)}. Give what "
            "'bulk-importer media --server URL --project P --csv' prints, or a file with one id a line."
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return "there is no id of a media"
    if isinstance(error, UnicodeDecodeError):
        return "it is not written in UTF-8 (what a spreadsheet calls 'CSV UTF-8' is)"
    return str(error)


def _renamed(row: Mapping[str, object]) -> Mapping[str, object]:
    """The row with the keys of the server's task list, and with an id."""
    names = _server_keys(tuple(row))
    known = row if names is None else dict(zip(names, row.values(), strict=True))
    _id(known["mediaId"])
    return known


def _id(given: object) -> str:
    if not isinstance(given, str) or not given:
        raise ValueError(f"{given!r} is no id")
    return given


@lru_cache(maxsize=256)  # nearly all rows of a list have the same keys
def _server_keys(keys: tuple[str, ...]) -> tuple[str, ...] | None:
    """What the server calls what lists have under these keys; None where it is the same."""
    names = tuple(map(server_key, keys))
    return None if names == keys else names


def _pair(row: _Row) -> tuple[str, str] | None:
    if isinstance(row, str):
        _id(row)
        return None
    known = _renamed(row)
    name = known.get("mediaName")
    return (name, str(known["mediaId"])) if isinstance(name, str) and name else None


def _sized(row: _Row) -> tuple[str, int, int] | None:
    pair = _pair(row)
    if pair is None or isinstance(row, str):
        return None
    task = MediaTask.of_row(_renamed(row))
    return (pair[0], task.width, task.height) if task.width and task.height else None


def _first_of(row: _Row) -> Mapping[str, object]:
    return {"mediaId": _id(row)} if isinstance(row, str) else _renamed(row)


def _mapped(file: BinaryIO) -> Iterator[tuple[str, str]]:
    with TextIOWrapper(file, encoding="utf-8", newline="") as text:
        columns, rows = table_in(text, wanted=_BY_NAME)
        name_at, id_at = 0, 1
        if columns:
            name_at, id_at = columns.index("mediaName"), columns.index("mediaId")
        for number, row in enumerate(rows, 1):
            if len(row) <= max(name_at, id_at) or not row[name_at] or not row[id_at].strip():
                raise ValueError(f"row {number} has no name or no id")
            yield row[name_at], row[id_at].strip()


def _first_byte(file: BinaryIO) -> bytes:
    """The first byte that is not blank; the file is left where it was."""
    here = file.tell()
    head = file.read(_HEAD_BYTES)
    file.seek(here)
    return head.lstrip()[:1]


def _plain_lanes(file: BinaryIO) -> Iterator[list[str]]:
    """The lanes of a list of ids, as far as it is nothing but plain ids, one a line; leaves the file where that ends.

    The lane of a plain id is the id in small letters.
    """
    is_begun = False
    while stretch := file.read(_STRETCH_BYTES) + file.readline():
        if stretch.translate(None, _PLAIN):
            file.seek(-len(stretch), os.SEEK_CUR)
            return
        if not is_begun:
            stretch = _without_head(stretch)
            is_begun = True
        yield stretch.lower().decode().split()


def _without_head(lines: bytes) -> bytes:
    """Without a first line that says that ids follow; `ValueError` where it says that something else does."""
    for head in lines.split(maxsplit=1)[:1]:
        column = server_key(head.decode())
        if column == "mediaId":
            return lines.lstrip().removeprefix(head)
        if column in KNOWN_KEYS:
            raise ValueError(f"its only column is {head.decode()!r}, and holds no ids")
    return lines


def _rows(file: BinaryIO, first: bytes, *, is_begun: bool) -> Iterator[_Row]:
    """The rows from here on; `is_begun`: it is not where the list begins, so no head line comes."""
    if first == b"[":
        return map(_named, _elements(file))
    if first in _JSON_LINES:
        return map(_named, map(msgspec.json.Decoder().decode, filterfalse(bytes.isspace, file)))
    return _table(file, is_begun=is_begun)


def _elements(file: BinaryIO) -> Iterator[object]:
    import ijson

    try:
        yield from ijson.items(file, "item", use_float=True)
    except ijson.JSONError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _named(value: object) -> _Row:
    if not isinstance(value, dict | str):
        raise TypeError(f"{value!r} is neither an id nor an object with one")
    return value


def _table(file: BinaryIO, *, is_begun: bool) -> Iterator[_Row]:
    """A table whose head line names the column of the ids, or one id a line without one. Closes the file."""
    with TextIOWrapper(file, encoding="utf-8", newline="") as text:
        if is_begun:
            yield from map(_only_cell, filter(any, csv.reader(text)))
            return
        columns, rows = table_in(text, wanted=_BY_ID)
        if len(columns) > 1:
            for row in rows:
                yield dict(zip(columns, map(str.strip, row), strict=False))
        else:
            yield from map(_only_cell, rows)


def _only_cell(row: list[str]) -> str:
    """The id in a row of a list that has nothing but ids."""
    if _PRINTED.match(row[0]):
        raise ValueError("it is a row of a table as it is printed for people")
    if any(row[1:]):
        raise ValueError(
            f"it has {len(row)} columns, and no first line says which holds the ids (id) and which the rest (name, "
            "state, has_upload, width, height)"
        )
    return row[0].strip()
