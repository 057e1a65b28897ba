"""`rejected.jsonl`: every rejected entry with its findings, one line each, ready to be mended and fed again.

A line is `{"position", "offset", "media_id", "findings", "entry"}`. `entry` is the entry as it came: its
bytes are put into the line as they are, only line breaks between its tokens become blanks, so that no number
is rewritten. What is not JSON (`NaN`, a comma too many), or JSON that readers choke on (half a surrogate pair,
brackets in a tower), stands there as a text under `entry_text`, to be read and mended; what is not UTF-8 stands there
as `entry_base64`. A line without any of them was written after the file had grown beyond `max_bytes`: it keeps
`position` and `findings`, the bytes are in the source.

Lines are in the order in which entries were rejected, which is not that of positions. They are on disk before
the log counts on them.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from bulk_importer.checkpoint.durable import DurableFile
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.model import Finding, Rejection

__all__ = ["REJECTED", "RejectedLine", "RejectedLines", "rejected_lines"]

REJECTED = "rejected.jsonl"
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
        """The key under which the entry stands, with it; nothing where the file was full."""
        forms = {
            "entry": self.entry if bytes(self.entry) else None,
            "entry_text": self.entry_text,
            "entry_base64": self.entry_base64,
        }
        return {key: form for key, form in forms.items() if form is not None}


class RejectedLines:
    """The file, open for appending."""

    def __init__(
        self,
        folder: Path,
        counted_bytes: int,
        *,
        max_bytes: int | None = None,
        open_file: Callable[[Path], DurableFile] = DurableFile,
    ) -> None:
        """Open it, and cut what the log does not count on.

        Raises:
            CheckpointUnusable: someone changed the lines that the log counts on.
            OSError: it cannot be opened.
        """
        path = folder / REJECTED
        _require_counted(path, counted_bytes)
        self._max_bytes = max_bytes
        self._file = open_file(path)
        if self._file.size > counted_bytes:
            self._file.cut(counted_bytes)

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._file.size

    def append(self, rejections: Iterable[Rejection]) -> None:
        """Add a line for each. Raises OSError."""
        for rejection in rejections:
            full = self._max_bytes is not None and self._file.size >= self._max_bytes
            self._file.append(_line(rejection, full=full))

    def sync(self) -> None:
        """Return when all lines are on disk. Raises OSError."""
        self._file.sync()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def rejected_lines(folder: Path, counted_bytes: int | None = None) -> Iterator[RejectedLine]:
    """The lines in order, up to the byte that the log counts on.

    Raises:
        CheckpointUnusable: a line is not one that was written here.
    """
    try:
        with (folder / REJECTED).open("rb") as file:
            for number, line in enumerate(file, 1):
                if counted_bytes is not None and file.tell() > counted_bytes:
                    return
                try:
                    yield msgspec.json.decode(line, type=RejectedLine)
                except msgspec.MsgspecError as error:
                    raise _changed(
                        folder / REJECTED, f"line {number} is not a rejected entry: {error}"
                    ) from error
    except FileNotFoundError:
        return
    except OSError as error:
        raise CheckpointUnusable(str(folder), error.strerror or str(error)) from error


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
