"""A run is paused, limited and stopped from another process, through the folder of its checkpoint."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import CheckpointLocked, ExitCode, Interrupted
from bulk_importer.pipeline import opening
from bulk_importer.readback.doubts import Doubts
from bulk_importer.sandbox import Fault, FaultScript
from bulk_importer.steering.server import SOCKET
from bulk_importer.transfer.stop import StopSwitch
from support.watching.stage import MEDIA, Stage

Run = Callable[..., Any]
Begin = Callable[[FaultScript | None], Coroutine[Any, Any, Stage]]


@pytest.fixture
def begin(start_sandbox: Callable[..., Any], tmp_path: Path) -> Begin:
    """Set a stage whose server does what a script says."""

    async def stage(faults: FaultScript | None = None) -> Stage:
        return Stage(await start_sandbox(seed=1, faults=faults), tmp_path)

    return stage


@pytest.fixture
async def stage(begin: Begin) -> Stage:
    """A stage on which nothing goes wrong."""
    return await begin(None)


def logged(folder: Path, *names: str) -> list[dict[str, Any]]:
    """The events of these names in the log of a checkpoint."""
    if not (folder / "run.log").exists():
        return []
    events = [json.loads(line) for line in (folder / "run.log").read_text().splitlines()]
    return [each for each in events if each["event"] in names]


async def test_a_run_is_paused_and_resumed(stage: Stage, run: Run) -> None:
    """Nothing comes meanwhile; who did it stands in its log, and `status` says it; then all is delivered once."""
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source]))
    await stage.until(lambda: stage.uploads > 5)
    done = await run("control", folder, "pause")
    assert (done.code, done.out.splitlines()[0]) == (
        0,
        "Paused. Nothing new is sent until it is resumed; what is in flight lands.",
    )
    came = stage.uploads
    await asyncio.sleep(0.15)
    assert stage.uploads == came
    again = await run("control", folder, "pause")
    assert "It is paused already, by " in again.out
    standing = json.loads((await run("control", folder, "status", "--json")).out)
    assert (standing["state"], standing["in_flight"], standing["total"]) == ("paused", 0, MEDIA)
    assert standing["delivered"] == standing["settled"] == came
    assert "paused, since" in (await run("status", folder)).out
    assert (await run("control", folder, "resume")).out.startswith("Resumed, after ")
    [summary] = await importing
    assert (summary.delivered, summary.exit_code, stage.uploads) == (MEDIA, ExitCode.DELIVERED, MEDIA)
    assert [each["event"] for each in logged(folder, "RunPaused", "RunResumed")] == [
        "RunPaused",
        "RunResumed",
    ]
    assert not (folder / SOCKET).exists()


SILENT = Fault("delay", seconds=60.0, route="/api/task/*")
LISTING = "what it needs is looked up, and nothing is sent yet"


async def test_a_run_is_heard_while_it_lists_media(begin: Begin, run: Run) -> None:
    """It says that nothing is sent yet; a pause and limits hold when it sends."""
    stage = await begin(FaultScript([SILENT]))
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source], request_timeout=1.0, retry_wait=0.01))
    await stage.until((folder / SOCKET).is_socket)
    standing = json.loads((await run("control", folder, "status", "--json")).out)
    assert (standing["state"], standing["waits_for"], standing["in_flight"]) == ("running", LISTING, 0)
    assert (await run("control", folder, "limit", "--max-in-flight", 1)).code == 0
    assert (await run("control", folder, "pause")).out.startswith("Paused.")
    await stage.until(lambda: bool(logged(folder, "RunStarted")))
    standing = json.loads((await run("control", folder, "status", "--json")).out)
    assert (standing["state"], standing["limits"]["max_in_flight"], stage.uploads) == ("paused", 1, 0)
    await run("control", folder, "stop")
    assert [each.exit_code for each in await importing] == [ExitCode.UNFINISHED]


async def test_a_stop_while_media_are_listed_ends_the_run(begin: Begin, run: Run) -> None:
    """Nothing was sent; the run that resumes is heard before the server has said anything."""
    stage, deaf = await begin(FaultScript([SILENT])), await begin(FaultScript([replace(SILENT, route="any")]))
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source]))
    await stage.until((folder / SOCKET).is_socket)
    assert (await run("control", folder, "stop")).code == 0
    [summary] = await importing
    assert (summary.exit_code, stage.uploads) == (ExitCode.UNFINISHED, 0)
    assert not (folder / SOCKET).exists()
    importing = asyncio.create_task(deaf.imported([source]))
    await stage.until((folder / SOCKET).is_socket)
    assert (await run("control", folder, "stop")).code == 0
    with pytest.raises(Interrupted):
        await importing
    assert not (folder / SOCKET).exists()


async def test_a_second_run_over_the_checkpoint_takes_nothing_from_the_first(stage: Stage, run: Run) -> None:
    """It ends because the first one holds the lock; that one is heard as before."""
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source]))
    await stage.until(lambda: stage.uploads > 2)
    await run("control", folder, "pause")
    with pytest.raises(CheckpointLocked):
        await stage.imported([source])
    assert "paused by" in (await run("control", folder, "status")).out
    await run("control", folder, "stop")
    assert [each.exit_code for each in await importing] == [ExitCode.UNFINISHED]


async def test_limits_go_down_and_back_and_never_beyond(stage: Stage, run: Run) -> None:
    """What is asked is read as the settings are; `status` says who limited it to what."""
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source]))
    await stage.until(lambda: stage.uploads > 2)
    limited = await run("control", folder, "limit", "--max-in-flight", 2, "--max-entries-per-second", "5/s")
    assert limited.code == 2
    assert "--max-entries-per-second" in limited.err
    for flag, value, said in (
        ("--max-in-flight", "5", "above the 4 that the run was started with"),
        ("--max-requests-per-second", "41", "above the 40"),
        ("--max-in-flight", "0", "below 1"),
    ):
        refused = await run("control", folder, "limit", flag, value)
        assert (refused.code, said in refused.err) == (2, True), refused
    limited = await run("control", folder, "limit", "--max-in-flight", 2, "--max-entries-per-second", 5)
    assert "2 in flight, 40 requests/s, 5 entries/s; started with 4 in flight, 40 requests/s" in limited.out
    assert ": 2 in flight, 40 requests/s, 5 entries/s" in (await run("status", folder)).out
    assert json.loads((await run("status", folder, "--json")).out)["limited"]["limits"]["max_in_flight"] == 2
    came, began = stage.uploads, time.monotonic()
    await asyncio.sleep(0.3)
    assert stage.uploads - came <= 2 + 5 * (time.monotonic() - began)
    assert "These are its limits now." in (await run("control", folder, "limit", "--none")).out
    assert "limited by" not in (await run("status", folder)).out
    [summary] = await importing
    assert summary.delivered == MEDIA
    assert [each["is_as_started"] for each in logged(folder, "LimitsChanged")] == [False, True]


async def test_a_stop_ends_a_paused_run_and_the_same_command_resumes(stage: Stage, run: Run) -> None:
    """With an exit code that says that something is left; a pause does not outlive the command."""
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source]))
    await stage.until(lambda: stage.uploads > 2)
    await run("control", folder, "pause")
    stopped = await run("control", folder, "stop")
    assert stopped.out.startswith("It ends when what is in flight has landed")
    [summary] = await importing
    assert (summary.exit_code, summary.state, summary.in_doubt) == (ExitCode.UNFINISHED, "stopped", 0)
    assert "topped by" in summary.message
    late = await run("control", folder, "resume")
    assert (late.code, "no run is under way there" in late.err) == (ExitCode.CHECKPOINT, True)
    stage.stop = StopSwitch()
    [summary] = await stage.imported([source], max_requests_per_second=None)
    assert (summary.delivered, stage.uploads) == (MEDIA, MEDIA)


async def test_a_second_stop_gives_up_what_is_in_flight(begin: Begin, run: Run) -> None:
    """As a second Ctrl-C does; it is unconfirmed then. In between the run says that it stops."""
    stage = await begin(FaultScript([Fault("delay", seconds=60.0, times=100)]))
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    importing = asyncio.create_task(stage.imported([source]))
    await stage.until(lambda: stage.uploads > 0)
    assert (await run("control", folder, "stop")).code == 0
    for ask in ("pause", "resume"):
        refused = await run("control", folder, ask)
        assert (refused.code, "It is about to end: stopped by" in refused.err) == (ExitCode.USAGE, True)
    standing = json.loads((await run("control", folder, "status", "--json")).out)
    assert (standing["state"], standing["in_flight"]) == ("stopping", 1)
    assert (await run("control", folder, "stop")).out.startswith("What is in flight is given up")
    [summary] = await importing
    assert (summary.exit_code, summary.in_doubt) == (ExitCode.IN_DOUBT, 1)


async def test_a_pause_lasts_into_the_next_source_of_the_command(stage: Stage, run: Run) -> None:
    """Whose log says so, too; and both hear commands, one after the other."""
    first, second = await stage.prepared("a.json", "b.json")
    importing = asyncio.create_task(stage.imported([first, second]))
    await stage.until(lambda: stage.uploads > MEDIA - 4)
    await run("control", stage.folder, "limit", "--max-requests-per-second", 20)
    folder = Path(f"{second}.checkpoint")
    await stage.until((folder / SOCKET).is_socket)
    assert not (Path(f"{first}.checkpoint") / SOCKET).exists()
    await stage.until(lambda: len(logged(folder, "LimitsChanged")) == 1)
    assert (await run("control", stage.folder, "stop")).code == 0
    assert [each.exit_code for each in await importing] == [ExitCode.DELIVERED, ExitCode.UNFINISHED]


async def test_a_pause_during_an_outage_is_nothing_to_give_up_for(
    begin: Begin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a patience that is much shorter than the pause."""
    stage = await begin(FaultScript(["ok", "ok", Fault(503, times=8)]))
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    quick = {"retry_wait": 0.01, "probe_wait": 0.02, "max_probe_wait": 0.05, "max_outage": 600.0}
    async with stage.watched(**quick) as (watch, settings):
        importing = asyncio.create_task(stage.run(source, watch, settings))
        await stage.until(lambda: bool(logged(folder, "OutageBegan")))
        await run("control", folder, "pause")
        came = len(stage.sandbox.requests)
        monkeypatch.setattr(watch.steering, "_clock", lambda: time.monotonic() + 3600.0)
        await asyncio.sleep(0.3)
        assert len(stage.sandbox.requests) <= came + 1
        await run("control", folder, "resume")
        summary = await importing
    assert summary.delivered == MEDIA


async def test_a_pause_while_lost_answers_are_awaited_holds_for_the_next_pass(
    begin: Begin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What turns out to be owed does not leave, although a pass begins that knows nothing of the pause."""
    limit, later, is_over = 3600.0, [0.0], asyncio.Event()

    async def sleep(_: float) -> None:
        await is_over.wait()
        later[0] = limit

    stage = await begin(FaultScript(["ok", "reset before commit"]))
    monkeypatch.setattr(opening, "Doubts", partial(Doubts, clock=lambda: time.time() + later[0]))
    monkeypatch.setattr(stage.stop, "sleep", sleep)
    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    apart = {"server_request_limit": limit, "doubt_wait": 2 * limit}
    importing = asyncio.create_task(
        stage.imported([source], max_requests_per_second=None, max_batch_entries=20, **apart)
    )
    await stage.until(lambda: bool(logged(folder, "DoubtsAwaited")))
    await run("control", folder, "pause")
    came = len(stage.sandbox.requests)
    is_over.set()
    await asyncio.sleep(0.3)
    assert len(stage.sandbox.requests) == came
    assert not importing.done()
    await run("control", folder, "resume")
    [summary] = await importing
    assert (summary.delivered, summary.in_doubt) == (MEDIA, 0)
    assert set(stage.sandbox.commits.values()) == {1}


async def test_a_folder_that_can_hold_no_socket_does_no_harm(
    stage: Stage, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, and whoever asks is told where to look."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    [source] = await stage.prepared("l.json")
    folder = Path(f"{source}.checkpoint")
    with monkeypatch.context() as patch:
        patch.setattr("bulk_importer.steering.server.reaching", refuse)
        importing = asyncio.create_task(stage.imported([source]))
        await stage.until(lambda: stage.uploads > 0)
    assert (
        "'bulk-importer control' does not reach this run: Operation not permitted." in capsys.readouterr().err
    )
    asked = await run("control", folder, "pause")
    assert (asked.code, "hears no commands" in asked.err) == (ExitCode.CHECKPOINT, True)
    [summary] = await importing
    assert summary.delivered == MEDIA


async def test_where_no_run_is_there_are_words_for_it(tmp_path: Path, run: Run) -> None:
    """Never was, was killed, or is another thing altogether; with what to do."""
    missing = await run("control", tmp_path / "nowhere", "pause")
    assert (missing.code, "does not exist" in missing.err) == (ExitCode.CHECKPOINT, True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(os.fspath(tmp_path / SOCKET))
    killed = await run("control", tmp_path, "stop")
    assert (killed.code, "no run is under way there" in killed.err) == (ExitCode.CHECKPOINT, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("limit",), "either --none, or one or more of --max-in-flight"),
        (("limit", "--none", "--max-in-flight", "1"), "either --none"),
        (("pause", "--max-in-flight", "1"), "pause takes no limits: leave out --max-in-flight"),
        (("hurry",), "invalid choice: 'hurry'"),
    ],
)
async def test_what_cannot_be_meant_is_refused(words: tuple[str, ...], said: str, run: Run) -> None:
    """Before anybody is asked."""
    done = await run("control", "c", *words)
    assert (done.code, said in done.err) == (ExitCode.USAGE, True), done
