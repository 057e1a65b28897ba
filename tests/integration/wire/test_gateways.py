"""Something between here and the server dislikes one request: it costs one entry, and nobody has to come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.checkpoint import read_state
from bulk_importer.datagym.answers.verdicts import is_in_words
from bulk_importer.datagym.uploads import Uploads
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import ExitCode
from bulk_importer.events import BatchDelivered, BatchSealed, Event, OutageBegan
from bulk_importer.model import ErrorBudget
from bulk_importer.sandbox import Fault, FaultScript, Sandbox, SandboxConfig
from bulk_importer.settings import Settings
from bulk_importer.spans import SpanSet
from bulk_importer.summary import RunState
from bulk_importer.transfer.stop import StopSwitch
from support.importing import import_file

EVIL = "<script>"
PAGE = "<html><head><title>Request blocked</title></head></html>"
QUICK: dict[str, Any] = {
    "label_config": "none",
    "check_media": False,
    "workers": 0,
    "retry_wait": 0.01,
    "probe_wait": 0.02,
    "max_probe_wait": 0.2,
    "max_outage": 30.0,
    "server_request_limit": 0.5,
    "doubt_wait": 30.0,
    "max_errors": ErrorBudget(),
}
SAFE = [400, 401, 403, 406, 422, 301, 302, 404, 405, 421, 429, 503, 521, 530]
UNSAFE: list[Fault] = [
    Fault("reset before commit"),
    Fault(200, body=PAGE),
    Fault(204, body=""),
    Fault(500, body=PAGE),
    Fault(500, body=""),
    Fault(502),
    Fault(200, body='{"status":"ok"}'),
]


def named(fault: Fault) -> str:
    """For people who read the name of a test."""
    return f"{fault.what} {fault.body or ''}"[:24]


def write_labels(path: Path, media_ids: Sequence[str], notes: dict[int, str] | None = None) -> Path:
    """One entry with one point for each media, which tells its position, and here and there a note."""
    entries = [
        {
            "internal_media_ID": media_id,
            "keepData": True,
            "global_classifications": {"note": [(notes or {}).get(at, "fine")]},
            "labels": {"poi": [{"point": [{"x": at, "y": 1}]}]},
        }
        for at, media_id in enumerate(media_ids)
    ]
    path.write_text(json.dumps(entries))
    return path


async def points(sandbox: Sandbox, project: str) -> int:
    """How many points the project holds; each media has one at most."""
    held = [
        sum(value["k"] == "poi" for value in values) for values in (await sandbox.labels(project)).values()
    ]
    assert max(held) <= 1, "labels are doubled"
    return sum(held)


def words(source: Path) -> list[tuple[int, str, str]]:
    """Position, code and what was found of each rejected entry."""
    return [
        (line["position"], finding["code"], finding["found"])
        for line in map(json.loads, Path(f"{source}.checkpoint/rejected.jsonl").read_text().splitlines())
        for finding in line["findings"]
    ]


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("fault", [*(Fault(status, body=PAGE) for status in SAFE), *UNSAFE], ids=named)
async def test_one_disliked_text_costs_one_entry_in_one_run(
    fault: Fault, in_flight: int, tmp_path: Path
) -> None:
    """Whatever the gateway answers, the entry is rejected with its words and its size, and all others arrive, once."""
    faults = FaultScript([replace(fault, containing=EVIL)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=120)
        source = write_labels(tmp_path / "labels.json", project.media_ids, {70: EVIL})
        settings = Settings(server=sandbox.url, project=project.id, max_in_flight=in_flight, **QUICK)
        summary = await import_file(source, settings)
        assert (summary.exit_code, summary.delivered, summary.rejected) == (ExitCode.REJECTIONS, 119, 1)
        assert await points(sandbox, project.id) == 119
    [(position, code, found)] = words(source)
    assert (position, code) == (70, "turned-away")
    assert "bytes" in found
    said = {"reset before commit": "connection broke"}.get(str(fault.what), f"status {fault.what}")
    assert said in found
    if fault.body == PAGE:
        assert "Request blocked" in found
    assert summary.requests <= 120


async def test_several_disliked_texts_cost_one_entry_each(tmp_path: Path) -> None:
    """With answers of several kinds, in neighbouring entries, and in entries of one media."""
    faults = [
        Fault(403, containing="A!"),
        Fault("reset before commit", containing="B!"),
        Fault(503, containing="C!"),
        Fault(200, body=PAGE, containing="D!"),
    ]
    async with Sandbox(SandboxConfig(seed=1, faults=FaultScript(faults))) as sandbox:
        project = await sandbox.prepare(name="p", media=60)
        notes = {10: "A!", 11: "B!", 12: "C!", 13: "D!", 40: "B!", 41: "B!", 59: "C!"}
        source = write_labels(tmp_path / "labels.json", project.media_ids, notes)
        settings = Settings(server=sandbox.url, project=project.id, **QUICK)
        summary = await import_file(source, settings)
        assert (summary.delivered, summary.rejected) == (53, 7)
        assert await points(sandbox, project.id) == 53
    assert sorted(position for position, *_ in words(source)) == sorted(notes)


@pytest.mark.parametrize(
    "fault", [Fault(403), Fault(503), Fault("reset before commit"), Fault(200, body=PAGE)], ids=named
)
async def test_an_import_of_one_entry_that_is_disliked_ends_with_its_rejection(
    fault: Fault, tmp_path: Path
) -> None:
    """Nothing else is there to show that uploads pass but an upload of nothing."""
    faults = FaultScript([replace(fault, containing=EVIL)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=1)
        source = write_labels(tmp_path / "labels.json", project.media_ids, {0: EVIL})
        settings = Settings(server=sandbox.url, project=project.id, **QUICK)
        summary = await import_file(source, settings)
    assert (summary.exit_code, summary.rejected) == (ExitCode.REJECTIONS, 1)


@pytest.mark.parametrize("what", ["reset before body", "reset before commit", 403, 502, 413])
async def test_a_limit_for_bodies_costs_only_what_is_above_it_alone(what: int | str, tmp_path: Path) -> None:
    """The others are packed smaller, as after a 413, and that is remembered."""
    faults = FaultScript([Fault(what, above_bytes=3000)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=150)
        notes = {100: "x" * 4000}
        source = write_labels(tmp_path / "labels.json", project.media_ids, notes)
        settings = Settings(
            server=sandbox.url, project=project.id, min_batch_weight=200, max_in_flight=2, **QUICK
        )
        summary = await import_file(source, settings)
        while summary.in_doubt:
            summary = await import_file(source, settings)
        assert (summary.delivered, summary.rejected) == (149, 1)
        assert await points(sandbox, project.id) == 149
        turned_away = sum(bool(seen.fault) for seen in sandbox.requests)
    assert turned_away <= 30
    [(position, code, found)] = words(source)
    assert (position, code) == (100, "turned-away")
    assert "4," in found
    _, state = read_state(Path(f"{source}.checkpoint"))
    note = state.notes["gate"]
    assert isinstance(note, dict)
    assert note["max_bytes"] <= 3000


async def test_what_stands_before_all_that_would_pass_is_rejected_all_the_same(tmp_path: Path) -> None:
    """Every media begins with an entry that is too large, so nothing else can show that uploads pass."""
    faults = FaultScript([Fault(405, above_bytes=2000)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=3)
        twice = [media_id for media_id in project.media_ids for _ in range(2)]
        source = write_labels(tmp_path / "labels.json", twice, {0: "x" * 3000, 2: "x" * 3000, 4: "x" * 3000})
        settings = Settings(
            server=sandbox.url, project=project.id, max_batch_entries=1, max_in_flight=3, **QUICK
        )
        summary = await import_file(source, settings)
        assert (summary.exit_code, summary.delivered, summary.rejected) == (ExitCode.REJECTIONS, 3, 3)


@pytest.mark.parametrize("in_flight", [1, 2, 8])
@pytest.mark.parametrize("fault", UNSAFE, ids=named)
async def test_answers_that_nobody_understands_on_every_upload_leave_a_handful_in_doubt(
    fault: Fault, in_flight: int, tmp_path: Path
) -> None:
    """No more requests than are in flight and three; the run pauses, and ends with 6 and the words that came."""
    script = FaultScript([Fault("ok", times=20), replace(fault, times=100_000)])
    async with Sandbox(SandboxConfig(seed=1, faults=script)) as sandbox:
        project = await sandbox.prepare(name="p", media=300)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url,
            project=project.id,
            max_batch_entries=1,
            min_in_flight=in_flight,
            max_in_flight=in_flight,
            **{**QUICK, "max_outage": 1.0, "server_request_limit": 600.0},
        )
        events: list[Event] = []
        summary = await import_file(source, settings, observe=events.append)
        delivered = await points(sandbox, project.id)
    _, state = read_state(Path(f"{source}.checkpoint"))
    assert 0 < len(state.doubts()) <= in_flight + 3
    assert summary.exit_code == ExitCode.SERVER
    assert summary.delivered == delivered == 20
    assert summary.rejected == 0
    said = "connection broke" if isinstance(fault.what, str) else f"status {fault.what}"
    assert said in summary.message
    if fault.body == PAGE:
        assert "Request blocked" in summary.message
    assert any(isinstance(event, OutageBegan) for event in events)


async def test_a_run_goes_on_by_itself_when_the_server_is_understood_again(tmp_path: Path) -> None:
    """After half a minute of pages, say."""
    script = FaultScript([Fault("ok", times=5), Fault(500, body=PAGE, times=6)])
    async with Sandbox(SandboxConfig(seed=1, faults=script)) as sandbox:
        project = await sandbox.prepare(name="p", media=60)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url, project=project.id, max_batch_entries=1, max_in_flight=1, **QUICK
        )
        summary = await import_file(source, settings)
        assert summary.delivered == await points(sandbox, project.id) == 60
    assert summary.exit_code == ExitCode.DELIVERED


async def test_a_doubt_at_the_end_is_named_with_its_reason(tmp_path: Path) -> None:
    """Exit 5 says what came instead of an answer."""
    script = FaultScript([Fault("ok"), Fault(500, body=PAGE)])
    async with Sandbox(SandboxConfig(seed=1, faults=script)) as sandbox:
        project = await sandbox.prepare(name="p", media=4)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url,
            project=project.id,
            max_batch_entries=1,
            max_in_flight=1,
            **{**QUICK, "server_request_limit": 600.0},
        )
        summary = await import_file(source, settings)
    assert summary.exit_code == ExitCode.IN_DOUBT
    assert 'status 500, a page of HTML ("Request blocked")' in summary.message


@pytest.mark.parametrize("in_flight", [1, 4])
@pytest.mark.parametrize("is_resumed", [False, True], ids=["in the middle", "from the beginning"])
@pytest.mark.parametrize(
    "fault",
    [Fault(403, body=PAGE), Fault(503), Fault(200, body=PAGE), Fault("reset before commit")],
    ids=named,
)
async def test_a_gateway_that_lets_only_uploads_of_nothing_pass_condemns_nobody(
    fault: Fault, is_resumed: bool, in_flight: int, tmp_path: Path
) -> None:
    """An empty array passes, and nothing that carries an entry does any more: it is about the server."""
    all_of_them = replace(fault, containing="internal_media_ID", times=100_000)
    good = [] if is_resumed else [Fault("ok", containing="internal_media_ID", times=20)]
    async with Sandbox(SandboxConfig(seed=1, faults=FaultScript([*good, all_of_them]))) as sandbox:
        project = await sandbox.prepare(name="p", media=200)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url,
            project=project.id,
            max_batch_entries=3,
            max_in_flight=in_flight,
            **{**QUICK, "max_outage": 1.0, "server_request_limit": 600.0},
        )
        summary = await import_file(source, settings)
        assert summary.exit_code == ExitCode.SERVER
        assert summary.rejected == 0
        assert summary.delivered == await points(sandbox, project.id)
        assert bool(summary.delivered) is not is_resumed
        sent = [seen for seen in sandbox.requests if seen.method == "POST"]
    assert len(sent) <= 20 + 150


async def test_a_server_that_answers_no_upload_condemns_nobody_however_often_the_command_is_started(
    tmp_path: Path,
) -> None:
    """It reads what comes, and every upload that it should execute is lost: those that come first are not to blame."""
    lost = Fault(504, containing="}]}}]", times=100_000)
    async with Sandbox(SandboxConfig(seed=1, faults=FaultScript([lost]))) as sandbox:
        project = await sandbox.prepare(name="p", media=40)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(
            server=sandbox.url,
            project=project.id,
            max_batch_entries=1,
            max_in_flight=1,
            **{**QUICK, "max_outage": 0.3, "server_request_limit": 0.01},
        )
        for _ in range(7):
            summary = await import_file(source, settings)
            assert summary.exit_code == ExitCode.SERVER
            assert summary.rejected == 0


async def test_a_token_that_is_refused_in_nobodys_words_ends_the_run_after_a_few_requests(
    tmp_path: Path,
) -> None:
    """Nothing passes, so it is about the server and not about an entry."""
    script = FaultScript([Fault(403, body=PAGE, times=100_000)])
    async with Sandbox(SandboxConfig(seed=1, faults=script)) as sandbox:
        project = await sandbox.prepare(name="p", media=40)
        source = write_labels(tmp_path / "labels.json", project.media_ids)
        settings = Settings(server=sandbox.url, project=project.id, max_batch_entries=2, **QUICK)
        summary = await import_file(source, settings)
        assert len([seen for seen in sandbox.requests if seen.method == "POST"]) <= 12
    assert summary.exit_code == ExitCode.SERVER
    assert "Check the token" in summary.message
    assert (summary.owed, summary.rejected) == (40, 0)


async def test_a_request_that_is_too_much_for_the_server_goes_in_parts_the_next_time(tmp_path: Path) -> None:
    """Rehearsals pass, so it is not for what stands in it; a lone entry is given up after the fifth lost answer."""
    script = FaultScript(
        [Fault(504, containing=EVIL + '"]}, "labels": {"poi": [{"point": [{"x": 7, "y": 1}]}]}}]')]
    )
    async with Sandbox(SandboxConfig(seed=1, faults=script)) as sandbox:
        project = await sandbox.prepare(name="p", media=8)
        source = write_labels(tmp_path / "labels.json", project.media_ids, {7: EVIL})
        settings = Settings(
            server=sandbox.url, project=project.id, min_batch_weight=100, max_in_flight=1, **QUICK
        )
        sealed: list[int] = []

        def observe(event: Event) -> None:
            if isinstance(event, BatchSealed):
                sealed.append(event.entries)

        summary = await import_file(source, settings, observe=observe)
        assert await points(sandbox, project.id) == 7
    assert (summary.delivered, summary.rejected, summary.in_doubt) == (7, 1, 0)
    assert sealed == [8, *[1] * 8, *[1] * 3]
    [(position, _, found)] = words(source)
    assert position == 7
    assert "status 504" in found


async def test_what_was_suspected_is_kept_apart_by_the_next_run(tmp_path: Path) -> None:
    """A run that is stopped while it takes a batch apart does not begin anew, with the others packed to it again."""
    faults = FaultScript([Fault(503, containing=EVIL)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        project = await sandbox.prepare(name="p", media=48)
        source = write_labels(tmp_path / "labels.json", project.media_ids, {20: EVIL})
        settings = Settings(
            server=sandbox.url, project=project.id, min_batch_weight=64, max_in_flight=1, **QUICK
        )
        stop = StopSwitch()

        def observe(event: Event) -> None:
            if isinstance(event, BatchDelivered):
                stop.request("enough", ExitCode.TERMINATED)

        first = await import_file(source, settings, observe=observe, stop=stop)
        assert first.state is RunState.STOPPED
        _, state = read_state(Path(f"{source}.checkpoint"))
        assert any(20 in SpanSet(group.spans) for group in state.suspects)
        second = await import_file(source, settings)
        assert (second.delivered, second.rejected) == (47, 1)
        assert await points(sandbox, project.id) == 47


async def test_an_upload_of_nothing_and_a_rehearsal_pass_and_write_nothing(sandbox: Sandbox) -> None:
    """The server refuses both in its own words."""
    project = await sandbox.prepare(name="p", media=1)
    entry = {"internal_media_ID": project.media_ids[0], "labels": {"poi": [{"point": [{"x": 1, "y": 1}]}]}}
    async with Client.of(Settings(server=sandbox.url), Token()) as client:
        uploads = Uploads(client, project.id)
        assert is_in_words(await uploads.upload_nothing())
        assert is_in_words(await uploads.rehearse(json.dumps([entry]).encode()))
        assert is_in_words(await uploads.rehearse(b"[]"))
    assert not sandbox.commits
    assert await points(sandbox, project.id) == 0
