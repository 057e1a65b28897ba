"""What a log costs: its size, how long a resume reads it, and the memory of the state, with compaction and without.

    python -m benchmarks.bench_log [--entries 1000000] [--batch 10] [--rejected 0.01]

Writes the records of an import with many requests in flight that are answered out of order, in which entries here and
there are rejected, and counts what a resume would read at the worst moment. `--entries 100000000` is the largest that
the log is made for; it takes ten minutes. The files are written without fsync: what that costs is the disk's affair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from benchmarks.parts.measuring import write_results
from bulk_importer.checkpoint.log.file import COMPACT_BYTES, CheckpointLog, read_content, read_log
from bulk_importer.checkpoint.log.records import Delivered, Header, Record, SegmentRead, Sent, SourceIdentity
from bulk_importer.checkpoint.log.transitions import apply
from bulk_importer.files.durable import DurableFile
from bulk_importer.model import SegmentKey
from bulk_importer.spans import SpanSet

IN_FLIGHT = 64
SEGMENT_ENTRIES = 2000
ENTRY_BYTES = 1000
GROUP = 200


class Unsynced(DurableFile):
    """Leaves the syncing out."""

    def sync(self) -> None:
        """Do nothing."""


def history(entries: int, batch: int, rejected: float) -> Iterator[Record]:
    """The records of an import, in order."""
    chance = Random(1)
    flying: list[int] = []
    number = 0
    for first in range(0, entries, SEGMENT_ENTRIES):
        count = min(SEGMENT_ENTRIES, entries - first)
        wrong = SpanSet.of(p for p in range(first, first + count) if chance.random() < rejected)
        key = SegmentKey(first, count, 1 + first * ENTRY_BYTES, count * ENTRY_BYTES, f"{first:032x}")
        counts = {"option-unknown": len(wrong)}
        yield SegmentRead(key=key, digests_crc=chance.getrandbits(32), rejected=wrong.spans, counts=counts)
        for start in range(first, first + count, batch):
            spans = tuple(wrong.missing(start, min(start + batch, first + count)))
            if not spans:
                continue
            yield Sent(batch=number, spans=spans, at=1_700_000_000.0 + number / 100)
            flying.append(number)
            number += 1
            if len(flying) >= IN_FLIGHT:
                yield Delivered(batch=flying.pop(chance.randrange(len(flying))))
    for each in flying:
        yield Delivered(batch=each)


def write(folder: Path, records: Iterator[Record], compact_bytes: int) -> dict[str, Any]:
    """Write a log as a run does, `GROUP` records at a time; what it came to."""
    header = Header(
        source="labels.json", identity=SourceIdentity(size=1, plain=True), server="s", project="p", run="r"
    )
    CheckpointLog.create(folder, header, Unsynced)
    replayed = read_log(folder)
    log = CheckpointLog(folder, replayed, compact_bytes=compact_bytes, open_file=Unsynced)
    began, compacting, longest_bytes, compactions, written, group = (
        perf_counter(),
        0.0,
        0,
        0,
        0,
        list[Record](),
    )
    for record in records:
        apply(replayed.state, record)
        group.append(record)
        if len(group) == GROUP:
            log.append(group)
            written += GROUP
            group.clear()
            longest_bytes = max(longest_bytes, log.size)
            if log.is_mostly_history:
                before = perf_counter()
                log.compact(replayed.state)
                compacting += perf_counter() - before
                compactions += 1
    log.append(group)
    log.close()
    return {
        "records": written + len(group),
        "microseconds_a_record": round((perf_counter() - began) / max(1, written) * 1e6, 2),
        "longest_mb": round(max(longest_bytes, log.size) / 1e6, 1),
        "compactions": compactions,
        "compacting_seconds": round(compacting, 2),
    }


def replayed(folder: Path) -> dict[str, Any]:
    """What reading the log in `folder` takes, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench_log", "--replay", str(folder)],
        capture_output=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def replay_here(folder: Path) -> dict[str, Any]:
    """The same in this process."""
    before = _memory("VmRSS")
    began = perf_counter()
    state = read_log(folder).state
    seconds = perf_counter() - began
    held, peak = _memory("VmRSS") - before, _memory("VmHWM") - before
    size = len(read_content(folder))
    return {
        "mb": round(size / 1e6, 1),
        "replay_seconds": round(seconds, 2),
        "replay_mb_a_second": round(size / 1e6 / seconds, 1),
        "state_mb": round(held / 1e6, 1),
        "peak_mb_with_the_log": round(peak / 1e6, 1),
        "delivered": len(state.delivered),
        "spans": sum(len(fate.spans) for fate in (state.delivered, state.rejected)),
        "segments": len(state.segments),
    }


def _memory(name: str) -> int:
    """A figure of `/proc/self/status` in bytes (`getrusage` counts the peak of the parent as well)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def measure(entries: int, batch: int, rejected: float, *, compacted_only: bool) -> dict[str, Any]:
    """Both kinds of log for one import."""
    found: dict[str, Any] = {"entries": entries, "batch": batch, "rejected": rejected}
    kinds = {"compacted": COMPACT_BYTES} | ({} if compacted_only else {"whole history": 1 << 60})
    for name, compact_bytes in kinds.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            found[name] = write(folder, history(entries, batch, rejected), compact_bytes) | replayed(folder)
        print(name, json.dumps(found[name]), flush=True)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--rejected", type=float, default=0.01, help="share of entries, spread evenly")
    parser.add_argument(
        "--compacted-only", action="store_true", help="leave out the log with its whole history"
    )
    parser.add_argument("--save", action="store_true", help="keep the figures in results/log.json")
    parser.add_argument("--replay", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.replay is not None:
        print(json.dumps(replay_here(given.replay)))
        return
    found = measure(given.entries, given.batch, given.rejected, compacted_only=given.compacted_only)
    if given.save:
        write_results("log", [], found)


if __name__ == "__main__":
    main()
