"""Reads the course of all runs over a checkpoint from its `run.log`.

The log is bounded: when it has grown it becomes `run.log.1`, over what stood there, and the new one begins with a line
that holds the timeline up to then (`kept_line`). So `run.log` alone is enough, and where it has no such line, because
a crash came in between, `run.log.1` is read before it. What is no line of ours is passed over: half a line, an event of
another version, a file of another kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG

import msgspec

from bulk_importer.events import Event
from bulk_importer.observe.timeline.accumulating import SEEN, Timeline
from bulk_importer.observe.timeline.values import Course

__all__ = ["OLDER", "kept_line", "read_course", "read_timeline"]

OLDER = ".1"
"""What the name of the file before ends with."""
_LONGEST_LINE = 16 << 20
"""Bytes. A segment of which every other entry is rejected has 2 MB; more is no line of ours."""


class _Head(msgspec.Struct):
    """What each line has."""

    at: datetime
    event: str


class _Kept(msgspec.Struct, tag_field="event", tag="TimelineKept"):
    """The line that a log begins with when there was one before."""

    at: str
    timeline: Timeline


_head = msgspec.json.Decoder(_Head)
_kept = msgspec.json.Decoder(_Kept)
_events: Mapping[str, msgspec.json.Decoder[Event]] = {
    kind.__name__: msgspec.json.Decoder(kind) for kind in SEEN
}


def read_course(folder: Path) -> Course:
    """The course of all runs over the checkpoint in `folder`, also while one goes on; without a log an empty one.

    It takes a second for 16 MiB, and memory for one line.
    """
    return read_timeline(folder / "run.log").course()


def read_timeline(path: Path) -> Timeline:
    """What the log at `path`, and the one before where it is needed, add up to; see `Timeline.see`."""
    with ExitStack() as opened:
        timeline, files = _begun(path, opened)
        for file in files:
            for line in _lines(file):
                _add(line, timeline)
    return timeline


def kept_line(timeline: Timeline, at: str) -> bytes:
    """The line that a log begins with when the one before holds what led to `timeline`."""
    return msgspec.json.encode(_Kept(at=at, timeline=timeline)) + b"\n"


def _begun(path: Path, opened: ExitStack) -> tuple[Timeline, list[BufferedReader]]:
    """What was kept at the beginning, and the files whose lines come after that."""
    file = _opened(path, opened)
    if file is not None and (kept := _kept_in(file)) is not None:
        return kept, [file]
    before = _opened(path.with_name(path.name + OLDER), opened)
    if before is not None and file is not None and _is_same(before, file):
        return _begun(path, opened)  # it was moved between the two
    files = [each for each in (before, file) if each is not None]
    return (before and _kept_in(before)) or Timeline(), files


def _opened(path: Path, opened: ExitStack) -> BufferedReader | None:
    try:
        if not S_ISREG(path.stat().st_mode):
            return None
        return opened.enter_context(path.open("rb"))
    except OSError:
        return None


def _is_same(one: BufferedReader, other: BufferedReader) -> bool:
    return os.path.samestat(os.fstat(one.fileno()), os.fstat(other.fileno()))


def _kept_in(file: BufferedReader) -> Timeline | None:
    """What the first line keeps; where it is another one, the file is at its beginning again."""
    try:
        return _kept.decode(file.readline(_LONGEST_LINE)).timeline
    except (msgspec.DecodeError, UnicodeDecodeError):
        file.seek(0)
        return None


def _lines(file: BufferedReader) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _add(line: bytes, timeline: Timeline) -> None:
    try:
        head = _head.decode(line)
        decoder = _events.get(head.event)
        if decoder is not None and head.at.tzinfo is not None:
            timeline.see(decoder.decode(line), head.at.timestamp())
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # half a line, or one of another version
