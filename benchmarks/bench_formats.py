"""Conversions of other tools' files, against what a person would use: `python -m benchmarks.bench_formats --size 1GB`.

Ours is `convert` of the real command, from the file to a file of entries. The peers, `--peers PYTHON`, are run by an
interpreter that has their packages (see `parts.coco.peers`), over a file of `--peer-size`, as they hold all of it in
memory; what counts is the processor time for each MB, of whole processes. Memory is measured at each of `--memory`.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from benchmarks.parts.coco import peers
from benchmarks.parts.coco.corpus import write_coco
from benchmarks.parts.measuring import Measured, bars, measure, write_results
from bulk_importer.settings.units import SIZE

__all__ = ["main"]


class CocoBench:
    """COCO: instances in the order of their pictures, and in none."""

    def __init__(self, folder: Path, peers: str | None) -> None:
        self._folder = folder
        self._peers = peers

    def rows(self, size: int, peer_size: int) -> list[dict[str, object]]:
        """Ours and the peers, for both orders."""
        rows: list[dict[str, object]] = []
        for order in ("grouped", "shuffled"):
            ours = self._ours(size, order)
            rows.append(ours)
            print(json.dumps(ours), flush=True)
            for way in peers.WAYS if self._peers else ():
                theirs = self._theirs(way, peer_size, order)
                share = float(str(theirs["cpu_seconds_per_gb"])) / float(str(ours["cpu_seconds_per_gb"]))
                wall = float(str(theirs["seconds_per_gb"])) / float(str(ours["seconds_per_gb"]))
                rows.append({**theirs, "ours_times_faster": round(share, 1), "by_the_clock": round(wall, 1)})
                print(json.dumps(rows[-1]), flush=True)
        return rows

    def memory(self, size: int, order: str) -> dict[str, object]:
        """Ours alone, for its memory."""
        return self._ours(size, order)

    def _ours(self, size: int, order: str) -> dict[str, object]:
        source, target = self._source(size, order), self._folder / "ours.json"
        found = measure(
            [
                "-m",
                "bulk_importer",
                "convert",
                str(source),
                "--from",
                "coco",
                "--output",
                str(target),
                "--quiet",
            ],
            {"TMPDIR": str(self._folder)},
        )
        return self._row("bulk_importer", order, source, found)

    def _theirs(self, way: str, size: int, order: str) -> dict[str, object]:
        source, target = self._source(size, order), self._folder / "theirs.json"
        script = str(Path(peers.__file__))
        found = measure([script, way, str(source), str(target)], python=str(self._peers))
        return self._row(way, order, source, found)

    def _row(self, way: str, order: str, source: Path, found: Measured) -> dict[str, object]:
        gigabytes = source.stat().st_size / 1e9
        source.unlink()
        return {
            "format": "coco",
            "way": way,
            "order": order,
            "bytes": round(gigabytes * 1e9),
            "seconds_per_gb": round(found.seconds / gigabytes, 2),
            "cpu_seconds_per_gb": round(found.cpu_seconds / gigabytes, 2),
            "peak_pss_mb": round(found.peak_pss / 1e6, 1),
        }

    def _source(self, size: int, order: str) -> Path:
        path = self._folder / f"{order}.json"
        write_coco(path, size, shuffled=order == "shuffled")
        os.sync()  # what was written must not be waited for while something is measured
        return path


def main() -> None:
    """Measure, print, and write JSON and a chart to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=["coco"], default="coco")
    parser.add_argument("--size", type=SIZE.read, default=100_000_000)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the packages of the peers")
    parser.add_argument("--peer-size", type=SIZE.read, default=100_000_000)
    parser.add_argument("--memory", nargs="*", type=SIZE.read, default=[])
    parser.add_argument("--name", default="formats", help="of the files in benchmarks/results")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = CocoBench(Path(folder), arguments.peers)
        rows = bench.rows(arguments.size, arguments.peer_size)
        memory = [bench.memory(size, order) for size in arguments.memory for order in ("grouped", "shuffled")]
    for row in memory:
        print("memory", json.dumps(row))
    write_results(arguments.name, rows, {"memory": memory})
    shown = [(f"{row['way']} {row['order']}", (float(str(row["cpu_seconds_per_gb"])),)) for row in rows]
    bars(arguments.name, "COCO into entries, processor time", "s/GB", shown, ("seconds for each GB",))


if __name__ == "__main__":
    main()
