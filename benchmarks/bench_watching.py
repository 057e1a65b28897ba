"""What watching costs an import: `python -m benchmarks.bench_watching --size 600MB --rounds 60 --ways all`.

The real command into a null server, plain and watched in turn, in either order: with metrics that are scraped every
second and kept in a file, with a report, with a page that a browser has open, and with all of these. Told is the median
of the ratios of two runs that followed each other, of time by the clock and of processor time: a machine that gets
slower for a minute is slower in both. What reports and pages are drawn from is added up in every run, so it is in the
plain ones, too; and those who look share the cores with the import.

One pair tells nothing below a twentieth, sixty pairs tell a hundredth. All ways together: 60 pairs of 600 MB 1.010 by
the clock and 1.000 of the processor time. 0.06 s of that are a start and an end, as 40 pairs of 1 MB show.

With `--name none` nothing is written, for machines on which something else runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

from benchmarks.parts.corpus import write_corpus
from benchmarks.parts.measuring import Measured, measure, running_sink, write_results
from benchmarks.parts.sink import PROJECT
from bulk_importer.settings.units import SIZE

__all__ = ["main"]

_PLAIN = ["--label-config", "none", "--no-check-media"]
_WAYS = {
    "metrics": ("metrics",),
    "report": ("report",),
    "page": ("page",),
    "all": ("metrics", "report", "page"),
}
_SCRAPE_SECONDS = 1.0
_TOKEN = "a-token-of-this-benchmark-alone"


class Bench:
    """One null server, one corpus, one folder."""

    def __init__(self, server: str, folder: Path, size: int, workers: int) -> None:
        self._server = server
        self._folder = folder
        self._workers = str(workers)
        self._corpus = folder / "labels.json"
        self._token_file = folder / "token"
        self._token_file.write_text(_TOKEN)
        self.entries = write_corpus(self._corpus, "detection", size)
        self.bytes = self._corpus.stat().st_size

    def run(self, ways: Sequence[str]) -> Measured:
        """Import it, watched in these ways."""
        checkpoint, port, page_port = self._folder / "checkpoint", _free_port(), _free_port()
        shutil.rmtree(checkpoint, ignore_errors=True)
        flags = {
            "metrics": ["--metrics", str(port), "--metrics-file", str(self._folder / "bench.prom")],
            "report": ["--report", str(self._folder / "report.html")],
            "page": ["--page", str(page_port), "--page-token-file", str(self._token_file)],
        }
        with _scraping(port if "metrics" in ways else None), _looking(page_port if "page" in ways else None):
            measured = measure(
                [
                    *("-m", "bulk_importer", "import", str(self._corpus), "--json", *_PLAIN),
                    *("--server", self._server, "--project", PROJECT, "--checkpoint", str(checkpoint)),
                    *("--workers", self._workers, *([] if "report" in ways else ["--report", "none"])),
                    *(flag for way in ways for flag in flags[way]),
                ]
            )
        assert json.loads(measured.output)["delivered"] == self.entries
        return measured

    def row(self, name: str, rounds: int) -> dict[str, object]:
        """One way against none, in turn."""
        plain, watched = list[Measured](), list[Measured]()
        for number in range(rounds):
            for ways, runs in [((), plain), (_WAYS[name], watched)][:: 1 if number % 2 else -1]:
                runs.append(self.run(ways))
        return {
            "watched": name,
            "bytes": self.bytes,
            "entries": self.entries,
            "rounds": rounds,
            **_compared("seconds", [run.seconds for run in plain], [run.seconds for run in watched]),
            **_compared(
                "cpu_seconds", [run.cpu_seconds for run in plain], [run.cpu_seconds for run in watched]
            ),
        }


def _compared(name: str, plain: Sequence[float], watched: Sequence[float]) -> dict[str, object]:
    """The medians, and that of the ratios of two runs that followed each other, with where half of those lie."""
    ratios = [after / before for before, after in zip(plain, watched, strict=True)]
    quarters = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return {
        f"plain_{name}": round(statistics.median(plain), 3),
        f"watched_{name}": round(statistics.median(watched), 3),
        f"{name}_ratio": round(quarters[1], 4),
        f"half_of_{name}_ratios": [round(quarters[0], 3), round(quarters[2], 3)],
        f"more_{name}": round(statistics.median(y - x for x, y in zip(plain, watched, strict=True)), 3),
    }


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def _beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """While this is open, some work goes on in a thread; it is told when that is over, and waited for."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _looking(port: int | None) -> Iterator[None]:
    """While this is open, a browser has the page there open, if any: it takes every change that it is told."""
    told: list[int] = []

    def look(over: threading.Event) -> None:
        root = f"http://127.0.0.1:{port}"
        while port is not None and not over.wait(0.1):
            browser = build_opener(HTTPCookieProcessor())
            form = urlencode({"token": _TOKEN}).encode()
            with suppress(OSError):
                browser.open(Request(f"{root}/sign-in", form, {"Origin": root}), timeout=5).close()
                with browser.open(f"{root}/events", timeout=5) as changes:
                    told.append(sum(1 for _ in changes))

    with _beside(look):
        yield
    assert port is None or any(told), "nobody has seen the page"


@contextmanager
def _scraping(port: int | None) -> Iterator[None]:
    """While this is open, metrics are asked for there, if anywhere, as a Prometheus would that is in a hurry."""

    def scrape(over: threading.Event) -> None:
        while port is not None and not over.wait(_SCRAPE_SECONDS):
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                answer.read()

    with _beside(scrape):
        yield


def main() -> None:
    """Measure, print, and write `benchmarks/results/runs/watching.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=SIZE.read, default=600_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ways", nargs="*", choices=_WAYS, default=list(_WAYS))
    parser.add_argument("--name", default="runs/watching", help="of the file in benchmarks/results, or none")
    arguments = parser.parse_args()
    with running_sink() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server, Path(folder), arguments.size, arguments.workers)
        bench.run(())  # meanwhile the disk takes what was written
        rows = []
        for name in arguments.ways:
            rows.append(bench.row(name, arguments.rounds))
            print(json.dumps(rows[-1]), flush=True)
    if arguments.name != "none":
        write_results(arguments.name, rows, {"workers": arguments.workers})


if __name__ == "__main__":
    main()
