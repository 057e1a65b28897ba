"""Reading and judging alone, and the memory formula of the intake held against processes.

By shape: our intake with no, one and two workers, and the baseline's validation (ijson and jsonschema-rs) in turn. Then
peak memory by size of the input, of the segments and of the largest entry, beside what the formula says.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.parts.corpus import SHAPES, write_corpus
from benchmarks.parts.measuring import Measured, bars, measure, write_results
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.machine.malloc import reuse_large_blocks
from bulk_importer.model import ReadPlan
from bulk_importer.settings.units import SIZE
from bulk_importer.sources import open_source

__all__ = ["main", "predicted"]

_MIB = 1 << 20
# The terms of the formula in `bulk_importer.intake`, in bytes; the interpreters as measured.
_MAIN = 25_000_000
_KEPT = 16 * _MIB
_WORKER = 20_000_000
_COLUMNS = 100
_DECODED = 10


def predicted(workers: int, segment: int, entry: int, entries_in_segment: int, *, plain: bool) -> int:
    """What the formula says that reading takes at most, in bytes."""
    held = segment + (0 if plain else 2 * (workers + 1) * segment)
    columns = _COLUMNS * entries_in_segment
    main = _MAIN + _KEPT + held + (workers + 1) * columns
    worker = _WORKER + 4 * segment + columns + _DECODED * entry
    return main + workers * worker


async def _read(path: Path, workers: int, segment_bytes: int) -> dict[str, float]:
    began = time.perf_counter()
    reuse_large_blocks()  # as the commands do
    source = await open_source(str(path))
    entries = length = longest = most = 0
    options = IntakeOptions(workers=workers, segment_bytes=segment_bytes)
    async with Intake(source, ReadPlan(), Rules(), options) as intake:
        async for segment in intake:
            entries += segment.key.count
            length += segment.key.length
            longest = max(longest, *segment.run.lengths)
            most = max(most, segment.key.count)
    await source.aclose()
    seconds = time.perf_counter() - began
    return {"entries": entries, "bytes": length, "seconds": seconds, "longest": longest, "most": most}


def _ours(path: Path, workers: int, segment_bytes: int = 2 * _MIB) -> Measured:
    return measure(
        [
            *("-m", "benchmarks.bench_intake", "--read", str(path)),
            *("--workers", str(workers), "--segment-bytes", str(segment_bytes)),
        ]
    )


def _speeds(folder: Path, shape: str, size: int) -> dict[str, object]:
    path = folder / "corpus.json"
    entries = write_corpus(path, shape, size)
    length = path.stat().st_size
    row: dict[str, object] = {"shape": shape, "bytes": length, "entries": entries}
    for workers in (0, 1, 2):
        ours = _ours(path, workers)
        assert json.loads(ours.output)["entries"] == entries
        row[f"workers_{workers}_mb_per_second"] = round(length / 1e6 / ours.seconds, 1)
        row[f"workers_{workers}_mb_per_cpu_second"] = round(length / 1e6 / ours.cpu_seconds, 1)
    theirs = measure(["-m", "benchmarks.parts.baseline", str(path), "--check"])
    row["baseline_mb_per_second"] = round(length / 1e6 / theirs.seconds, 1)
    row["baseline_mb_per_cpu_second"] = round(length / 1e6 / theirs.cpu_seconds, 1)
    return row


def _memory(
    folder: Path, shape: str, size: int, segment: int, workers: int, *, packed: bool
) -> dict[str, object]:
    path = folder / "corpus.json"
    write_corpus(path, shape, size)
    if packed:
        with path.open("rb") as plain, gzip.open(folder / "corpus.json.gz", "wb", 1) as out:
            shutil.copyfileobj(plain, out)
        path = folder / "corpus.json.gz"
    ours = _ours(path, workers, segment)
    seen = json.loads(ours.output)
    expected = predicted(workers, segment, int(seen["longest"]), int(seen["most"]), plain=not packed)
    return {
        "shape": shape,
        "bytes": size,
        "segment_bytes": segment,
        "workers": workers,
        "packed": packed,
        "longest_entry": seen["longest"],
        "peak_pss_mb": round(ours.peak_pss / 1e6, 1),
        "formula_mb": round(expected / 1e6, 1),
        "holds": ours.peak_pss <= expected,
    }


def main() -> None:
    """Measure, print, and write JSON and a chart to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=SIZE.read, default=30_000_000)
    parser.add_argument("--memory", nargs="*", type=SIZE.read, default=[10_000_000, 100_000_000])
    parser.add_argument("--read", type=Path, help="read this file once, and say what was seen")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--segment-bytes", type=SIZE.read, default=2 * _MIB)
    arguments = parser.parse_args()
    if arguments.read:
        print(json.dumps(asyncio.run(_read(arguments.read, arguments.workers, arguments.segment_bytes))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = []
        for shape in SHAPES:
            rows.append(_speeds(folder, shape, arguments.size))
            print(json.dumps(rows[-1]), flush=True)
        memory = []
        cases = [("detection", size, 2 * _MIB, False) for size in arguments.memory]
        cases += [("detection", arguments.size, _MIB, False), ("detection", arguments.size, 16 * _MIB, False)]
        cases += [(shape, arguments.size, 2 * _MIB, False) for shape in ("tiny", "giant")]
        cases += [("detection", arguments.size, 2 * _MIB, True)]
        for shape, size, segment, packed in cases:
            memory.append(_memory(folder, shape, size, segment, arguments.workers, packed=packed))
            print(json.dumps(memory[-1]), flush=True)
    write_results("intake", rows, {"memory": memory})
    shown = [
        (str(row["shape"]), [float(str(row[f"{who}_mb_per_second"])) for who in ("workers_2", "baseline")])
        for row in rows
    ]
    bars("intake", "Reading and validating", "MB/s", shown, ("two workers", "ijson, jsonschema-rs"))


if __name__ == "__main__":
    main()
