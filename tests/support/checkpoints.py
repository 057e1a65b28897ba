"""Segments, batches and rejections for a checkpoint, without a source or a server; and a file that fails on demand."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from bulk_importer.checkpoint import Header, SourceIdentity
from bulk_importer.files.durable import DurableFile
from bulk_importer.labels.entry import keys_of
from bulk_importer.model import Batch, EntryRun, Finding, Rejection, Segment, SegmentKey, Severity
from bulk_importer.spans import SpanSet

__all__ = [
    "ENTRY_BYTES",
    "FailingFile",
    "batch_of",
    "header",
    "rejection_of",
    "segment_of",
]

ENTRY_BYTES = 16


def header(run: str = "r1", *, identity: SourceIdentity | None = None, **settings: str) -> Header:
    """What a run on `labels.json` says it is for."""
    return Header(
        source="labels.json",
        identity=identity or SourceIdentity(size=10_000_000, plain=True),
        server="http://localhost:8080",
        project="p",
        settings=settings,
        run=run,
    )


def raw_of(position: int) -> bytes:
    """The bytes of the entry at `position`."""
    return b'{"n":%09d}' % position + b","


def rejection_of(position: int, raw: bytes | None = None) -> Rejection:
    """A rejection with one finding."""
    finding = Finding(
        code="schema",
        severity=Severity.ERROR,
        position=position,
        offset=position * ENTRY_BYTES,
        media_id="m",
        pointer="",
        expected="something",
        found="nothing",
        advice="",
    )
    return Rejection(
        position=position,
        offset=position * ENTRY_BYTES,
        media_id="m",
        findings=(finding,),
        raw=raw_of(position)[:-1] if raw is None else raw,
    )


def run_of(positions: Sequence[int]) -> EntryRun:
    """Entries at these positions as columns."""
    count = len(positions)
    ids = [f"m{position}" for position in positions]
    data = b"".join(map(raw_of, positions))
    starts = range(0, count * ENTRY_BYTES, ENTRY_BYTES)
    lengths, weights = [15] * count, [1] * count
    return EntryRun(0, data, list(positions), starts, lengths, ids, ids, bytes(count), weights, keys_of(ids))


def batch_of(number: int, positions: Sequence[int]) -> Batch:
    """A sealed batch of the entries at these positions."""
    return Batch(number, (run_of(positions),), b"[]", len(positions), len(positions))


def segment_of(
    first: int, count: int, *, rejected: Sequence[int] = (), skipped: Sequence[int] = ()
) -> Segment:
    """A segment of `count` entries from position `first` on, each `ENTRY_BYTES` long."""
    key = SegmentKey(first, count, first * ENTRY_BYTES, count * ENTRY_BYTES, f"{first:032x}")
    apart = {*rejected, *skipped}
    return Segment(
        key=key,
        run=run_of([position for position in range(first, first + count) if position not in apart]),
        rejections=tuple(map(rejection_of, rejected)),
        skipped=SpanSet.of(skipped).spans,
        counts={"schema": len(rejected)} if rejected else {},
        digests=b"".join(position.to_bytes(8, "big") for position in range(first, first + count)),
    )


class FailingFile(DurableFile):
    """A durable file that asks `allowed` before each step; what it raises is what the disk says.

    `synced` is what a power cut leaves for certain; the rest up to `size` may be there, or be zeros, or not.
    """

    def __init__(self, path: Path, allowed: Callable[[str, Path], None] = lambda *_: None) -> None:
        self._allowed = allowed
        allowed("open", path)
        super().__init__(path)
        self.inode = os.fstat(self._fd).st_ino
        self.synced = self.size

    def append(self, content: bytes | memoryview) -> None:
        self._allowed("append", self.path)
        super().append(content)

    def sync(self) -> None:
        self._allowed("sync", self.path)
        super().sync()
        self.synced = self.size

    def cut(self, size: int) -> None:
        self._allowed("cut", self.path)
        super().cut(size)
        self.synced = min(self.synced, size)


def no_room(*_: object) -> None:
    """What a full disk says."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
