"""Lists of media on disk: what the server listed, on its way into the index, and files that people give instead.

A list of a million media does not stay in memory: the rows go to a file as they come, and from there into the index,
nine bytes each. A list that a person gives may be what `bulk-importer media` prints (`--json` or `--csv`), JSON
Lines of such objects, rows of the server's own task list, or one id a line.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from bulk_importer.errors import CheckpointUnusable, UsageError
from bulk_importer.intake.media_index import MediaTask

__all__ = ["RowSpool", "media_tasks"]

# How lists name what a row of the server's task list holds.
_SERVER_KEYS = {
    "id": "mediaId",
    "internal_media_ID": "mediaId",
    "media_id": "mediaId",
    "state": "labelTaskState",
    "has_upload": "hasJsonUpload",
    "type": "labelTaskType",
}
_YES = frozenset({True, "true", "yes", "1"})
_HEAD_BYTES = 4096


class RowSpool:
    """Keeps the rows of lists in a file, as JSON Lines; a context manager that removes the file in the end.

    Raises:
        CheckpointUnusable: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Changed by `keep`: where the lists that came whole end.
        self._whole = 0
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

    def take(self, rows: Sequence[msgspec.Struct]) -> None:
        """Write rows."""
        try:
            self._file.write(msgspec.json.Encoder().encode_lines(rows))
        except OSError as error:
            raise self._unusable(error) from error

    def keep(self) -> None:
        """The list is whole."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._unusable(error) from error
        self._whole = self._file.tell()

    def _unusable(self, error: OSError) -> CheckpointUnusable:
        return CheckpointUnusable(os.fspath(self.path), error.strerror or str(error))


def media_tasks(path: Path) -> Iterator[MediaTask]:
    """The media that a file lists, one after the other.

    Raises:
        UsageError: it cannot be read, or is none of the forms.
    """
    good = 0
    try:
        for row in _rows(path):
            yield _task(row)
            good += 1
    except (OSError, ValueError, KeyError, TypeError, csv.Error, msgspec.DecodeError) as error:
        reason = "there is no id of a media" if isinstance(error, KeyError) else str(error)
        raise UsageError(
            f"The list of media {path} cannot be read, at its row {good + 1}: {reason}. Give what "
            "'bulk-importer media --csv' prints, or a file with one id a line."
        ) from error


def _task(row: Mapping[str, object]) -> MediaTask:
    known = {_SERVER_KEYS.get(key, key): value for key, value in row.items()}
    if "importable" in known and known["importable"] not in _YES:
        known["labelTaskType"] = "BENCHMARK_MASTER"
    known["hasJsonUpload"] = known.get("hasJsonUpload") in _YES
    if not isinstance(known["mediaId"], str) or not known["mediaId"]:
        raise ValueError(f"{known['mediaId']!r} is no id")
    return MediaTask.of_row(known)


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open("rb") as file:
        first = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        file.seek(0)
        if first == b"[":
            yield from map(_named, _elements(file))
        elif first in (b"{", b'"'):
            lines = (line for line in file if line.strip())
            yield from map(_named, map(msgspec.json.decode, lines))
        else:
            with open(path, encoding="utf-8-sig", newline="") as text:
                yield from _table(text)


def _elements(file: BinaryIO) -> Iterator[object]:
    import ijson

    try:
        yield from ijson.items(file, "item")
    except ijson.JSONError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def _named(value: object) -> Mapping[str, object]:
    if isinstance(value, str):
        return {"mediaId": value}
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is neither an id nor an object with one")
    return value


def _table(text: TextIO) -> Iterator[Mapping[str, object]]:
    """CSV with a head line that names the column of the ids, or one id a line without one."""
    rows: Iterable[list[str]] = csv.reader(text)
    columns: list[str] | None = None
    for row in rows:
        if not row or not any(row):
            continue
        if columns is None:
            is_head = bool({_SERVER_KEYS.get(name.strip(), name.strip()) for name in row} & {"mediaId"})
            columns = [name.strip() for name in row] if is_head else ["mediaId"]
            if is_head:
                continue
        yield dict(zip(columns, (cell.strip() for cell in row), strict=False))
