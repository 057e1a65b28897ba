"""Cuts runs of entries out of their segments, and joins them to the body of a request. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from bulk_importer.model import EntryRun
from bulk_importer.spans import stretches

__all__ = ["body_of", "cut_loose", "loosened", "several_in_lane", "width_of"]


def width_of(run: EntryRun) -> int:
    """Bytes from the first entry to the end of the last, with what stands between them."""
    return run.starts[-1] + run.lengths[-1] - run.starts[0]


def loosened(run: EntryRun) -> Iterator[EntryRun]:
    """The run itself where it uses most of its segment, else its parts with bytes of their own."""
    if not len(run):
        return
    used = width_of(run) if isinstance(run.positions, range) else sum(run.lengths)
    if 2 * used >= len(run.data):
        yield run
        return
    for start, stop in stretches(run.positions):
        yield cut_loose(run, start, stop)


def cut_loose(run: EntryRun, start: int, stop: int) -> EntryRun:
    """The consecutive entries `[start, stop)` of `run` with a copy of their bytes alone."""
    part = run.take(range(start, stop))
    base = part.starts[0]
    data = run.data[base : part.starts[-1] + part.lengths[-1]]
    return EntryRun(
        run.offset + base,
        data,
        part.positions,
        [each - base for each in part.starts],
        part.lengths,
        part.media_ids,
        part.lanes,
        part.keeps,
        part.weights,
        part.keys,
    )


def several_in_lane(runs: Iterable[EntryRun]) -> dict[str, int]:
    """How many entries there are in each lane that has more than one."""
    entries = Counter(chain.from_iterable(run.lanes for run in runs))
    return {lane: count for lane, count in entries.items() if count > 1}


def body_of(runs: Sequence[EntryRun]) -> bytes:
    """A JSON array of the entries. Neighbours in the source are copied, once, with what stands between them."""
    pieces: list[bytes | memoryview] = []
    for run in runs:
        data = memoryview(run.data)
        for start, stop in stretches(run.positions):
            last = stop - 1
            pieces += b",", data[run.starts[start] : run.starts[last] + run.lengths[last]]
    return b"".join([b"[", *pieces[1:], b"]"])
