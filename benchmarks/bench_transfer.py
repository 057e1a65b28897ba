"""What leaves how fast: ours, the official client's pattern, the baseline's, and the best fixed setting.

    python -m benchmarks.bench_transfer [--seconds 90] [--scale 3] [--quick]

Against a sandbox in a process of its own with the cost model `measured`, its time scaled, on fresh media and on media
that hold labels already (`keepData: false`). The baseline is a program of its own in a process of its own, with the
official client's 50 entries a request, eight at a time. Every other way of sending uses the real importer: a fixed
setting is one whose bounds are equal. Rates are entries delivered in a second of the server's own time; for ours those
from its fortieth answer on. Ours and the baseline run three times as long as the others. What ours delivered is held
against what the sandbox has.

Against a null server that answers 20 and 200 ms later: ours with up to 64 in flight beside the official pattern, and
the share of our processor time that gate, breaker, rates and retry budget take.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from aiohttp import web

from benchmarks.parts.measuring import write_results
from bulk_importer.datagym.answers.policy import RetryBudget
from bulk_importer.errors import ExitCode
from bulk_importer.events import BatchDelivered, Event, GateMoved
from bulk_importer.pipeline import Caller, ImportSpec, import_source
from bulk_importer.settings import Settings
from bulk_importer.sources import open_source
from bulk_importer.transfer.adaptive.gate import Gate
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["main"]

_ENTRY_WEIGHT = 53
_SETTLED_AFTER = 40
_OFFICIAL = (50, 1)
_BASELINE = "baseline"
_IN_FLIGHT = (1, 2, 4, 8)
_ENTRIES = (1, 2, 3, 5, 10, 25)
_FEWER = (2, 5, 10)
# The server writes a row for each question of a class, answered or not.
_UNANSWERED = [
    {
        "entryKey": name.lower(),
        "entryValue": name,
        "type": "SELECT",
        "required": False,
        "options": {"yes": "Yes", "no": "No"},
    }
    for name in ("Hidden", "Checked")
]
_CONFIG = [
    {
        "entryKey": "area",
        "entryValue": "Area",
        "type": "POLYGON",
        "required": False,
        "children": [
            {
                "entryKey": "kind",
                "entryValue": "Kind",
                "type": "SELECT",
                "required": False,
                "options": {"a": "A", "b": "B"},
            },
            *_UNANSWERED,
        ],
    },
    {
        "entryKey": "scene",
        "entryValue": "Scene",
        "type": "SELECT",
        "required": False,
        "options": {"day": "Day", "night": "Night"},
        "children": [
            {
                "entryKey": "light",
                "entryValue": "Light",
                "type": "SELECT",
                "required": False,
                "options": {"low": "Low", "high": "High"},
            },
            *_UNANSWERED,
        ],
    },
]


def _entry(media_id: str) -> Mapping[str, Any]:
    """Five polygons of eight points, each with a select, and a global select with a child; 64 rows with `_CONFIG`."""
    polygon = [{"x": 10 * corner, "y": corner} for corner in range(8)]
    return {
        "internal_media_ID": media_id,
        "keepData": False,
        "global_classifications": {"scene": ["day", {"light": ["low"]}]},
        "labels": {"area": [{"polygon": polygon, "classifications": {"kind": ["a"]}} for _ in range(5)]},
    }


@dataclass(frozen=True)
class Sent:
    """What one way of sending came to: entries a second of the server's time, and the last moves of the gate."""

    rate: float
    delivered: int
    answers: int
    moves: Sequence[str]


class Bench:
    """One server, and runs against it that end after a while."""

    def __init__(self, url: str, scale: float, seconds: float, folder: Path) -> None:
        self._url = url
        self._scale = scale
        self._seconds = seconds
        # Of its own: a checkpoint belongs to one server.
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self._number = itertools.count()

    def prepare(self, media: int) -> dict[str, Any]:
        """A project of its own."""
        body = json.dumps({"name": f"p{next(self._number)}", "media": media, "label_config": _CONFIG})
        with urlopen(Request(self._url + "/sandbox/projects", data=body.encode()), timeout=600) as answer:
            prepared: dict[str, Any] = json.load(answer)
            return prepared

    async def send(
        self, project: Mapping[str, Any], *, settled_after: int, times: float = 1.0, **bounds: Any
    ) -> Sent:
        """Import into the project for `times * seconds` of the server's time."""
        source = self._write(project)
        stop = StopSwitch()
        landed: list[tuple[float, int]] = []
        moves: list[str] = []

        def observe(event: Event) -> None:
            if isinstance(event, BatchDelivered):
                landed.append((time.monotonic(), event.entries))
            if isinstance(event, GateMoved):
                moves.append(f"{event.max_in_flight} x {event.max_weight}: {event.reason}")

        settings = Settings(
            server=self._url,
            project=project["id"],
            label_config="none",
            check_media=False,
            workers=0,
            retry_wait=0.5 / self._scale,
            grace=120.0,
        )
        settings = replace(settings, **bounds)
        opened = await open_source(str(source))
        ending = asyncio.get_running_loop().call_later(
            times * self._seconds / self._scale, stop.request, "enough", ExitCode.TERMINATED
        )
        began = time.monotonic()
        folder = Path(f"{source}.checkpoint")
        await import_source(ImportSpec(opened, settings, folder), Caller(stop=stop, observers=[observe]))
        ending.cancel()
        await opened.aclose()
        counted = landed[settled_after:] if len(landed) > 2 * settled_after else landed
        start = landed[settled_after - 1][0] if counted is not landed and settled_after else began
        seconds = (counted[-1][0] - start) * self._scale if counted else self._seconds
        entries = sum(entries for _, entries in counted)
        return Sent(round(entries / seconds, 2), sum(each for _, each in landed), len(landed), moves[-5:])

    async def baseline(self, project: Mapping[str, Any], *, times: float) -> Sent:
        """Let the baseline import for `times * seconds` of the server's time, and ask the server what came of it."""
        source = self._write(project)
        began = time.time()
        command = [sys.executable, "-m", "benchmarks.parts.baseline", str(source), "--server", self._url]
        command += ["--project", project["id"], "--batch-entries", str(_OFFICIAL[0])]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, said = await asyncio.to_thread(process.communicate, None, times * self._seconds / self._scale)
            ended = [f"it ended by itself: {line}" for line in said.splitlines()[-1:]]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            ended = []
        # What it had sent when it was killed goes on in the server, and would be in the way of the next one.
        until = time.time()
        while not all(each["ended"] for each in self._uploads_since(began)):
            await asyncio.sleep(0.1)
        uploads = self._uploads_since(began)
        landed = [each for each in uploads if each["committed"] and each["ended"] < until]
        entries = sum(len(each["media_ids"]) for each in landed)
        seconds = (max((each["ended"] for each in landed), default=until) - began) * self._scale
        return Sent(round(entries / seconds, 2), entries, len(landed), ended)

    def _uploads_since(self, began: float) -> list[dict[str, Any]]:
        return [
            each
            for each in self._ask("/sandbox/requests")
            if each["method"] == "POST" and each["began"] >= began and each["path"].endswith("/prediction")
        ]

    def require_whole(self, project: Mapping[str, Any], sent: Sent, *, were_empty: bool) -> None:
        """See that what was delivered is there, each entry once.

        Raises:
            RuntimeError: it is not.
        """
        if set(self._ask("/sandbox/commits").values()) - {1}:
            raise RuntimeError("something was written twice")
        labels = self._ask(f"/sandbox/projects/{project['id']}/labels")
        held = [sum(value["k"] == "area" for value in values) for values in labels.values()]
        if were_empty and (set(held) - {0, 5} or sum(map(bool, held)) != sent.delivered):
            raise RuntimeError(f"{sent.delivered} were delivered and {sum(map(bool, held))} are there")

    def _ask(self, path: str) -> Any:
        with urlopen(self._url + path, timeout=600) as answer:
            return json.load(answer)

    def _write(self, project: Mapping[str, Any]) -> Path:
        source = self._folder / f"{next(self._number)}.json"
        source.write_text(json.dumps([_entry(media_id) for media_id in project["media_ids"]]))
        return source

    async def fixed(self, project: Mapping[str, Any], entries: int, in_flight: int) -> Sent:
        """Import with a setting that stays."""
        weight = entries * _ENTRY_WEIGHT
        return await self.send(
            project,
            settled_after=0,
            max_batch_entries=entries,
            min_in_flight=in_flight,
            max_in_flight=in_flight,
            min_batch_weight=weight,
            max_batch_weight=weight,
        )


@contextmanager
def _sandbox(scale: float, database: Path, *, costs: bool) -> Iterator[str]:
    command = [sys.executable, "-m", "bulk_importer", "sandbox", "--port", "0", "--json", "--seed", "1"]
    command += ["--database", str(database)]
    command += ["--cost-model", "measured", "--time-scale", str(scale)] if costs else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.communicate()


async def _measure(arguments: argparse.Namespace, folder: Path, *, filled: bool) -> list[dict[str, object]]:
    database = folder / f"{'filled' if filled else 'fresh'}.sqlite"
    media = round(arguments.seconds * 70)
    project: dict[str, Any] | None = None
    if filled:
        with _sandbox(1.0, database, costs=False) as url:
            bench = Bench(url, 1.0, 3600.0, folder)
            project = bench.prepare(media)
            await bench.send(project, settled_after=0, max_in_flight=2, min_batch_weight=100_000)
    rows: list[dict[str, object]] = []
    with _sandbox(arguments.scale, database, costs=True) as url:
        bench = Bench(url, arguments.scale, arguments.seconds, folder)

        def tell(name: str, sent: Sent) -> None:
            kind = "filled" if filled else "fresh"
            row = {"media": kind, "way": name, "rate": sent.rate, "delivered": sent.delivered}
            rows.append({**row, "answers": sent.answers, "moves": list(sent.moves)})
            print(
                f"{kind:6} {name:10} {sent.rate:7.2f}/s  {sent.answers:4} answers  {sent.moves}", flush=True
            )

        target = project or bench.prepare(3 * media)
        ours = await bench.send(target, settled_after=_SETTLED_AFTER, times=3.0)
        bench.require_whole(target, ours, were_empty=not filled)
        tell("ours", ours)
        tell(_BASELINE, await bench.baseline(project or bench.prepare(media), times=3.0))
        grid = itertools.product(_FEWER if arguments.quick else _ENTRIES, _IN_FLIGHT)
        for entries, in_flight in [_OFFICIAL, *grid]:
            sent = await bench.fixed(project or bench.prepare(media), entries, in_flight)
            tell(f"{entries} x {in_flight}", sent)
    return rows


@asynccontextmanager
async def _distant(latency_seconds: float) -> AsyncIterator[str]:
    """A null server that is that far away."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        await asyncio.sleep(latency_seconds)
        return web.json_response({"errorMessages": ""})

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class _Spent:
    """Processor time that calls of some methods take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, owner: type, name: str) -> None:
        """Time every call of a method that does not wait."""
        whole = getattr(owner, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return whole(*arguments, **named)
            finally:
                self.seconds += time.perf_counter() - began

        setattr(owner, name, timed)


async def _measure_distant(folder: Path) -> list[dict[str, object]]:
    spent = _Spent()
    for owner, name in (
        (Gate, "landed"),
        (Gate, "allows"),
        (BreakerProbe, "saw"),
        (BreakerProbe, "allows"),
        (RetryBudget, "earn"),
        (Pacing, "wait_seconds"),
        (Pacing, "charge"),
    ):
        spent.watch(owner, name)
    project = {"id": "00000000-0000-4000-8000-000000000001", "media_ids": [f"m{at}" for at in range(60_000)]}
    rows: list[dict[str, object]] = []
    for latency in (0.02, 0.2):
        async with _distant(latency) as url:
            bench = Bench(url, 1.0, 6.0, folder)
            official = await bench.fixed(project, *_OFFICIAL)
            spent.seconds, began = 0.0, time.process_time()
            ours = await bench.send(project, settled_after=_SETTLED_AFTER, times=2.0, max_in_flight=64)
            share = spent.seconds / (time.process_time() - began)
        row = {"latency": latency, "ours": ours.rate, "official": official.rate, "answers": ours.answers}
        rows.append({**row, "times": round(ours.rate / official.rate, 1), "machinery": round(share, 4)})
        print(rows[-1], ours.moves, flush=True)
    return rows


def _compared(rows: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Ours against the others, for each kind of media."""
    compared: dict[str, object] = {}
    for kind in ("fresh", "filled"):
        rates = {row["way"]: row["rate"] for row in rows if row["media"] == kind}
        ours, baseline = rates.pop("ours"), rates.pop(_BASELINE)
        official = rates[f"{_OFFICIAL[0]} x {_OFFICIAL[1]}"]
        best = max(rates, key=lambda way: rates[way])
        compared[kind] = {
            "ours": ours,
            "best fixed": f"{best}: {rates[best]}",
            "of the best fixed": round(ours / rates[best], 2),
            "times the official pattern": round(ours / official, 1) if official else None,
            "times the baseline": round(ours / baseline, 1) if baseline else None,
        }
    return compared


def main() -> None:
    """Measure, print, and write `results/transfer.json`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=90.0, help="of the server's time, for each way of sending"
    )
    parser.add_argument("--scale", type=float, default=3.0, help="seconds of the server in a real one")
    parser.add_argument("--quick", action="store_true", help="try fewer fixed settings")
    parser.add_argument("--distant", action="store_true", help="measure the null servers only")
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        distant = asyncio.run(_measure_distant(Path(folder)))
        for filled in () if arguments.distant else (False, True):
            rows += asyncio.run(_measure(arguments, Path(folder), filled=filled))
    if arguments.distant:
        return
    compared = _compared(rows)
    print(json.dumps(compared, indent=1))
    told = {"seconds": arguments.seconds, "scale": arguments.scale, "compared": compared, "distant": distant}
    write_results("transfer", rows, told)


if __name__ == "__main__":
    main()
