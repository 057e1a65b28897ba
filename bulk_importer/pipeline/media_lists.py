"""Lists of media in files: what the server listed (`row_spool`), and what people give instead.

A list that a person gives may be what `bulk-importer media` prints (`--json` or `--csv`), JSON Lines of such objects,
rows of the server's own task list, or one id a line; `width` and `height` may stand beside each. Rows are read by the
batch, and what is a plain id a line by the stretch: no object is made of each, which would take three times as long.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from io import TextIOWrapper
from itertools import chain, filterfalse, islice, repeat
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TextIO, TypeAlias, TypeVar

import msgspec
from xxhash import xxh3_128

from bulk_importer.errors import UsageError
from bulk_importer.intake.task_runs import MediaTask, TaskRun

__all__ = ["content_digest", "keys_in", "media_names", "media_tasks", "name_map"]

# How lists name what a row of the server's task list holds.
_SERVER_KEYS = {
    "id": "mediaId",
    "internal_media_ID": "mediaId",
    "media_id": "mediaId",
    "state": "labelTaskState",
    "has_upload": "hasJsonUpload",
    "type": "labelTaskType",
    "name": "mediaName",
    "external_media_ID": "mediaName",
    "media_name": "mediaName",
}
# What a plain id is made of: printable ASCII, without what more than an id a line is told by; and the ends of lines.
_PLAIN = bytes(set(range(0x21, 0x7F)) - set(b'",')) + b"\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_JSON_LINES = (b"{", b'"')
_HEAD_BYTES = 4096
_STRETCH_BYTES = 256 << 10
_DIGEST_BYTES = 1 << 20
_BATCH = 4096

_Row: TypeAlias = Mapping[str, object] | str
_T = TypeVar("_T")
_B = TypeVar("_B")


def media_tasks(path: Path, repeated: Mapping[int, int] = MappingProxyType({})) -> Iterator[TaskRun]:
    """The media that a file lists, some thousands at a time.

    Args:
        repeated: as `RowSpool.repeated` says it; of such a task the last row counts.

    Raises:
        UsageError: it cannot be read, or is none of the forms.
    """
    if not repeated:
        return _read(path, _task, TaskRun.of, TaskRun.of_lanes)
    left = dict(repeated)

    def last(row: _Row) -> MediaTask | None:
        task = None if isinstance(row, str) else hash(row.get("taskId"))
        if task is not None and left.get(task, 1) > 1:
            left[task] -= 1
            return None
        return _task(row)

    def run_of(tasks: list[MediaTask | None]) -> TaskRun:
        return TaskRun.of([task for task in tasks if task is not None])

    return _read(path, last, run_of, TaskRun.of_lanes)


def keys_in(path: Path) -> frozenset[str]:
    """What the first row of a list says, in the words of the server's task list. Raises as `media_tasks` does."""
    said = _read(path, _keys_of, lambda rows: rows[0], lambda _: _keys_of(""))
    return next(said, frozenset())


def content_digest(path: Path) -> bytes:
    """16 bytes by which the content of a list is known again. Raises `UsageError` where it cannot be read."""
    digest = xxh3_128()
    try:
        with path.open("rb") as file:
            while piece := file.read(_DIGEST_BYTES):
                digest.update(piece)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    return digest.digest()


def media_names(path: Path) -> Iterator[tuple[str, str]]:
    """The name and the id of each media that a file lists and that has a name. Raises as `media_tasks` does."""
    pairs = chain.from_iterable(_read(path, _pair, list, lambda _: []))
    return (pair for pair in pairs if pair is not None)


def name_map(path: Path) -> Iterator[tuple[str, str]]:
    """The names and ids of a CSV file with these two columns, with a head line or in this order.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as text:
            yield from _mapped(text)
    except (OSError, ValueError, csv.Error) as error:
        raise UsageError(
            f"The map of names {path} cannot be read: {error}. It has two columns: the name, and the id of the media."
        ) from error


def _read(
    path: Path,
    convert: Callable[[_Row], _T],
    gather: Callable[[list[_T]], _B],
    of_lanes: Callable[[list[str]], _B],
) -> Iterator[_B]:
    """What the rows of a file stand for, many at a time. Raises `UsageError`.

    Args:
        convert: told a row.
        gather: told what came of some rows: the first one, for who asks for no more, and thousands behind it.
        of_lanes: told some rows that are plain ids, as lanes.
    """
    good = 0
    some: list[_T] = []
    try:
        with path.open("rb") as file:
            first = _first_byte(file)
            if first != b"[" and first not in _JSON_LINES:
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
    except (OSError, ValueError, KeyError, TypeError, csv.Error, msgspec.DecodeError) as error:
        reason = "there is no id of a media" if isinstance(error, KeyError) else str(error)
        raise UsageError(
            f"The list of media {path} cannot be read, at its row {good + len(some) + 1}: {reason}. Give what "
            "'bulk-importer media --csv' prints, or a file with one id a line."
        ) from error


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
    names = tuple(_SERVER_KEYS.get(key, key) for key in keys)
    return None if names == keys else names


def _pair(row: _Row) -> tuple[str, str] | None:
    if isinstance(row, str):
        _id(row)
        return None
    known = _renamed(row)
    name = known.get("mediaName")
    return (name, str(known["mediaId"])) if isinstance(name, str) and name else None


def _keys_of(row: _Row) -> frozenset[str]:
    return frozenset({"mediaId"} if isinstance(row, str) else _renamed(row))


def _mapped(text: TextIO) -> Iterator[tuple[str, str]]:
    name_at, id_at = 0, 1
    for number, row in enumerate(csv.reader(text)):
        if not row or not any(row):
            continue
        columns = [_SERVER_KEYS.get(cell.strip()) for cell in row]
        if number == 0 and {"mediaName", "mediaId"} <= set(columns):
            name_at, id_at = columns.index("mediaName"), columns.index("mediaId")
            continue
        if len(row) <= max(name_at, id_at) or not row[name_at] or not row[id_at].strip():
            raise ValueError(f"line {number + 1} has no name or no id")
        yield row[name_at], row[id_at].strip()


def _task(row: _Row) -> MediaTask:
    if isinstance(row, str):
        return MediaTask.of_id(_id(row))
    return MediaTask.of_row(_renamed(row))


def _first_byte(file: BinaryIO) -> bytes:
    """The first byte that is not blank; the file is left behind the byte order mark, if it has one."""
    head = file.read(_HEAD_BYTES)
    file.seek(len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0)
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]


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
    """Without a first line that says that ids follow."""
    for head in lines.split(maxsplit=1)[:1]:
        if _SERVER_KEYS.get(head.decode(), head.decode()) == "mediaId":
            return lines.lstrip().removeprefix(head)
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
        yield from ijson.items(file, "item")
    except ijson.JSONError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _named(value: object) -> _Row:
    if not isinstance(value, dict | str):
        raise TypeError(f"{value!r} is neither an id nor an object with one")
    return value


def _table(file: BinaryIO, *, is_begun: bool) -> Iterator[_Row]:
    """CSV with a head line that names the column of the ids, or one id a line without one. Closes the file."""
    with TextIOWrapper(file, encoding="utf-8", newline="") as text:
        rows = filter(any, csv.reader(text))
        head = [] if is_begun else next(rows, [])
        columns = [_SERVER_KEYS.get(name, name) for name in map(str.strip, head)]
        if "mediaId" in columns:
            for row in rows:
                yield dict(zip(columns, map(str.strip, row), strict=False))
        else:
            yield from map(str.strip, map(itemgetter(0), chain(filter(None, [head]), rows)))
