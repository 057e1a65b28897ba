"""Reads sources and judges elements, and keeps what came of it, to be compared with a plain reading."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.errors import BulkImporterError, MalformedInput
from bulk_importer.intake import End, Intake, IntakeOptions, Rules
from bulk_importer.intake.framing.scan import Scan
from bulk_importer.intake.placing import placed
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.model import EntryRun, ReadPlan, Segment, SegmentKey
from bulk_importer.sources import Source, open_entries, open_source
from bulk_importer.spans import stretches

__all__ = ["Element", "Plain", "Seen", "judged", "plain_reading", "read_entries", "read_file", "read_source"]

Element = tuple[int, int, bytes]
"""Position, byte offset, bytes."""

_BLANK = re.compile(rb"[ \t\n\r]*")


@dataclass
class Seen:
    """What reading a source gave."""

    elements: list[Element] = field(default_factory=list)
    keys: list[SegmentKey] = field(default_factory=list)
    rejected: set[int] = field(default_factory=set)
    skipped: set[int] = field(default_factory=set)
    end: End | None = None
    error: BulkImporterError | None = None

    @property
    def broken_at(self) -> tuple[int, int] | None:
        """Position and offset of the break, where there is one."""
        return (self.error.position, self.error.offset) if isinstance(self.error, MalformedInput) else None

    @property
    def outcome(self) -> tuple[object, ...]:
        """All that must not depend on how the source is cut."""
        how = (
            (self.error.position, self.error.offset, self.error.reason)
            if isinstance(self.error, MalformedInput)
            else str(self.error)
        )
        ended = None if self.end is None else (self.end.total, self.end.length)
        return self.elements, self.rejected, self.skipped, ended, how


def _require_joints(run: EntryRun) -> None:
    """Neighbours can be copied into a body as they stand in the data of a run."""
    for start, stop in stretches(run.positions):
        last = stop - 1
        together = run.data[run.starts[start] : run.starts[last] + run.lengths[last]]
        assert len(msgspec.json.decode(b"[%b]" % together, type=list[msgspec.Raw])) == stop - start


async def read_source(source: Source, plan: ReadPlan | None = None, **options: Any) -> Seen:
    """Read `source` as `plan` says, and keep everything, the error that ends it included."""
    seen = Seen()
    options.setdefault("workers", 0)
    try:
        async with Intake(source, plan or ReadPlan(), Rules(), IntakeOptions(**options)) as intake:
            async for segment in intake:
                seen.keys.append(segment.key)
                run = segment.run
                _require_joints(run)
                found = [(each.position, each.offset, each.raw) for each in map(run.entry, range(len(run)))]
                found += [(each.position, each.offset, each.raw) for each in segment.rejections]
                seen.elements += sorted(found)
                seen.rejected.update(each.position for each in segment.rejections)
                for span in segment.skipped:
                    seen.skipped.update(range(span.start, span.stop))
            seen.end = intake.end
    except BulkImporterError as error:
        seen.error = error
    return seen


async def read_file(file: Path, content: bytes, plan: ReadPlan | None = None, **options: Any) -> Seen:
    """Write `content` to `file` and read it."""
    file.write_bytes(content)
    source = await open_source(str(file))
    try:
        return await read_source(source, plan, **options)
    finally:
        await source.aclose()


async def read_entries(
    entries: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]], **options: Any
) -> Seen:
    """Read the entries of a program."""
    source = open_entries(entries)
    try:
        return await read_source(source, **options)
    finally:
        await source.aclose()


@dataclass
class Plain:
    """What a plain reading of an array says: whole elements, and the byte behind the array where it is whole."""

    elements: list[Element]
    end: int | None


def plain_reading(content: bytes) -> Plain:
    """Read an array with `json` and nothing else; stops where the array stops being one.

    A string or a number counts when the comma or bracket behind it was seen.
    """
    text = content.decode("latin-1")  # one character a byte, so that indexes are offsets
    decoder = json.JSONDecoder(strict=False, parse_int=str)
    elements: list[Element] = []
    at = _after_blanks(content, 3 if content.startswith(b"\xef\xbb\xbf") else 0)
    if content[at : at + 1] != b"[":
        return Plain([], None)
    at = _after_blanks(content, at + 1)
    if content[at : at + 1] == b"]":
        return Plain([], at + 1)
    while True:
        try:
            _, stop = decoder.raw_decode(text, at)
        except ValueError:
            return Plain(elements, None)
        after = _after_blanks(content, stop)
        following = content[after : after + 1]
        if content[at : at + 1] in b"{[" or following in (b",", b"]"):
            elements.append((len(elements), at, content[at:stop]))
        if following == b"]":
            return Plain(elements, after + 1)
        if following != b",":
            return Plain(elements, None)
        at = _after_blanks(content, after + 1)


def _after_blanks(content: bytes, at: int) -> int:
    found = _BLANK.match(content, at)
    assert found is not None
    return found.end()


def judged(
    judge: Judge, *elements: bytes | Mapping[str, Any], joint: bytes = b",\n", first: int = 0, offset: int = 0
) -> Segment:
    """The segment of these elements with `joint` between them; it begins at position `first` and byte `offset`."""
    raws = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in elements]
    data = joint.join(raws)
    lengths = array("q", map(len, raws))
    starts = array("q", accumulate((length + len(joint) for length in lengths[:-1]), initial=0))
    key = SegmentKey(first, len(raws), offset, len(data), "")
    return placed(key, Scan(starts, lengths), judge.judge(data, starts, lengths), data, judge.severities)
