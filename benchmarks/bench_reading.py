"""How fast the labels of a project are read: many media at a time beside one at a time; and in how much memory.

    python -m benchmarks.bench_reading [--media 600] [--rounds 3] [--latency 0.02] [--million] [--save]

Against a sandbox in a process of its own whose answers come 20 ms later. Rounds are interleaved; what counts is the
ratio, and the processor time that ours takes for a media. `--million` backs up 20,000 media out of a project of a
million, all of which are listed, and measures the peak of the memory of the process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.parts.measuring import measure, write_results
from bulk_importer.migration.backup import BackupCaller, back_up
from bulk_importer.settings import Settings

__all__ = ["main"]

_FEW = 20_000
_MILLION = 1_000_000
_UPLOAD = 200


@contextmanager
def _sandbox(folder: Path, latency: float) -> Iterator[str]:
    """A sandbox whose labels come so many seconds later; its URL."""
    faults = folder / "faults.toml"
    faults.write_text(
        f'[[fault]]\nwhat = "delay"\nseconds = {latency}\nroute = "/api/lcvalues/*"\nprobability = 1.0\n'
    )
    command = [
        sys.executable,
        "-m",
        "bulk_importer",
        "sandbox",
        "--port",
        "0",
        "--json",
        "--faults",
        str(faults),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.kill()
        process.communicate()


def _ask(url: str, body: object) -> Any:
    with urlopen(Request(url, data=json.dumps(body).encode()), timeout=900) as answer:
        return json.load(answer)


def _prepared(url: str, media: int, labelled: int) -> list[str]:
    """The ids of the media of a project `p`, of which some hold eight geometries."""
    project = _ask(f"{url}/sandbox/projects", {"name": "p", "media": media})
    ids: list[str] = project["media_ids"]
    buses = [{"rectangle": [{"x": 1.5, "y": 0.1 * each, "w": 3, "h": 4}]} for each in range(8)]
    for first in range(0, labelled, _UPLOAD):
        some = [
            {"internal_media_ID": each, "labels": {"bus": buses}} for each in ids[first : first + _UPLOAD]
        ]
        _ask(f"{url}/api/v1/project/{project['id']}/prediction", some)
    return ids


def _read(url: str, folder: Path, at_a_time: int) -> tuple[float, float]:
    """Seconds, and processor seconds, of a backup that reads so many at a time."""
    path = folder / f"{at_a_time}-{time.monotonic_ns()}"
    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run(back_up(Settings(server=url, project="p", max_reads=at_a_time), path, BackupCaller()))
    return time.perf_counter() - began, time.process_time() - cpu


def _compared(media: int, rounds: int, latency: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, _sandbox(Path(name), latency) as url:
        folder = Path(name)
        _prepared(url, media, media)
        pairs = [(_read(url, folder, 1), _read(url, folder, 16)) for _ in range(rounds)]
    ratios = [one[0] / many[0] for one, many in pairs]
    return {
        "media": media,
        "latency_seconds": latency,
        "one_at_a_time_media_a_second": round(media / min(one[0] for one, _ in pairs), 1),
        "ours_media_a_second": round(media / min(many[0] for _, many in pairs), 1),
        "ratios": [round(each, 2) for each in ratios],
        "ratio": round(median(ratios), 2),
        "cpu_ms_a_media": round(1000 * min(many[1] for _, many in pairs) / media, 3),
    }


def _of_a_million() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name, _sandbox(Path(name), 0.0) as url:
        folder = Path(name)
        ids = _prepared(url, _MILLION, _FEW)
        (folder / "ids").write_text("\n".join(ids[:_FEW]))
        del ids
        command = ["-m", "bulk_importer", "backup", "--server", url, "--project", "p", "--quiet"]
        done = measure([*command, "--media-list", str(folder / "ids"), "--output", str(folder / "b")])
    return {
        "listed": _MILLION,
        "read": _FEW,
        "peak_mb": round(done.peak_pss / 1e6, 1),
        "seconds": round(done.seconds, 1),
        "cpu_seconds": round(done.cpu_seconds, 1),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and keep the figures where that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--million", action="store_true", help="measure the memory at a million media, too")
    parser.add_argument("--save", action="store_true", help="keep the figures in benchmarks/results")
    arguments = parser.parse_args(argv)
    figures: dict[str, Any] = {"compared": _compared(arguments.media, arguments.rounds, arguments.latency)}
    if arguments.million:
        figures["million"] = _of_a_million()
    print(json.dumps(figures, indent=2))
    if arguments.save:
        write_results("reading", [], figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
