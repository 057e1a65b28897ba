"""Conversions of other tools' files, against what a person would use: `python -m benchmarks.bench_formats --size 1GB`.

Ours is `convert` of the real command, from the files to a file of entries. The peers, `--peers PYTHON`, are run by an
interpreter that has their packages (see `parts.coco.peers` and `parts.yolo.peers`): of COCO over a file of
`--peer-size`, as they hold all of it in memory; what counts are processor time and time by the clock for each GB, or
for 1,000 files, of whole processes. Beside YOLO stands what it takes to read the files. Memory is measured at each size
of `--memory`, and at `--size`.

The standard form, on two cores with nothing else to do, takes eight minutes:

    python -m benchmarks.bench_formats --size 1GB --peer-size 200MB --files 200000 --memory 5GB --peers PYTHON
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.parts.coco import peers as coco_peers
from benchmarks.parts.coco.corpus import write_coco
from benchmarks.parts.measuring import Measured, bars, measure, write_results
from benchmarks.parts.yolo import peers as yolo_peers
from benchmarks.parts.yolo.corpus import write_yolo
from bulk_importer.settings.units import SIZE

__all__ = ["main"]

_Row = dict[str, object]


def _convert(form: str, source: Path, target: Path) -> Measured:
    """Ours."""
    command = ["convert", str(source), "--from", form, "--output", str(target), "--quiet"]
    return measure(["-m", "bulk_importer", *command], {"TMPDIR": str(target.parent)})


def _compared(theirs: _Row, ours: _Row, unit: str) -> _Row:
    """A row of a peer, with how many times ours is faster."""
    cpu, wall = (
        float(str(theirs[key])) / float(str(ours[key]))
        for key in (f"cpu_seconds_per_{unit}", f"seconds_per_{unit}")
    )
    return {**theirs, "ours_times_faster": round(cpu, 2), "by_the_clock": round(wall, 2)}


class CocoBench:
    """COCO: instances in the order of their pictures, and in none."""

    def __init__(self, folder: Path, peers: str | None) -> None:
        self._folder = folder
        self._peers = peers

    def rows(self, size: int, peer_size: int) -> Iterator[_Row]:
        """Ours and the peers, for both orders."""
        for order in ("grouped", "shuffled"):
            ours = self.ours(size, order)
            yield ours
            for way in coco_peers.WAYS if self._peers else ():
                yield _compared(self._theirs(way, peer_size, order), ours, "gb")

    def ours(self, size: int, order: str) -> _Row:
        """Ours alone."""
        source = self._source(size, order)
        return self._row("bulk_importer", order, source, _convert("coco", source, self._folder / "ours.json"))

    def _theirs(self, way: str, size: int, order: str) -> _Row:
        source, target = self._source(size, order), self._folder / "theirs.json"
        command = [str(Path(coco_peers.__file__)), way, str(source), str(target)]
        return self._row(way, order, source, measure(command, python=str(self._peers)))

    def _row(self, way: str, order: str, source: Path, found: Measured) -> _Row:
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


class YoloBench:
    """YOLO: a folder of pictures and their rows."""

    def __init__(self, folder: Path, peers: str | None) -> None:
        self._source = folder / "yolo"
        self._target = folder / "yolo.json"
        self._peers = peers

    def rows(self, files: int) -> Iterator[_Row]:
        """Ours, what reads the files and does nothing, and the peers."""
        write_yolo(self._source, files)
        os.sync()
        self._theirs("reading")  # so that nobody finds the files less at hand than another
        ours = self._row("bulk_importer", files, _convert("yolo", self._source, self._target))
        yield ours
        for way in yolo_peers.WAYS if self._peers else ("reading",):
            yield _compared(self._row(way, files, self._theirs(way)), ours, "1000_files")
        shutil.rmtree(self._source)

    def _theirs(self, way: str) -> Measured:
        command = [str(Path(yolo_peers.__file__)), way, str(self._source), str(self._target)]
        return measure(command, python=self._peers or sys.executable)

    def _row(self, way: str, files: int, found: Measured) -> _Row:
        return {
            "format": "yolo",
            "way": way,
            "files": files,
            "seconds_per_1000_files": round(found.seconds / files * 1000, 4),
            "cpu_seconds_per_1000_files": round(found.cpu_seconds / files * 1000, 4),
            "peak_pss_mb": round(found.peak_pss / 1e6, 1),
        }


def main() -> None:
    """Measure, print, and write JSON and a chart to `benchmarks/results`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=SIZE.read, default=100_000_000, help="of COCO; 0 leaves it out")
    parser.add_argument("--files", type=int, default=20_000, help="of YOLO; 0 leaves it out")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the packages of the peers")
    parser.add_argument("--peer-size", type=SIZE.read, default=100_000_000)
    parser.add_argument("--memory", nargs="*", type=SIZE.read, default=[])
    parser.add_argument("--name", default="formats", help="of the files in benchmarks/results")
    arguments = parser.parse_args()
    rows: list[_Row] = []
    memory: list[_Row] = []
    with tempfile.TemporaryDirectory() as folder:
        coco, yolo = CocoBench(Path(folder), arguments.peers), YoloBench(Path(folder), arguments.peers)
        for row in coco.rows(arguments.size, arguments.peer_size) if arguments.size else ():
            rows.append(row)
            print(json.dumps(row), flush=True)
        for row in yolo.rows(arguments.files) if arguments.files else ():
            rows.append(row)
            print(json.dumps(row), flush=True)
        for size in arguments.memory:
            for order in ("grouped", "shuffled"):
                memory.append(coco.ours(size, order))
                print("memory", json.dumps(memory[-1]), flush=True)
    write_results(arguments.name, rows, {"memory": memory})
    shown = [
        (f"{row['way']} {row['order']}", (float(str(row["cpu_seconds_per_gb"])),))
        for row in rows
        if row["format"] == "coco"
    ]
    if shown:
        bars(arguments.name, "COCO into entries, processor time", "s/GB", shown, ("seconds for each GB",))


if __name__ == "__main__":
    main()
