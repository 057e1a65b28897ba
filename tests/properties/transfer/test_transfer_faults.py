"""Whatever goes wrong on the way, what is on record is what the server holds, in order, each once."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint import CheckpointState, read_state
from bulk_importer.errors import ExitCode
from bulk_importer.events import BatchSealed, Event
from bulk_importer.model import ErrorBudget, KeepData
from bulk_importer.sandbox import Fault, FaultScript, Sandbox, SandboxConfig
from bulk_importer.settings import Settings
from bulk_importer.steering import Limits
from bulk_importer.summary import RunState, Summary
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.stop import StopSwitch
from support.entries import entry
from support.importing import import_file
from support.profiles import examples

MEDIA = 6
CLASSES: list[dict[str, Any]] = [
    {"entryKey": "poi", "entryValue": "Place", "type": "POINT", "required": False, "children": []},
    {"entryKey": "note", "entryValue": "Note", "type": "FREETEXT", "required": False, "maxLength": 255},
]
TOO_LONG = "x" * 300
PAUSE = -1
"""Instead of how many may be in flight."""


@dataclass(frozen=True)
class PlannedEntry:
    """One entry: which media, what about its labels, and whether the server will refuse it."""

    media: int
    keep: KeepData
    poison: str = ""


@dataclass(frozen=True)
class Story:
    """What is imported, what goes wrong, when somebody stops the run, and what is asked of it after which event."""

    entries: Sequence[PlannedEntry]
    faults: Sequence[Fault]
    max_entries: int
    in_flight: int
    stops: Sequence[tuple[int, bool]]
    asks: Sequence[tuple[int, int]] = ()


def entry_of(planned: PlannedEntry, media_id: str, position: int) -> Mapping[str, Any]:
    """An entry whose one point tells its position."""
    keep = None if planned.keep is KeepData.MISSING else planned.keep is KeepData.TRUE
    note = TOO_LONG if planned.poison == "always ex_system" else f"n{position}"
    made = entry(media_id, position, keep, global_classifications={"note": [note]})
    if planned.poison == "unknown class":
        made["labels"]["nothing"] = []
    return made


planned_entries = st.builds(
    PlannedEntry,
    media=st.integers(0, MEDIA - 1),
    keep=st.sampled_from(KeepData),
    poison=st.sampled_from([""] * 9 + ["unknown class"] * 2 + ["always ex_system"]),
)
faults = st.one_of(
    st.sampled_from(
        [
            Fault(503),
            Fault(503, retry_after=0),
            Fault(429, retry_after=0),
            Fault(429),
            Fault(413),
            Fault(404),
            Fault(302, headers={"Location": "/maintenance"}),
            Fault(502),
            Fault(504, commits=True),
            Fault(500),
            Fault(500, body='{"key":"ex_system","params":[],"msg":"","code":500,"details":[]}'),
            Fault(200, body="<html>maintenance</html>"),
            Fault(200, body=""),
            Fault("ok"),
            Fault("ok", times=4),
            Fault("delay", seconds=0.01),
            Fault("reset before body"),
            Fault("reset before commit"),
            Fault("reset after commit"),
            Fault("half an answer"),
            Fault("no answer"),
            Fault("no answer", commits=False),
            Fault("late commit", seconds=0.02),
            Fault("late commit", seconds=0.02, answer=504),
            Fault("close"),
            Fault("refuse connections", seconds=0.03),
        ]
    ),
    st.builds(Fault, st.just(503), times=st.integers(2, 6)),
    st.builds(Fault, st.just(413), above_bytes=st.integers(150, 2000), times=st.just(3)),
)
stories = st.builds(
    Story,
    entries=st.lists(planned_entries, min_size=1, max_size=24),
    faults=st.lists(faults, max_size=8),
    max_entries=st.integers(1, 8),
    in_flight=st.integers(1, 4),
    stops=st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=2),
    asks=st.one_of(
        st.just(()), st.lists(st.tuples(st.integers(1, 30), st.integers(PAUSE, 4)), min_size=1, max_size=4)
    ),
)


async def tell(story: Story, folder: Path) -> None:
    """Import until nothing more can be done, through every fault and stop, and compare both sides then."""
    async with Sandbox(SandboxConfig(seed=1, faults=FaultScript(story.faults))) as sandbox:
        project = await sandbox.prepare(name="p", media=MEDIA, label_config=CLASSES)
        source = folder / "labels.json"
        source.write_text(
            json.dumps(
                [
                    entry_of(planned, project.media_ids[planned.media], at)
                    for at, planned in enumerate(story.entries)
                ]
            )
        )
        wanted = Settings(
            server=sandbox.url,
            project=project.id,
            label_config="none",
            check_media=False,
            max_errors=ErrorBudget(),
            workers=0,
            max_in_flight=story.in_flight,
            min_in_flight=story.in_flight,
            max_batch_entries=story.max_entries,
            min_batch_weight=1000,
            request_timeout=0.25,
            read_timeout=0.25,
            retry_wait=0.004,
            probe_wait=0.004,
            max_probe_wait=0.24,
            max_outage=30,
            grace=0.1,
            server_request_limit=0.5,
        )
        for after, aborts in story.stops:
            await run_once(wanted, source, Asking(sandbox, story), stop_after=after, aborts=aborts)
        summary, before = await run_once(wanted, source, Asking(sandbox, story)), None
        while summary.delivered != before:  # what waited behind a doubt goes when that is resolved
            before = summary.delivered
            summary = await run_once(wanted, source)
            assert summary.state is RunState.COMPLETE, summary.message
        # A commit that comes late is there when the server that was asked has ended its work.
        await asyncio.sleep(0.03 if any(fault.what == "late commit" for fault in story.faults) else 0)
        held = await sandbox.labels(project.id)
        _, state = read_state(Path(f"{source}.checkpoint"))
        compare(story, state, [held[media_id] for media_id in project.media_ids])


async def run_once(
    wanted: Settings,
    source: Path,
    asking: Asking | None = None,
    *,
    stop_after: int | None = None,
    aborts: bool = False,
) -> Summary:
    """One run, which is stopped when so many batches were sealed."""
    stop = StopSwitch() if asking is None else asking.stop
    sealed = 0

    def observe(event: Event) -> None:
        nonlocal sealed
        if asking is not None:
            asking.see()
        sealed += isinstance(event, BatchSealed)
        if sealed == stop_after:
            stop.request("enough", ExitCode.TERMINATED)
            if aborts:
                stop.abort()

    summary = await import_file(source, wanted, stop=stop, observe=observe, steering=asking)
    assert asking is None or not asking.wrongs
    return summary


class Asking(Steering):
    """Asks a run for what the story says, and sees that it obeys: by what leaves it, and by what the sandbox gets.

    Attributes:
        wrongs: what it did not obey.
    """

    def __init__(self, sandbox: Sandbox, story: Story) -> None:
        self.wrongs: list[str] = []
        self._flying = 0
        super().__init__(StopSwitch(), Limits(max_in_flight=story.in_flight))
        self._sandbox = sandbox
        self._most = story.in_flight
        self._asks = dict(story.asks)
        self._events = 0
        # What holds as this test understands it.
        self._holds = False
        self._limit = story.in_flight

    @property
    def in_flight(self) -> int:
        """How many uploads are in flight."""
        return self._flying

    @in_flight.setter
    def in_flight(self, number: int) -> None:
        if number > self._flying and (number > self._limit or self._is_held()):
            self.wrongs.append(f"{number} in flight of {self._limit}, paused: {self._holds}")
        self._flying = number

    def see(self) -> None:
        """Ask for what is to be asked for after this event."""
        self._events += 1
        ask = self._asks.get(self._events)
        if ask == PAUSE and self.pause():
            self._holds = True
            # What left before comes within a moment; then nothing does.
            asyncio.get_running_loop().call_later(0.05, self._look)
        elif ask is not None and ask != PAUSE:
            rate = 300.0 if ask == 0 else None
            self._limit = min(ask, self._most) or self._most
            self.keep_to(Limits(max_in_flight=self._limit, requests_per_second=rate))

    def _look(self) -> None:
        asyncio.get_running_loop().call_later(0.03, self._end, self._came())

    def _end(self, before: int) -> None:
        if self._is_held() and self._came() != before:
            self.wrongs.append(f"{self._came() - before} came during a pause")
        self._holds = False
        self.resume()

    def _is_held(self) -> bool:
        return self._holds and not self.stop.is_requested

    def _came(self) -> int:
        return sum(seen.method == "POST" for seen in self._sandbox.requests)


def compare(story: Story, state: CheckpointState, held: Sequence[Sequence[Mapping[str, Any]]]) -> None:
    """Each media holds what its delivered entries make of it in order; those in doubt may be in it or not."""
    assert state.position == len(story.entries)
    strict = {413, 500}.isdisjoint(fault.what for fault in story.faults)
    lost: set[int] = set()
    possible: list[set[Labels]] = [{Labels()} for _ in range(MEDIA)]
    for position, planned in enumerate(story.entries):
        labels = possible[planned.media]
        if position in state.delivered:
            assert not planned.poison
            assert planned.media not in lost, "an entry went although one before it is in doubt"
            possible[planned.media] = {each.with_entry(planned.keep, position) for each in labels}
        elif position in state.rejected:
            assert planned.poison or not strict
        elif position in state.taken:
            lost.add(planned.media)
            if not planned.poison:
                labels |= {each.with_entry(planned.keep, position) for each in labels}
        else:
            assert planned.media in lost, "it is owed, and nothing is in its way"
    for labels, values in zip(possible, held, strict=True):
        assert Labels.read(values) in labels


@dataclass(frozen=True)
class Labels:
    """What a media holds: the positions of its points, and that in its note."""

    points: tuple[int, ...] = ()
    note: int | None = None

    @classmethod
    def read(cls, values: Sequence[Mapping[str, Any]]) -> Labels:
        """From the sandbox's form."""
        points = sorted(int(value["g"][0]) for value in values if value["k"] == "poi")
        notes = [value["v"] for value in values if value["k"] == "note" and value["v"]]
        return cls(tuple(points), int(notes[0].removeprefix("n")) if notes else None)

    def with_entry(self, keep: KeepData, position: int) -> Labels:
        """After one more entry: its point is added, or replaces all; its note replaces the one before."""
        points = () if keep is KeepData.FALSE else self.points
        return Labels((*points, position), position)


FAILURES_TO_REMEMBER = [
    Story([PlannedEntry(0, KeepData.TRUE)] * 3, [Fault(413), Fault(413)], 3, 2, []),
]


@pytest.mark.parametrize("story", FAILURES_TO_REMEMBER)
async def test_stories_that_once_ended_badly(story: Story, tmp_path: Path) -> None:
    """Kept, so that they do not come back."""
    await tell(story, tmp_path)


@pytest.mark.slow
@settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_the_record_is_what_the_server_holds(story: Story) -> None:
    """Delivered is what the sandbox holds, rejected what it refuses, and the order of each media is kept."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(story, Path(folder)))


@pytest.mark.campaign
@pytest.mark.timeout(7200)
@settings(max_examples=examples(3000), suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_the_record_is_what_the_server_holds_thousands_of_times(story: Story) -> None:
    """The same, for as long as it takes."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(tell(story, Path(folder)))
