"""Lists of media on disk: what the server listed, on its way into the index, and files that people give instead.

A list of a million media does not stay in memory: the rows go to a file as they come, and from there into the index,
nine bytes each. A list that a person gives may be what `bulk-importer media` prints (`--json` or `--csv`), JSON
Lines of such objects, rows of the server's own task list, or one id a line; `width` and `height` may stand beside each.
"""

from __future__ import annotations

import csv
import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TextIO, TypeVar

import msgspec
from xxhash import xxh3_128

from bulk_importer.datagym.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.intake.media_index import MediaTask

__all__ = ["RowSpool", "content_digest", "keys_in", "media_names", "media_tasks", "name_map"]

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
_T = TypeVar("_T")
_YES = frozenset({True, "true", "yes", "1"})
_HEAD_BYTES = 4096
_PIECE_BYTES = 1 << 20


class RowSpool:
    """Keeps the rows of lists in a file, as JSON Lines; a context manager that removes the file in the end.

    Raises:
        CheckpointUnusable: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Changed by `keep`: where the lists that came whole end, in the file and in `_tasks`.
        self._whole = 0
        self._whole_tasks = 0
        # A hash of each task's id.
        self._tasks = array("q")
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise self._unusable(error) from error

    def __enter__(self) -> RowSpool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    def rewind(self) -> None:
        """Forget what is behind the last list that came whole."""
        self._file.seek(self._whole)
        self._file.truncate()
        del self._tasks[self._whole_tasks :]

    def take(self, rows: Sequence[msgspec.Struct]) -> None:
        """Write rows."""
        try:
            self._file.write(msgspec.json.Encoder().encode_lines(rows))
        except OSError as error:
            raise self._unusable(error) from error
        self._tasks.extend(hash(row.task_id) for row in rows if isinstance(row, TaskRow))

    def keep(self) -> None:
        """The list is whole."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._unusable(error) from error
        self._whole = self._file.tell()
        self._whole_tasks = len(self._tasks)

    def repeated(self) -> Counter[int]:
        """Tasks that came more than once, and how often: they moved from state to state while these were listed."""
        ordered = sorted(self._tasks)
        again = Counter(task for before, task in pairwise(ordered) if before == task)
        return Counter({task: times + 1 for task, times in again.items()})

    def _unusable(self, error: OSError) -> CheckpointUnusable:
        return CheckpointUnusable(os.fspath(self.path), error.strerror or str(error))


def media_tasks(path: Path, repeated: Mapping[int, int] = MappingProxyType({})) -> Iterator[MediaTask]:
    """The media that a file lists, one after the other.

    Args:
        repeated: as `RowSpool.repeated` says it; of such a task the last row counts.

    Raises:
        UsageError: it cannot be read, or is none of the forms.
    """
    if not repeated:
        return _read(path, _task, MediaTask.of_id)
    left = dict(repeated)

    def last(known: Mapping[str, object]) -> MediaTask | None:
        task = hash(known.get("taskId"))
        if left.get(task, 1) > 1:
            left[task] -= 1
            return None
        return _task(known)

    return (task for task in _read(path, last, MediaTask.of_id) if task is not None)


def keys_in(path: Path) -> frozenset[str]:
    """What the first row of a list says, in the words of the server's task list. Raises as `media_tasks` does."""
    return next(_read(path, frozenset, lambda _: frozenset({"mediaId"})), frozenset())


def content_digest(path: Path) -> bytes:
    """16 bytes by which the content of a list is known again. Raises `UsageError` where it cannot be read."""
    digest = xxh3_128()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    return digest.digest()


def media_names(path: Path) -> Iterator[tuple[str, str]]:
    """The name and the id of each media that a file lists and that has a name. Raises as `media_tasks` does."""
    return (pair for pair in _read(path, _pair, lambda _: None) if pair is not None)


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
    path: Path, convert: Callable[[Mapping[str, object]], _T], of_id: Callable[[str], _T]
) -> Iterator[_T]:
    """What the rows of a file stand for, which are objects or bare ids. Raises `UsageError`."""
    good = 0
    try:
        for row in _rows(path):
            yield of_id(_id(row)) if isinstance(row, str) else convert(_renamed(row))
            good += 1
    except (OSError, ValueError, KeyError, TypeError, csv.Error, msgspec.DecodeError) as error:
        reason = "there is no id of a media" if isinstance(error, KeyError) else str(error)
        raise UsageError(
            f"The list of media {path} cannot be read, at its row {good + 1}: {reason}. Give what "
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


def _pair(known: Mapping[str, object]) -> tuple[str, str] | None:
    name = known.get("mediaName")
    return (name, str(known["mediaId"])) if isinstance(name, str) and name else None


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


def _task(known: Mapping[str, object]) -> MediaTask:
    if known.get("importable", True) not in _YES:
        known = {**known, "labelTaskType": "BENCHMARK_MASTER"}
    if isinstance(known.get("hasJsonUpload"), str):
        known = {**known, "hasJsonUpload": known["hasJsonUpload"] in _YES}
    return MediaTask.of_row(known)


def _rows(path: Path) -> Iterator[Mapping[str, object] | str]:
    with path.open("rb") as file:
        first = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        file.seek(0)
        if first == b"[":
            yield from map(_named, _elements(file))
        elif first in (b"{", b'"'):
            lines = (line for line in file if not line.isspace())
            yield from map(_named, map(msgspec.json.Decoder().decode, lines))
        else:
            with open(path, encoding="utf-8-sig", newline="") as text:
                yield from _table(text)


def _elements(file: BinaryIO) -> Iterator[object]:
    import ijson

    try:
        yield from ijson.items(file, "item")
    except ijson.JSONError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _named(value: object) -> Mapping[str, object] | str:
    if not isinstance(value, dict | str):
        raise TypeError(f"{value!r} is neither an id nor an object with one")
    return value


def _table(text: TextIO) -> Iterator[Mapping[str, object] | str]:
    """CSV with a head line that names the column of the ids, or one id a line without one."""
    rows = filter(any, csv.reader(text))
    first = next(rows, [])
    columns = [name.strip() for name in first]
    if any(_SERVER_KEYS.get(name, name) == "mediaId" for name in columns):
        for row in rows:
            yield dict(zip(columns, map(str.strip, row), strict=False))
    elif first:
        yield from map(str.strip, map(itemgetter(0), chain([first], rows)))
