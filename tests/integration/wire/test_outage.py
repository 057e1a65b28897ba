"""Servers that go away in the middle of a run, and what a run remembers about those that stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.checkpoint import read_state
from bulk_importer.errors import ExitCode, ServerUnavailable, UsageError
from bulk_importer.events import (
    AnswerMissed,
    BatchDelivered,
    BatchSealed,
    Event,
    OutageBegan,
    OutageEnded,
    WindowClosed,
)
from bulk_importer.sandbox import Fault, FaultScript, Sandbox, SandboxConfig
from bulk_importer.settings import Settings
from bulk_importer.summary import RunState
from bulk_importer.transfer.stop import StopSwitch
from support.around.stepped_clock import SteppedClock
from support.entries import entry
from support.importing import import_file

QUICK: dict[str, Any] = {
    "label_config": "none",
    "check_media": False,
    "workers": 0,
    "retry_wait": 0.01,
    "probe_wait": 0.02,
    "max_probe_wait": 1.2,
}


def write_labels(path: Path, media_ids: Sequence[str]) -> Path:
    """One entry with one point for each media."""
    path.write_text(json.dumps([entry(media_id, keep=True) for media_id in media_ids]))
    return path


async def test_a_server_that_is_killed_and_started_again_is_waited_for(
    sandbox_process: Callable[..., Any], tmp_path: Path
) -> None:
    """The run pauses, probes and ends by itself; only what was on its way when the server died may be in doubt."""
    arguments = ("--seed", "1", "--database", str(tmp_path / "db.sqlite"))
    server = sandbox_process(*arguments)
    project = server.prepare(name="p", media=300)
    source = write_labels(tmp_path / "labels.json", project["media_ids"])
    began = asyncio.Event()
    events: list[Event] = []

    def observe(event: Event) -> None:
        events.append(event)
        if isinstance(event, BatchDelivered) and server.process.poll() is None:
            server.kill()
        if isinstance(event, OutageBegan):
            began.set()

    settings = Settings(
        server=server.url, project=project["id"], max_batch_entries=10, max_outage=60, **QUICK
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(import_file(source, settings, observe=observe))
        await began.wait()
        port = server.url.rpartition(":")[2]
        again = await asyncio.to_thread(sandbox_process, *arguments, "--port", port)
    summary = running.result()
    assert summary.state is RunState.COMPLETE
    assert summary.delivered + summary.in_doubt == 300
    assert summary.exit_code == (ExitCode.IN_DOUBT if summary.in_doubt else ExitCode.DELIVERED)
    assert any(isinstance(event, OutageEnded) for event in events)
    held = [sum(value["k"] == "poi" for value in values) for values in again.labels(project["id"]).values()]
    assert max(held) == 1
    assert summary.delivered <= sum(held) <= summary.delivered + summary.in_doubt


async def test_a_server_that_stays_away_ends_the_run_with_everything_owed(tmp_path: Path) -> None:
    """Exit 6; what came back is on record as owed, not as sent, and the same command goes on."""
    faults = FaultScript([Fault("ok"), Fault(503, times=100_000)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=20)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url, project=project.id, max_batch_entries=2, max_outage=0.3, **QUICK
        )
        summary = await import_file(source, settings)
    assert summary.exit_code == ExitCode.SERVER
    assert "503" in summary.message
    assert (summary.delivered, summary.owed, summary.in_doubt) == (2, 18, 0)
    _, state = read_state(Path(f"{source}.checkpoint"))
    assert not state.undecided


async def test_the_signs_of_an_outage_are_as_many_as_a_person_says(tmp_path: Path) -> None:
    """One refusal by a gateway is enough to pause where that is set, and not by default."""
    for signs, outages in ((1, 1), (3, 0)):
        faults = FaultScript([Fault("ok"), Fault(503)])
        async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
            project = await sandbox.prepare(name="p", media=6)
            source = write_labels(tmp_path / f"{signs}.json", project.media_ids)
            settings = Settings(
                server=sandbox.url,
                project=project.id,
                max_batch_entries=1,
                max_in_flight=1,
                outage_signs=signs,
                **QUICK,
            )
            events: list[Event] = []
            summary = await import_file(source, settings, observe=events.append)
        assert summary.delivered == 6
        assert sum(isinstance(event, OutageBegan) for event in events) == outages


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"retry_wait": 2.0, "max_retry_wait": 1.0}, "--max-retry-wait"),
        ({"probe_wait": 2.0, "max_probe_wait": 1.0}, "--max-probe-wait"),
        ({"min_in_flight": 4, "max_in_flight": 2}, "--min-in-flight"),
        ({"window": "22-6"}, "--window"),
    ],
)
async def test_settings_that_cannot_be_meant_together_are_refused_before_anything_is_begun(
    tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    """No server is asked, and there is no checkpoint."""
    source = write_labels(tmp_path / "labels.json", ["m"])
    settings = Settings(server="http://localhost:1", project="p", **{**QUICK, **wrong})
    with pytest.raises(UsageError, match=said):
        await import_file(source, settings)
    assert not Path(f"{source}.checkpoint").exists()


async def test_a_server_without_its_database_is_away_and_nobody_is_condemned(tmp_path: Path) -> None:
    """It answers `ex_system` to everything: after a while the run says so, and every entry is still owed."""
    broken = '{"key":"ex_system","params":[],"msg":"","code":500,"details":[]}'
    # The projects and the label configuration are read, three entries come in, and from then on nothing is well.
    well = [Fault("ok", route="read", times=2), Fault("ok", times=3)]
    faults = FaultScript([*well, Fault(500, route="any", body=broken, times=100_000)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=12)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        quick = {**QUICK, "label_config": "server"}
        settings = Settings(
            server=sandbox.url, project=project.id, max_batch_entries=1, max_outage=0.3, **quick
        )
        summary = await import_file(source, settings)
    assert summary.exit_code == ExitCode.SERVER
    assert (summary.delivered, summary.rejected, summary.owed) == (3, 0, 9)


async def test_a_server_that_has_lost_its_database_before_a_run_does_not_refuse_a_token(
    tmp_path: Path,
) -> None:
    """Both lists of projects end in `ex_system`: it is the server that needs care, and the exit code says so."""
    broken = '{"key":"ex_system","params":[],"msg":"","code":500,"details":[]}'
    faults = FaultScript([Fault(500, route="any", body=broken, times=100_000)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=1)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(server=sandbox.url, project=project.id, **{**QUICK, "label_config": "server"})
        with pytest.raises(ServerUnavailable, match="answers 500 to the list of projects"):
            await import_file(source, settings)


async def test_while_connections_are_refused_a_look_up_waits_too(
    clocks: list[SteppedClock], tmp_path: Path
) -> None:
    """A run that is started a moment before its server is not lost."""
    faults = FaultScript([Fault("refuse connections", window=(0.0, 0.4), route="any")])

    def observe(event: Event) -> None:
        if isinstance(event, AnswerMissed):
            clocks[0].pass_on(0.4)

    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=3)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(server=sandbox.url, project="p", workers=0, wait_for_server=60)
        summary = await import_file(source, settings, observe=observe)
    assert summary.delivered == 3


async def test_a_413_is_remembered_by_the_next_run(tmp_path: Path) -> None:
    """It begins with requests that fit, and with the setting that the gate had found."""
    faults = FaultScript([Fault(413, above_bytes=2000)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=60)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(server=sandbox.url, project=project.id, min_batch_weight=10_000, **QUICK)
        first = await import_file(source, replace(settings, limit=30))
        refused = [seen for seen in sandbox.requests if seen.status == 413]
        sealed: list[int] = []

        def observe(event: Event) -> None:
            if isinstance(event, BatchSealed):
                sealed.append(event.bytes)

        second = await import_file(source, settings, observe=observe)
    assert (first.delivered, second.delivered) == (30, 60)
    assert refused
    assert max(sealed) <= 2000
    _, state = read_state(Path(f"{source}.checkpoint"))
    assert isinstance(state.notes["gate"], dict)


async def test_a_connection_that_is_closed_after_its_last_answer_costs_nothing(tmp_path: Path) -> None:
    """The server says so in that answer; no request is lost, sent again, or left in doubt."""
    async with Sandbox(SandboxConfig(seed=1, requests_per_connection=5)) as sandbox:
        project = await sandbox.prepare(name="p", media=60)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url, project=project.id, max_batch_entries=1, min_in_flight=3, **QUICK
        )
        summary = await import_file(source, settings)
    assert (summary.delivered, summary.requests, summary.retries, summary.in_doubt) == (60, 60, 0, 0)


async def test_rates_hold_over_the_run(tmp_path: Path) -> None:
    """Ten entries at forty a second take a quarter of a second less one departure, however fast the server is."""
    async with Sandbox(SandboxConfig(seed=1)) as sandbox:
        project = await sandbox.prepare(name="p", media=10)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url, project=project.id, max_batch_entries=1, max_entries_per_second=40, **QUICK
        )
        summary = await import_file(source, settings)
        came = [seen.began for seen in sandbox.requests if seen.method == "POST"]
    assert summary.delivered == 10
    assert came[-1] - came[0] >= 0.2


async def test_a_polite_run_comes_to_its_end(tmp_path: Path) -> None:
    """It reads before it sends, and never has more than two on their way."""
    async with Sandbox(SandboxConfig(seed=1)) as sandbox:
        project = await sandbox.prepare(name="p", media=40)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        sealed: list[int] = []

        def observe(event: Event) -> None:
            if isinstance(event, BatchSealed):
                sealed.append(event.in_flight)

        settings = Settings(
            server=sandbox.url, project=project.id, polite=True, max_batch_entries=2, min_in_flight=2, **QUICK
        )
        summary = await import_file(source, settings, observe=observe)
        methods = [seen.method for seen in sandbox.requests]
    assert summary.delivered == 40
    assert methods[:5] == ["GET"] * 5
    assert max(sealed) <= 2


async def test_outside_its_hours_a_run_sends_nothing_until_it_is_stopped(tmp_path: Path) -> None:
    """It says that it waits for them, and a stop ends the wait with nothing on record as sent."""
    now = datetime.now(UTC)
    window = f"{now + timedelta(hours=2):%H:%M}-{now + timedelta(hours=3):%H:%M} UTC"
    async with Sandbox(SandboxConfig(seed=1)) as sandbox:
        project = await sandbox.prepare(name="p", media=3)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        stop = StopSwitch()
        said: list[str] = []

        def observe(event: Event) -> None:
            if isinstance(event, WindowClosed):
                said.append(event.hours)
                stop.request("enough", ExitCode.TERMINATED)

        settings = Settings(server=sandbox.url, project=project.id, window=window, **QUICK)
        summary = await import_file(source, settings, stop=stop, observe=observe)
        assert not sandbox.requests
    assert summary.exit_code == ExitCode.TERMINATED
    assert summary.owed == 3
    assert said == [window]
