"""Reads the tables that people give, as programs and spreadsheets write them: what separates, and what the columns are.

A spreadsheet writes commas, semicolons or tabs, as the language of its machine has it, and may say which in a line
`sep=;` before all others. People type heads as they like: `ID`, `Media ID` and `media_id` are one.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain, dropwhile
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bulk_importer.errors import UsageError

__all__ = ["KNOWN_KEYS", "is_server_id", "require_whole", "server_key", "table_in"]

# How lists name what a row of the server's task list holds, in small letters and without what joins words.
_SERVER_KEYS = {
    "id": "mediaId",
    "internalmediaid": "mediaId",
    "mediaid": "mediaId",
    "state": "labelTaskState",
    "labeltaskstate": "labelTaskState",
    "hasupload": "hasJsonUpload",
    "hasjsonupload": "hasJsonUpload",
    "type": "labelTaskType",
    "labeltasktype": "labelTaskType",
    "name": "mediaName",
    "externalmediaid": "mediaName",
    "medianame": "mediaName",
    "taskid": "taskId",
    "importable": "importable",
    "width": "width",
    "height": "height",
}
KNOWN_KEYS = frozenset(_SERVER_KEYS.values())
"""What a column is called that lists are known to have, in the words of the server's task list."""
_JOINTS = str.maketrans("", "", " _-")
_SEPARATORS = ",;\t"
_SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n"])"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*(?:"|$)')
_GAP = re.compile(r" {2,}")
_SERVER_ID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NOTHING = b' \t\r\n,;"'
_TAIL_BYTES = 64 << 10
_FEWEST_LINES = 3
_MOST_SHOWN = 60


class Table(NamedTuple):
    """A table without its head.

    Attributes:
        columns: what the head line says, in the words of the server's task list where it has one, else as it stands;
            empty where there is no head line.
        rows: the others, without those that hold nothing.
    """

    columns: list[str]
    rows: Iterator[list[str]]


def table_in(lines: Iterable[str], *, wanted: frozenset[str]) -> Table:
    """The table that these lines are.

    Args:
        lines: as `csv.reader` takes them.
        wanted: columns by which a head line is known: it names all of them.

    Raises:
        ValueError: it is a table as it is printed for people, or its head names one of `wanted` twice.
        csv.Error: as `csv.reader`.
    """
    left = dropwhile(str.isspace, lines)
    first = next(left, "")
    said = _SEPARATOR_LINE.fullmatch(first)
    if said:
        first = next(left, "")
    separator = said.group(1) if said else _separator_of(first, wanted)
    rows = filter(any, csv.reader(chain([first], left), delimiter=separator))
    head = next(rows, [])
    columns = list(map(server_key, head))
    if wanted <= set(columns):
        _require_once(wanted, columns, head)
        return Table(columns, rows)
    if len(printed := set(map(server_key, _GAP.split(first.strip())))) > 1 and printed & KNOWN_KEYS:
        raise ValueError("it is a table as it is printed for people")
    return Table([], chain(filter(None, [head]), rows))


def is_server_id(text: str) -> bool:
    """Whether it is written as the ids that a server gives out: 36 characters, of which 32 are hexadecimal digits."""
    return _SERVER_ID.fullmatch(text.encode(errors="replace")) is not None


def server_key(name: str) -> str:
    """What the server's task list calls what a column or key of this name holds; the name itself if it has no such."""
    return _SERVER_KEYS.get(name.translate(_JOINTS).lower(), name.strip())


def _separator_of(first: str, wanted: frozenset[str]) -> str:
    """The separator with which the first line is a head, else the one that it has most of."""
    for separator in _SEPARATORS:
        if wanted <= set(map(server_key, next(csv.reader([first], delimiter=separator), []))):
            return separator
    return max(_SEPARATORS, key=_QUOTED.sub("", first).count)


def _require_once(wanted: frozenset[str], columns: list[str], head: list[str]) -> None:
    for key in wanted:
        named = [name.strip() for name, column in zip(head, columns, strict=True) if column == key]
        if len(named) > 1:
            raise ValueError(
                f"its columns {' and '.join(map(repr, named))} say the same; leave one of them out"
            )


def require_whole(file: BinaryIO, path: Path, what: str) -> None:
    """Raise `UsageError` where a table that names media by the ids of a server breaks off; leaves the file as it is.

    A line that is cut inside an id has fewer ids than the others. (Nobody can tell where it was cut between two lines.)
    """
    here = file.tell()
    start = max(here, file.seek(0, os.SEEK_END) - _TAIL_BYTES)
    file.seek(start)
    tail = file.read()
    file.seek(here)
    lines = tail.splitlines()[1 if start > here else 0 :]
    full = [line for line in lines if line.strip(_NOTHING)]
    counts = list(dropwhile((0).__eq__, (len(_SERVER_ID.findall(line)) for line in full)))
    if len(counts) < _FEWEST_LINES or counts[-1] >= min(counts[:-1]):
        return
    shown = full[-1].decode(errors="replace")[:_MOST_SHOWN]
    if not counts[-1]:
        way_out = "take that line away"
    elif not tail.endswith((b"\n", b"\r")):
        way_out = "where that line is right, end it with a line break"
    else:
        return
    raise UsageError(
        f"{what} {path} is cut short: its last line, {shown!r}, lacks an id that all the others have. Make it anew, "
        f"or {way_out}."
    )
