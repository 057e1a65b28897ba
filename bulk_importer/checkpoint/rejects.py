"""`rejected.jsonl`: every rejected entry with its findings, one line each, ready to be mended and fed again.

A line is `{"position", "offset", "media_id", "findings", "entry"}`. `entry` is the entry as it came: its
bytes are put into the line as they are, only line breaks between its tokens become blanks, so that no number
is rewritten. What is not JSON (`NaN`, a comma too many), or JSON that readers choke on (half a surrogate pair,
brackets in a tower), stands there as a text under `entry_text`, to be read and mended; what is not UTF-8 stands there
as `entry_base64`. A line without any of them was written after the file had grown beyond `max_bytes`: it keeps
`position` and `findings`, the bytes are in the source.

Lines are in the order in which entries were rejected, which is not that of positions. They are on disk before
the log counts on them.

The file holds what is rejected now, and nothing else: a person who takes it after a retry has exactly what is left to
be mended. So what a retry delivered is taken out. The other way, to leave the lines and to say which of them are
settled, would have everyone who reads the file look for that somewhere else, and feed settled entries again.

Nothing that the log counts on is ever overwritten for that. What is left is written to `rejected.jsonl.new` and synced;
then comes the record that takes the entries out and counts on so many bytes; and then the new file gets the name of the
old one. A crash leaves

- before the record: the old file, which the log counts on, and a part of the new one, which is removed;
- behind the record: both, and the log counts on the new one, which gets its name when the folder is opened.

Which of the two it is, is told by the length: the new file has fewer lines than the old one, so that it is as long as
the log counts on only when the log counts on it. Readers go by the same rule.
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import DurableFile, sync_folder
from bulk_importer.model import Finding, Rejection
from bulk_importer.spans import SpanSet

__all__ = ["REJECTED", "Left", "RejectedLine", "RejectedLines", "rejected_lines", "whole_bytes"]

REJECTED = "rejected.jsonl"
_NEW = "rejected.jsonl.new"
_MARGIN = 200
_JOINED = bytes.maketrans(b"\n\r", b"  ")


class RejectedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is read back; `entry` has its bytes as they stand there, none where there is no entry."""

    position: int
    findings: tuple[Finding, ...]
    offset: int | None = None
    media_id: str | None = None
    entry: msgspec.Raw = msgspec.Raw()
    entry_text: str | None = None
    entry_base64: str | None = None

    def kept(self) -> Mapping[str, object]:
        """The entry under the key that it stands under; empty where the line was written without its entry."""
        forms = {
            "entry": self.entry if bytes(self.entry) else None,
            "entry_text": self.entry_text,
            "entry_base64": self.entry_base64,
        }
        return {key: form for key, form in forms.items() if form is not None}


class Left(msgspec.Struct, frozen=True):
    """What is left when lines are taken out, on disk beside the file that it is to replace.

    Attributes:
        counts: the findings on the lines that are not in it, by code.
    """

    file: DurableFile
    counts: Mapping[str, int]

    @property
    def size(self) -> int:
        """The bytes of the new file."""
        return self.file.size


class RejectedLines:
    """The file `rejected.jsonl`, open for appending."""

    def __init__(
        self,
        folder: Path,
        counted_bytes: int,
        *,
        max_bytes: int | None = None,
        open_file: Callable[[Path], DurableFile] = DurableFile,
    ) -> None:
        """Open the file, and cut what the log does not count on.

        Raises:
            CheckpointUnusable: someone changed the lines that the log counts on.
            OSError: it cannot be opened.
        """
        path = folder / REJECTED
        _finish(folder, counted_bytes)
        _require_counted(path, counted_bytes)
        self._folder = folder
        self._max_bytes = max_bytes
        self._open_file = open_file
        self._file = open_file(path)
        if self._file.size > counted_bytes:
            self._file.cut(counted_bytes)

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self._file.size

    def append(self, rejections: Iterable[Rejection]) -> None:
        """Add a line for each. Raises OSError."""
        for rejection in rejections:
            full = self._max_bytes is not None and self._file.size >= self._max_bytes
            self._file.append(_line(rejection, full=full))

    def sync(self) -> None:
        """Return when all lines are on disk. Raises OSError."""
        self._file.sync()

    def write_without(self, gone: SpanSet) -> Left:
        """Write what is left without the lines of the positions in `gone`; it is on disk when this returns.

        Nothing may be appended before `replace_by`.

        Raises:
            CheckpointUnusable: a line is not one that was written here.
            OSError: it cannot be written; then it is as if it had not been tried.
        """
        (self._folder / _NEW).unlink(missing_ok=True)
        file, counts = self._open_file(self._folder / _NEW), Counter[str]()
        try:
            for raw, line in _read(self._folder / REJECTED, self._file.size):
                if line.position in gone:
                    counts.update(finding.code for finding in line.findings)
                else:
                    file.append(raw)
            # The name too is on disk before the log counts on the new length, or a power cut could take the file away.
            file.sync()
            sync_folder(self._folder)
        except BaseException:
            file.close()
            with suppress(OSError):
                (self._folder / _NEW).unlink()
            raise
        return Left(file, dict(counts))

    def replace_by(self, left: Left) -> None:
        """Put `left` in the place of the file, now that the log counts on it.

        Raises:
            OSError: it could not be done; the next opening does it.
        """
        self._file.close()
        self._file = left.file
        # Not by `replace_file`: the new file was written before the log said so, and stays open for appending.
        os.replace(self._folder / _NEW, self._folder / REJECTED)
        sync_folder(self._folder)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def rejected_lines(folder: Path, counted_bytes: int | None = None) -> Iterator[RejectedLine]:
    """The lines of `rejected.jsonl` in order, up to the byte that the log counts on.

    Raises:
        CheckpointUnusable: a line is not one that was written here.
    """
    try:
        path = folder / (REJECTED if counted_bytes is None or _is_old(folder, counted_bytes) else _NEW)
        for _, line in _read(path, counted_bytes):
            yield line
    except FileNotFoundError:
        return
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error


def whole_bytes(folder: Path) -> int:
    """How many bytes `rejected.jsonl` has, up to the end of its last whole line. Raises OSError."""
    try:
        with (folder / REJECTED).open("rb") as file:
            return sum(len(line) for line in file if line.endswith(b"\n"))
    except FileNotFoundError:
        return 0


def _read(path: Path, counted_bytes: int | None) -> Iterator[tuple[bytes, RejectedLine]]:
    """The lines up to `counted_bytes`, as they stand there and as values. Raises OSError, CheckpointUnusable."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if counted_bytes is not None and file.tell() > counted_bytes:
                return
            try:
                yield line, msgspec.json.decode(line, type=RejectedLine)
            except msgspec.MsgspecError as error:
                raise _changed(path, f"line {number} is not a rejected entry: {error}") from error


def _is_old(folder: Path, counted_bytes: int) -> bool:
    """Whether the log counts on the file of that name, and not on the one that is to get the name."""
    try:
        return (folder / _NEW).stat().st_size != counted_bytes
    except FileNotFoundError:
        return True


def _finish(folder: Path, counted_bytes: int) -> None:
    """Do what a crash left to be done when lines were taken out. Raises OSError.

    That the name reaches the disk is for the caller to see to, before the log counts on more.
    """
    if _is_old(folder, counted_bytes):
        (folder / _NEW).unlink(missing_ok=True)
    else:
        # Only the name is missing, the content is on disk: there is nothing for `replace_file` to write.
        os.replace(folder / _NEW, folder / REJECTED)


def _line(rejection: Rejection, *, full: bool) -> bytes:
    findings = msgspec.json.encode(rejection.findings)
    if full:
        return b'{"position":%d,"findings":%b}\n' % (rejection.position, findings)
    return b'{"position":%d,"offset":%d,"media_id":%b,"findings":%b,%b}\n' % (
        rejection.position,
        rejection.offset,
        msgspec.json.encode(rejection.media_id),
        findings,
        _entry(rejection.raw),
    )


def _entry(raw: bytes) -> bytes:
    if _is_json(raw):
        return b'"entry":' + raw.strip(b" \t\n\r").translate(_JOINED)
    try:
        return b'"entry_text":' + msgspec.json.encode(raw.decode())
    except UnicodeDecodeError:
        return b'"entry_base64":"%b"' % b64encode(raw)


def _is_json(raw: bytes) -> bool:
    """Whether `raw` is one JSON value in UTF-8 that a reader of the line will accept."""
    return _is_readable(raw) and _is_strict(raw)


def _is_readable(raw: bytes) -> bool:
    """Whether `rejected_lines` can read it back. The brackets are a margin: what it may nest depends on its caller."""
    try:
        msgspec.json.decode(_MARGIN * b"[" + raw + _MARGIN * b"]", type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _is_strict(raw: bytes) -> bool:
    """Whether it is JSON by the letter.

    orjson decides for nearly all; what it refuses and JSON allows (numbers beyond a double) is looked at by the
    slower parser of the standard library, which builds none of the numbers.
    """
    import orjson

    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            json.loads(raw.decode(), parse_int=str, parse_float=str, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return False
    return True


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _require_counted(path: Path, counted_bytes: int) -> None:
    if not counted_bytes:
        return
    try:
        with path.open("rb") as file:
            file.seek(counted_bytes - 1)
            last = file.read(1)
    except FileNotFoundError:
        last = b""
    if last != b"\n":
        raise _changed(path, f"a line ended at byte {counted_bytes} and does not any more")


def _changed(path: Path, what: str) -> CheckpointUnusable:
    advice = (
        "Someone changed it. Put it back as it was (and edit copies only), then run the same command again."
    )
    return CheckpointUnusable(str(path), what, advice=advice)
