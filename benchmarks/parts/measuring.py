"""Runs programs and measures them: seconds, processor time and peak memory of all their processes; draws bars."""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import psutil

__all__ = ["RESULTS", "Measured", "bars", "git", "measure", "running_sink", "write_results"]

RESULTS = Path(__file__).parents[1] / "results"

# An installed package has its modules compiled. Where the environment forbids to write that down, each process of ours
# would compile them again at every start, and those of the libraries, which are installed, would not.
_AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}
# Adding up the pages of a process takes milliseconds, in which it stands still.
_SAMPLE_SECONDS = 0.25
_COLOURS = ("#2f6f9f", "#c9c4b8")


@dataclass(frozen=True)
class Measured:
    """One run of a program.

    Attributes:
        cpu_seconds: of all its processes, those included that it waited for.
        peak_pss: bytes; proportional set size (shared pages counted once) of all its processes together.
    """

    seconds: float
    cpu_seconds: float
    peak_pss: int
    output: str


def measure(
    command: Sequence[str], environment: Mapping[str, str] | None = None, *, python: str = sys.executable
) -> Measured:
    """Run a program of ours to its end, or one of another interpreter."""
    began, cpu_before = time.perf_counter(), _cpu_of_children()
    process = subprocess.Popen(
        [python, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **_AS_INSTALLED, **(environment or {})},
    )
    peak = _Peak(process.pid)
    peak.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - began
    peak.over.set()
    peak.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors[-2000:]}")
    return Measured(seconds, _cpu_of_children() - cpu_before, peak.bytes, output)


def _cpu_of_children() -> float:
    """Of those that have ended and were waited for, with what these waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class _Peak(threading.Thread):
    """Looks again and again at what the processes of a program take."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(pid)
        self.over = threading.Event()
        self.bytes = 0

    def run(self) -> None:
        while not self.over.wait(_SAMPLE_SECONDS):
            total = 0
            try:
                processes = [self._root, *self._root.children(recursive=True)]
            except psutil.Error:
                return
            for process in processes:
                try:
                    total += _pss(process.pid)
                except (psutil.Error, OSError):
                    continue
            self.bytes = max(self.bytes, total)


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


@contextmanager
def running_sink() -> Iterator[str]:
    """A null server in a process of its own; its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.parts.sink"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def _stamp() -> dict[str, object]:
    """On what and of what something is measured, and when."""
    changes = git("status", "--porcelain", "--", "bulk_importer", "benchmarks", ":!benchmarks/results")
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "commit": git("rev-parse", "--short=12", "HEAD") + ("-dirty" if changes else ""),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cpu": names[0].split(":", 1)[1].strip() if names else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def git(*arguments: str) -> str:
    """What git says in this checkout."""
    command = ["git", "-C", str(RESULTS.parents[1]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def write_results(name: str, rows: Sequence[Mapping[str, object]], more: Mapping[str, object]) -> None:
    """Write `results/NAME.json`, with the commit, the day and the machine that it was measured on."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"measured": _stamp(), **more, "rows": list(rows)}, indent=1)
    path.write_text(text + "\n")


def bars(
    name: str, title: str, unit: str, rows: Sequence[tuple[str, Sequence[float]]], legend: Sequence[str]
) -> None:
    """Draw `results/charts/NAME.svg`: for each row a bar for each of the legend."""
    most = max(max(values) for _, values in rows)
    height, top = 18, 56
    row_height = height * len(legend) + 14
    body = [f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(title)}</text>']
    for index, label in enumerate(legend):
        x = 12 + 170 * index
        body.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{_COLOURS[index]}"/>')
        body.append(f'<text x="{x + 18}" y="44">{escape(label)}</text>')
    for at, (label, values) in enumerate(rows):
        y = top + at * row_height
        body.append(f'<text x="12" y="{y + 14}">{escape(label)}</text>')
        for index, value in enumerate(values):
            width = max(1.0, 420 * value / most)
            line = y + index * height
            body.append(
                f'<rect x="120" y="{line}" width="{width:.1f}" height="14" fill="{_COLOURS[index]}"/>'
            )
            body.append(f'<text x="{126 + width:.1f}" y="{line + 12}">{value:.1f} {escape(unit)}</text>')
    total = top + len(rows) * row_height
    charts = RESULTS / "charts"
    charts.mkdir(parents=True, exist_ok=True)
    (charts / f"{name}.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="660" height="{total}" font-family="sans-serif" '
        f'font-size="12"><rect width="660" height="{total}" fill="white"/>{"".join(body)}</svg>\n'
    )
