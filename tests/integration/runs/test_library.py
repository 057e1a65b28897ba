"""A program imports as the command line does: the same settings, the same checkpoint, the same summary."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bulk_importer import (
    Finding,
    RunState,
    Settings,
    check_labels,
    check_labels_sync,
    import_labels,
    import_labels_sync,
    rejections,
    retry,
    retry_sync,
    status,
)
from bulk_importer.cli.main import main
from bulk_importer.errors import (
    CheckpointMismatch,
    CheckpointUnusable,
    ExitCode,
    ServerUnavailable,
    SourceUnreadable,
    UsageError,
)
from bulk_importer.events import (
    Advanced,
    AnswerCame,
    AnswerMissed,
    BatchDelivered,
    BatchSealed,
    Event,
    RunStarted,
    SegmentRead,
)
from bulk_importer.sandbox import Fault, FaultScript, Sandbox, SandboxConfig
from support.entries import entry


def entries_for(media_ids: tuple[str, ...]) -> list[dict[str, Any]]:
    """An appending entry for each media."""
    return [entry(media_id, number) for number, media_id in enumerate(media_ids)]


async def delivered(sandbox: Sandbox, project_id: str) -> list[int]:
    """How many points each media holds."""
    labels = await sandbox.labels(project_id)
    return [sum(1 for value in values if value["k"] == "poi") for values in labels.values()]


@pytest.fixture
async def target(sandbox: Sandbox) -> tuple[Sandbox, str, list[dict[str, Any]]]:
    """A sandbox, the id of a project of twelve media, and an entry for each."""
    project = await sandbox.prepare(name="p", media=12)
    return sandbox, project.id, entries_for(project.media_ids)


async def test_a_path_is_imported_and_the_same_call_again_sends_nothing(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Observers see what happens."""
    sandbox, project_id, entries = target
    path = tmp_path / "l.json"
    path.write_text(json.dumps(entries))
    events: list[Event] = []
    settings = Settings(server=sandbox.url, project="p")
    summary = await import_labels(path, settings, observers=[events.append])
    assert (summary.state, summary.exit_code, summary.delivered) == ("complete", 0, 12)
    assert sum(event.entries for event in events if isinstance(event, BatchDelivered)) == 12
    again = await import_labels(str(path), settings)
    assert again.this_run.requests == 0
    assert set(await delivered(sandbox, project_id)) == {1}


async def test_a_path_is_a_file_whatever_its_name(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-` as a text is standard input."""
    sandbox, _, entries = target
    monkeypatch.chdir(tmp_path)
    Path("-").write_text(json.dumps(entries))
    summary = await import_labels(Path("-"), Settings(server=sandbox.url, project="p"))
    assert (summary.delivered, summary.checkpoint) == (12, "-.checkpoint")


@pytest.mark.parametrize("change", ["grown", "touched", "rewritten"])
async def test_a_file_that_changed_while_it_was_read_goes_on_at_rest_as_advised(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, change: str
) -> None:
    """The same call again, unless it holds something else where it was read; that is refused."""
    sandbox, project_id, entries = target
    path = tmp_path / "l.json"
    text = json.dumps(entries, indent=4000)
    path.write_text(text[: len(text) // 2] if change == "grown" else text)
    settings = Settings(server=sandbox.url, project="p", segment_bytes=50_000, workers=0)

    def interfere(event: Event) -> None:
        if isinstance(event, SegmentRead) and not event.first:
            if change == "touched":
                os.utime(path, (1, 1))
            else:
                path.write_text(text if change == "grown" else json.dumps(entries[::-1]))

    first = await import_labels(path, settings, observers=[interfere])
    assert first.exit_code == ExitCode.INPUT
    assert "it changed while it was read. Run the same command again when it is at rest." in first.message
    assert 0 < first.entries < 12
    if change == "rewritten":
        again = import_labels(path, settings)
        with pytest.raises(CheckpointMismatch, match="--settled-by"):
            await again
        return
    second = await import_labels(path, settings)
    assert (second.state, second.exit_code, second.delivered) == ("complete", 0, 12)
    assert set(await delivered(sandbox, project_id)) == {1}


@pytest.mark.parametrize("form", ["iterable", "asynchronous iterable"])
async def test_entries_of_a_program_are_imported_and_go_on_where_they_stopped(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, form: str
) -> None:
    """A next call gives the same entries again; what is delivered is not sent twice."""
    sandbox, project_id, entries = target

    async def slowly() -> AsyncIterator[dict[str, Any]]:
        for each in entries:
            await asyncio.sleep(0)
            yield each

    def source() -> Any:
        return iter(entries) if form == "iterable" else slowly()

    folder = str(tmp_path / "cp")
    limited = Settings(server=sandbox.url, project="p", checkpoint=folder, limit=5)
    assert (await import_labels(source(), limited)).delivered == 5
    whole = Settings(server=sandbox.url, project="p", checkpoint=folder)
    summary = await import_labels(source(), whole)
    assert (summary.state, summary.delivered) == ("complete", 12)
    assert set(await delivered(sandbox, project_id)) == {1}


async def test_finished_entries_are_gone_through_again_by_worker_processes(tmp_path: Path) -> None:
    """What is behind the last of them is nothing, which is no mistake."""
    async with Sandbox() as sandbox:
        project = await sandbox.prepare(name="p", media=20)
        entries = entries_for(project.media_ids)
        settings = Settings(
            server=sandbox.url, project="p", checkpoint=str(tmp_path / "cp"), workers=1, segment_bytes=1000
        )
        for _ in range(2):
            summary = await import_labels(entries, settings)
            assert (summary.exit_code, summary.delivered) == (ExitCode.DELIVERED, 20), summary.message


async def test_entries_need_a_place_for_their_checkpoint(
    target: tuple[Sandbox, str, list[dict[str, Any]]],
) -> None:
    """There is none beside them."""
    sandbox, _, entries = target
    with pytest.raises(UsageError, match="checkpoint"):
        await import_labels(entries, Settings(server=sandbox.url, project="p"))


async def test_what_is_no_json_cannot_be_an_entry(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """It is the program's mistake, and said to be."""
    sandbox, _, _ = target
    settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / "cp"))
    summary = await import_labels([{"internal_media_ID": object()}], settings)
    assert (summary.state, summary.exit_code) == ("failed", ExitCode.INPUT)
    assert "entry 0 of the program" in summary.message
    assert "cannot be written as JSON" in summary.message


def test_a_program_without_an_event_loop_imports_too(tmp_path: Path) -> None:
    """`import_labels_sync`, here in a thread beside the sandbox."""

    async def check() -> None:
        async with Sandbox(SandboxConfig(seed=1)) as sandbox:
            project = await sandbox.prepare(name="p", media=3)
            settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / "cp"))
            summary = await asyncio.to_thread(import_labels_sync, entries_for(project.media_ids), settings)
            assert summary.delivered == 3

    asyncio.run(check())


async def test_what_the_program_raises_ends_the_run_and_a_next_call_goes_on(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """It is in the summary, with the entry."""
    sandbox, project_id, entries = target

    def failing() -> Iterator[dict[str, Any]]:
        yield from entries[:7]
        raise KeyError("bus")

    settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / "cp"))
    summary = await import_labels(failing(), settings)
    assert (summary.state, summary.exit_code) == ("failed", ExitCode.INPUT)
    assert "entry 7 of the program: KeyError" in summary.message
    assert (await import_labels(entries, settings)).delivered == 12
    assert set(await delivered(sandbox, project_id)) == {1}


@pytest.mark.parametrize("change", ["another", "one more", "one less"])
async def test_other_entries_on_a_finished_checkpoint_are_noticed(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, change: str
) -> None:
    """Entries have no name and no size by which they could be known again: they are compared."""
    sandbox, project_id, entries = target
    settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / "cp"))
    assert (await import_labels(entries[:11], settings)).delivered == 11
    others = {"another": [*entries[:10], entries[11]], "one more": entries, "one less": entries[:10]}[change]
    summary = await import_labels(others, settings)
    assert (summary.state, summary.exit_code) == ("failed", ExitCode.CHECKPOINT)
    assert sum(await delivered(sandbox, project_id)) == 11
    again = await import_labels(entries[:11], settings)
    assert (again.state, again.exit_code, again.this_run.requests) == ("complete", 0, 0)


@pytest.mark.parametrize("source", [{"internal_media_ID": "a"}, b"[]", None, 5])
async def test_what_is_no_source_is_said_to_be_none(source: Any, tmp_path: Path) -> None:
    """Before anything is asked of a server."""
    settings = Settings(server="http://127.0.0.1:9", project="p", checkpoint=str(tmp_path / "cp"))
    with pytest.raises(UsageError, match="A source is"):
        await import_labels(source, settings)


async def test_the_synchronous_door_says_what_to_use_inside_a_loop() -> None:
    """And leaves no coroutine behind."""
    with pytest.raises(UsageError, match="await import_labels"):
        import_labels_sync([], Settings())


async def test_a_server_that_never_answers_ends_the_call_in_seconds(tmp_path: Path) -> None:
    """Observers hear of it at once; a call that is to wait longer says so."""
    events: list[Event] = []
    settings = Settings(
        server="http://127.0.0.1:9", project="p", checkpoint=str(tmp_path / "c"), wait_for_server=0.2
    )
    with pytest.raises(ServerUnavailable, match="Connection refused"):
        await import_labels(iter([]), settings, observers=[events.append])
    [missed] = events
    assert isinstance(missed, AnswerMissed)
    assert (missed.server, missed.reason, missed.has_answered) == (
        settings.server,
        "Connection refused",
        False,
    )
    assert 0 < missed.patience_seconds <= 0.2


async def test_a_server_that_has_answered_is_waited_for_as_long_as_an_outage_may_last(
    start_sandbox: Any, tmp_path: Path
) -> None:
    """It said that it is out: the address is right."""
    faults = FaultScript([Fault(503, times=3, route="any")])
    sandbox = await start_sandbox(seed=1, faults=faults)
    project = await sandbox.prepare(name="p", media=12)
    events: list[Event] = []
    settings = Settings(
        server=sandbox.url, project="p", checkpoint=str(tmp_path / "c"), wait_for_server=0.0, max_outage=60.0
    )
    summary = await import_labels(entries_for(project.media_ids), settings, observers=[events.append])
    assert summary.delivered == 12
    missed, came = (event for event in events if isinstance(event, AnswerMissed | AnswerCame))
    assert isinstance(missed, AnswerMissed)
    assert isinstance(came, AnswerCame)
    assert (missed.reason, missed.has_answered) == ("it answers 503", True)
    assert 50 < missed.patience_seconds <= 60


async def test_uploads_that_are_the_first_to_be_asked_end_with_everything_owed(tmp_path: Path) -> None:
    """Where nothing is looked up; what was read is on record, and the same call goes on."""
    settings = Settings(
        server="http://127.0.0.1:9",
        project="224623b3-7595-4a96-84b8-6b14d79226de",
        checkpoint=str(tmp_path / "c"),
        label_config="none",
        check_media=False,
        wait_for_server=0.2,
    )
    summary = await import_labels(entries_for(("a", "b")), settings)
    assert (summary.state, summary.exit_code) == ("failed", ExitCode.SERVER)
    assert (summary.owed, summary.in_doubt, summary.delivered) == (2, 0, 0)
    assert "--wait-for-server" in summary.message


async def test_entries_of_a_program_are_known_in_a_folder_that_holds_other_checkpoints(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Theirs is the folder itself, whatever comes below it later."""
    sandbox, _, entries = target
    settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / "cp"))
    assert (await import_labels(entries, settings)).this_run.delivered == 12
    other = tmp_path / "cp" / "l.json.checkpoint"
    other.mkdir()
    (other / "log").write_bytes((tmp_path / "cp" / "log").read_bytes())
    assert (await import_labels(entries, settings)).this_run.delivered == 0


def broken(entry: dict[str, Any]) -> dict[str, Any]:
    """The same entry without the other coordinate of its point."""
    return {**entry, "labels": {"poi": [{"point": [{"x": 1}]}]}}


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """What a command tells programs."""
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert facts["exit_code"] == code
    return facts


async def test_a_check_finds_what_the_command_finds(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same report; besides, each finding singly, and how far it is. Nothing is sent."""
    sandbox, project_id, entries = target
    path = tmp_path / "l.json"
    path.write_text(json.dumps([*entries[:10], broken(entries[10]), {**entries[11], "keepData": "no"}]))
    settings = Settings(server=sandbox.url, project="p", workers=0)
    findings: list[Finding] = []
    events: list[Event] = []
    report = await check_labels(path, settings, observers=[events.append], found=findings.append)
    assert (report.entries, report.rejected, report.exit_code) == (12, 2, ExitCode.REJECTIONS)
    assert {finding.position for finding in findings} == {10, 11}
    ways = [event for event in events if isinstance(event, Advanced) and event.unit == "bytes"]
    assert (ways[0].done, ways[-1].total, ways[-1].beside["rejected"]) == (0, path.stat().st_size, 2)
    facts = await asyncio.to_thread(
        told, capsys, "check", path, "--server", sandbox.url, "--project", "p", "--workers", "0"
    )
    assert facts.pop("sources")
    assert facts.pop("report").endswith(".check.html")
    same = json.loads(msgspec.json.encode(report))
    assert {**facts, "seconds": 0} == {**same, "seconds": 0}
    assert set(await delivered(sandbox, project_id)) == {0}


async def test_entries_of_a_program_are_checked_without_a_server(tmp_path: Path) -> None:
    """Against the schema alone; a sample goes no further."""
    entries = [*entries_for(("a", "b")), broken(entries_for(("c",))[0])]
    settings = Settings(label_config="none", check_media=False)
    assert (await check_labels(iter(entries), settings)).rejected == 1
    assert (await check_labels(entries, settings, sample=2)).exit_code == ExitCode.DELIVERED
    with pytest.raises(UsageError, match="one entry at least"):
        await check_labels(entries, settings, sample=0)
    with pytest.raises(SourceUnreadable):
        await check_labels(tmp_path / "nothing.json", settings)


async def test_rejected_entries_are_corrected_by_a_program_and_delivered(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """What is rejected comes with its bytes and its findings; when it is delivered it comes no longer."""
    sandbox, project_id, entries = target
    path, corrected = tmp_path / "l.json", tmp_path / "corrected.jsonl"
    path.write_text(json.dumps([broken(entries[0]), *entries[1:11], {**entries[11], "keepData": "no"}]))
    settings = Settings(server=sandbox.url, project="p", workers=0)
    summary = await import_labels(path, settings)
    assert (summary.delivered, summary.rejected) == (10, 2)
    rejected = {each.position: each for each in rejections(summary.checkpoint)}
    assert {position: json.loads(each.raw) for position, each in rejected.items()} == {
        0: broken(entries[0]),
        11: {**entries[11], "keepData": "no"},
    }
    assert all(
        each.findings and path.read_bytes().startswith(each.raw, each.offset) for each in rejected.values()
    )
    corrected.write_text(json.dumps({"position": 11, "entry": entries[11]}))
    events: list[Event] = []
    retried = await retry(
        summary.checkpoint, Settings(workers=0), corrected=corrected, observers=[events.append]
    )
    assert (retried.sent_again, retried.summary.delivered, retried.summary.rejected) == (1, 11, 1)
    assert sum(event.entries for event in events if isinstance(event, BatchDelivered)) == 1
    assert [each.position for each in rejections(summary.checkpoint)] == [0]
    assert sum(await delivered(sandbox, project_id)) == 11


async def test_bytes_that_are_no_json_come_back_as_they_were(tmp_path: Path) -> None:
    """Those of an entry that is rejected, also where they are no text."""
    media = ", ".join(f'{{"internal_media_ID": "{name}", "labels": %s}}' for name in ("a", "b"))
    path = tmp_path / "l.json"
    path.write_bytes(f"[{media}]".encode() % (b'{"poi": NaN}', b'{"\xff": []}'))
    async with Sandbox(SandboxConfig(seed=1)) as sandbox:
        await sandbox.prepare(name="p", media=1)
        summary = await import_labels(path, Settings(server=sandbox.url, project="p", workers=0))
    found = list(rejections(summary.checkpoint))
    assert [path.read_bytes().count(each.raw) for each in found] == [1, 1]


async def test_the_status_of_an_import_is_that_of_the_command(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unfinished, while a run goes on, and finished."""
    sandbox, _, entries = target
    path = tmp_path / "l.json"
    path.write_text(json.dumps(entries))
    settings = Settings(server=sandbox.url, project="p", workers=0, limit=5)
    summary = await import_labels(path, settings)
    unfinished = status(summary.checkpoint)
    assert (unfinished.state, unfinished.exit_code) == (RunState.STOPPED, ExitCode.UNFINISHED)
    assert (unfinished.delivered, unfinished.settled, unfinished.is_finished) == (5, 5, False)
    assert unfinished.advice == "The same import command resumes."
    assert unfinished.run is not None
    assert unfinished.run.exit_code == ExitCode.UNFINISHED
    facts = await asyncio.to_thread(told, capsys, "status", summary.checkpoint)
    assert [facts.pop("checkpoints")[0]] == [facts]
    assert facts == json.loads(msgspec.json.encode(unfinished))
    running: list[RunState] = []

    def look(event: Event) -> None:
        if isinstance(event, BatchDelivered):
            running.append(status(summary.checkpoint).state)

    settings = Settings(server=sandbox.url, project="p", workers=0)
    await import_labels(path, settings, observers=[look])
    assert set(running) == {RunState.RUNNING}
    finished = status(tmp_path / "l.json.checkpoint")
    assert (finished.state, finished.exit_code, finished.percent) == (RunState.COMPLETE, 0, 100)
    assert (finished.is_finished, finished.runs_now, finished.advice) == (True, None, "")


async def test_the_status_of_an_import_that_was_killed_says_so(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """In a process of its own; the next call goes on."""
    sandbox, project_id, entries = target
    path = tmp_path / "l.json"
    path.write_text(json.dumps(entries))
    program = (
        "import os, sys, bulk_importer as b\n"
        "from bulk_importer.events import BatchDelivered\n"
        "def die(event):\n"
        "    if isinstance(event, BatchDelivered): os.kill(os.getpid(), 9)\n"
        "settings = b.Settings(server=sys.argv[2], project='p', workers=0, max_batch_entries=4, max_in_flight=1)\n"
        "b.import_labels_sync(sys.argv[1], settings, observers=[die])\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path), sandbox.url)
    assert await process.wait() == -9
    killed = status(f"{path}.checkpoint")
    assert (killed.state, killed.exit_code) == (RunState.KILLED, ExitCode.UNFINISHED)
    assert killed.run is not None
    assert (killed.run.ended, killed.run.exit_code) == (None, None)
    summary = await import_labels(path, Settings(server=sandbox.url, project="p", workers=0))
    assert summary.delivered == 12
    assert set(await delivered(sandbox, project_id)) == {1}


@pytest.mark.parametrize("look", [status, lambda folder: list(rejections(folder))])
async def test_a_folder_that_is_no_checkpoint_or_holds_several_is_refused(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, look: Any
) -> None:
    """With what to name instead."""
    sandbox, _, entries = target
    with pytest.raises(CheckpointUnusable, match="Give the folder"):
        look(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).write_text(json.dumps(entries[:1]))
        settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / f"{name}.checkpoint"))
        await import_labels(tmp_path / name, settings)
    with pytest.raises(UsageError, match="holds 2 checkpoints"):
        look(tmp_path)
    with pytest.raises(UsageError, match="holds 2 checkpoints"):
        await retry(tmp_path, Settings())


def test_a_program_without_an_event_loop_checks_and_retries_too(tmp_path: Path) -> None:
    """And what it calls says so where there is one."""
    settings = Settings(label_config="none", check_media=False)
    assert check_labels_sync(entries_for(("a",)), settings).accepted == 1
    with pytest.raises(CheckpointUnusable):
        retry_sync(tmp_path, settings)

    async def inside() -> None:
        with pytest.raises(UsageError, match="await retry instead of calling retry_sync"):
            retry_sync(tmp_path, settings)

    asyncio.run(inside())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"settings": {"server": "http://localhost"}}, "The settings are a Settings object, and not dict."),
        ({"token": 5}, "The token is a text, and not int."),
        ({"observers": "abc"}, "An observer is called with each event; 'a' cannot be called."),
    ],
)
async def test_what_is_of_another_type_is_refused_before_anything_is_begun(
    given: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """By each of the functions, in words, and without a checkpoint."""
    (tmp_path / "labels.json").write_text("[]")
    settings = Settings(server="http://127.0.0.1:9", project="p", checkpoint=str(tmp_path / "kept"))
    for function in (import_labels, check_labels, retry):
        arguments: dict[str, Any] = {"settings": settings, **given}
        with pytest.raises(UsageError) as raised:
            await function(str(tmp_path / "labels.json"), **arguments)
        assert str(raised.value) == said
    assert not (tmp_path / "kept").exists()


def test_an_error_of_a_synchronous_twin_has_no_other_cause() -> None:
    """That there was no event loop is no error."""
    with pytest.raises(SourceUnreadable) as raised:
        import_labels_sync("/no/such/labels.json", Settings(server="http://127.0.0.1:9", project="p"))
    assert not isinstance(raised.value.__context__, RuntimeError)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"label_config": "nowhere.json"}, "nowhere.json"),
        ({"media_list": "nowhere.csv"}, "nowhere.csv"),
        ({"path": "a.item", "lines": "lines"}, "--path"),
        ({"allow": ("no-such-code",)}, "no-such-code"),
    ],
)
async def test_what_is_wrong_with_the_settings_is_raised_whenever_it_is_found_out(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path, named: dict[str, Any], said: str
) -> None:
    """Also when the checkpoint is open by then; nothing is sent, and the right call then imports all."""
    sandbox, project_id, entries = target
    path = tmp_path / "l.json"
    path.write_text(json.dumps(entries))
    settings = Settings(server=sandbox.url, project="p", checkpoint=str(tmp_path / "c"))
    with pytest.raises(UsageError, match=said):
        await import_labels(path, replace(settings, **named))
    assert set(await delivered(sandbox, project_id)) == {0}
    shutil.rmtree(tmp_path / "c", ignore_errors=True)
    assert (await import_labels(path, settings)).exit_code == ExitCode.DELIVERED


async def test_a_run_that_a_program_cancels_is_on_record_as_stopped(
    target: tuple[Sandbox, str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """At any time, before the first request or with requests open; the next call goes on."""
    sandbox, _, entries = target
    path = tmp_path / "l.json"
    path.write_text(json.dumps(entries))
    settings = Settings(
        server=sandbox.url, project="p", max_batch_entries=2, max_in_flight=1, server_request_limit=0.0
    )
    for kind in (RunStarted, BatchSealed, BatchDelivered):

        async def once(kind: type[Event] = kind) -> None:
            task = asyncio.current_task()
            assert task is not None
            await import_labels(
                path, settings, observers=[lambda event: isinstance(event, kind) and task.cancel()]
            )

        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(once())
        stands = status(f"{path}.checkpoint")
        assert stands.state == RunState.STOPPED
        assert stands.run is not None
        assert "cancelled" in stands.run.why
        assert stands.exit_code in (ExitCode.UNFINISHED, ExitCode.IN_DOUBT)
        summary = json.loads((tmp_path / "l.json.checkpoint" / "summary.json").read_text())
        assert (summary["state"], bool(summary["ended"])) == ("stopped", True)
    assert (await import_labels(path, settings)).exit_code == ExitCode.DELIVERED
