"""Rejected entries are fed again, and end in the ledger that had rejected them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.checkpoint import read_state, verify
from bulk_importer.errors import CheckpointUnusable, ExitCode, InputError, ServerUnavailable, UsageError
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.plan import RetrySpec
from bulk_importer.pipeline.retry.retrying import Retried, retry_rejected
from bulk_importer.readable import counted
from bulk_importer.sandbox import Fault, FaultScript, Prepared, Sandbox, SandboxConfig
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.around.alone import port_of, reserve_port
from support.commands import run_to_its_end
from support.entries import entry
from support.importing import import_file


class World:
    """A sandbox, a source, its checkpoint."""

    def __init__(self, sandbox: Sandbox, project: Prepared, folder: Path) -> None:
        self.project = project
        self.sandbox = sandbox
        self.source = folder / "labels.json"
        self.checkpoint = folder / "labels.json.checkpoint"
        self.settings = Settings(
            server=sandbox.url, project=project.id, workers=0, retry_wait=0.01, probe_wait=0.02
        )

    async def load(self, entries: Sequence[dict[str, Any]] | str) -> Summary:
        self.source.write_text(entries if isinstance(entries, str) else json.dumps(entries))
        return await import_file(self.source, self.settings)

    async def retry(
        self, corrected: Path | None = None, *, out_of_order: bool = False, **change: Any
    ) -> Retried:
        settings = replace(self.settings, **{"server": None, "project": None, **change})
        spec = RetrySpec(self.checkpoint, settings, corrected=corrected, out_of_order=out_of_order)
        return await retry_rejected(spec, Caller())

    def rejected(self) -> list[dict[str, Any]]:
        """What a person would edit."""
        return [json.loads(line) for line in (self.checkpoint / "rejected.jsonl").read_text().splitlines()]

    def correct(self, lines: Sequence[dict[str, Any]]) -> Path:
        """An edited copy."""
        path = self.checkpoint.with_name("corrected.jsonl")
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    async def points(self) -> list[list[int]]:
        """The points of each media."""
        held = await self.sandbox.labels(self.project.id)
        return [
            sorted(int(value["g"][0]) for value in held[media_id] if value["k"] == "poi")  # type: ignore[index]  # canonical values are plain JSON
            for media_id in self.project.media_ids
        ]


def mended(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with the coordinate that was missing."""
    for line in lines:
        line["entry"]["labels"]["poi"][0]["point"][0]["y"] = 1
    return list(lines)


@pytest.fixture
async def world(sandbox: Sandbox, tmp_path: Path) -> World:
    """With four media."""
    return World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)


async def test_corrected_entries_are_delivered_and_settled(world: World) -> None:
    """The summary is that of a run in which they had been right from the beginning, and the log proves it."""
    ids = world.project.media_ids
    first = await world.load([entry(ids[at], at, broken=at > 1) for at in range(4)])
    assert (first.delivered, first.rejected, first.exit_code) == (2, 2, ExitCode.REJECTIONS)
    retried = await world.retry(world.correct(mended(world.rejected())))
    assert (retried.summary.delivered, retried.summary.rejected) == (4, 0)
    assert retried.summary.exit_code == ExitCode.DELIVERED
    assert retried.summary.this_run.delivered == 2
    assert await world.points() == [[0], [1], [2], [3]]
    proof = verify(world.checkpoint)
    assert all(claim.holds for claim in proof.claims), proof.claims
    again = await world.load([entry(ids[at], at, broken=at > 1) for at in range(4)])
    assert (again.delivered, again.this_run.requests) == (4, 0)


async def test_a_part_is_enough_and_what_is_still_wrong_is_said_with_its_position(world: World) -> None:
    """The rest stays rejected and can be fed later."""
    ids = world.project.media_ids
    await world.load([entry(ids[at], at, broken=at > 0) for at in range(4)])
    lines = world.rejected()
    retried = await world.retry(world.correct([*mended(lines[2:]), lines[0]]))
    assert (retried.summary.delivered, retried.summary.rejected) == (2, 2)
    assert retried.rejected_again is not None
    [said] = [json.loads(line) for line in retried.rejected_again.read_text().splitlines()]
    assert said["position"] == 1
    assert said["findings"]
    assert [line["position"] for line in world.rejected()] == [1, 2]
    assert retried.summary.findings["schema-missing-key"] == 2
    last = await world.retry(world.correct(mended(world.rejected())))
    assert last.summary.exit_code == ExitCode.DELIVERED
    assert await world.points() == [[0], [1], [2], [3]]
    assert world.rejected() == []
    assert "schema-missing-key" not in last.summary.findings


async def test_without_a_file_all_goes_again_as_it_is(world: World) -> None:
    """After the configuration was mended, for example; here it is the rules that are."""
    ids = world.project.media_ids
    strict = world.settings
    world.settings = replace(strict, deny=("classification-omitted",))
    await world.load([entry(ids[0], 0), entry(ids[1], 1)])
    world.settings = strict
    retried = await world.retry()
    assert (retried.summary.delivered, retried.summary.rejected) == (2, 0)
    assert await world.points() == [[0], [1], [], []]


async def test_what_cannot_be_meant_is_refused_before_anything_is_sent(world: World) -> None:
    """Positions twice, positions that are not rejected, lines without an entry, lines that are none."""
    ids = world.project.media_ids
    await world.load([entry(ids[0], 0), entry(ids[1], 1, broken=True)])
    [line] = mended(world.rejected())
    for wrong, words in (
        ([line, line], "twice"),
        ([{**line, "position": 0}], "not rejected"),
        ([{**line, "position": 17}], "not rejected"),
        ([{"position": 1}], "no 'entry'"),
        ([{"entry": line["entry"]}], "line 1"),
    ):
        with pytest.raises(InputError, match=words):
            await world.retry(world.correct(wrong))
    elsewhere = replace(world.settings, server="http://other")
    with pytest.raises(UsageError, match="--server"):
        await retry_rejected(RetrySpec(world.checkpoint, elsewhere), Caller())
    assert not (world.checkpoint / "retries").exists()
    assert await world.points() == [[0], [], [], []]


async def test_what_would_wipe_later_labels_is_held_back(world: World) -> None:
    """In either direction; what only adds is fed; and a person may insist."""
    a, b, c, _ = world.project.media_ids
    await world.load(
        [
            entry(a, 0, keep=False, broken=True),  # would wipe what comes after it
            entry(a, 1),
            entry(b, 2, broken=True),  # would be there although it should have been wiped
            entry(b, 3, keep=False),
            entry(c, 4, broken=True),  # adds to what is there
            entry(c, 5),
        ]
    )
    corrected = world.correct(mended(world.rejected()))
    retried = await world.retry(corrected)
    assert retried.held_back == [0, 2]
    assert (retried.summary.delivered, retried.summary.rejected) == (4, 2)
    assert await world.points() == [[1], [3], [4, 5], []]
    held_back = [json.loads(line) for line in corrected.read_text().splitlines()[:2]]
    insisting = await world.retry(world.correct(held_back), out_of_order=True)
    assert not insisting.held_back
    assert await world.points() == [[0], [2, 3], [4, 5], []]


async def test_a_retry_that_is_cut_off_goes_on(tmp_path: Path) -> None:
    """An outage ends it; without a file it goes on where it stopped, and nothing is sent twice."""
    faults = FaultScript([Fault("ok", times=2), Fault(503, times=18)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        world = World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)
        ids = world.project.media_ids
        await world.load([entry(ids[at], at, broken=at > 0) for at in range(4)])
        corrected = world.correct(mended(world.rejected()))
        cut = await world.retry(corrected, max_batch_entries=1, max_outage=0.05)
        assert cut.summary.exit_code == ExitCode.SERVER
        assert (cut.summary.delivered, cut.summary.rejected) == (2, 2)
        assert cut.unsettled == 2
        rest = await world.retry(max_outage=60.0)
        assert (rest.summary.delivered, rest.summary.exit_code) == (4, ExitCode.DELIVERED)
        assert await world.points() == [[0], [1], [2], [3]]


async def test_what_a_crash_left_to_be_put_on_record_is_put_there(world: World) -> None:
    """The retry delivered, and died before the ledger knew: the next one begins with that."""
    ids = world.project.media_ids
    await world.load([entry(ids[0], 0), entry(ids[1], 1, broken=True)])
    files = [world.checkpoint / name for name in ("log", "rejected.jsonl")]
    before = [each.read_bytes() for each in files]
    await world.retry(world.correct(mended(world.rejected())))
    for each, content in zip(files, before, strict=True):
        each.write_bytes(content)
    assert len(read_state(world.checkpoint)[1].rejected) == 1
    retried = await world.retry()
    assert (retried.sent_again, retried.summary.delivered, retried.summary.rejected) == (0, 2, 0)
    assert await world.points() == [[0], [1], [], []]


async def test_what_is_rejected_is_listed_counted_and_said_alike(world: World) -> None:
    """In the file that people take, in the summary, by status and by verify, after each of several retries."""
    ids = world.project.media_ids
    await world.load([entry(ids[at], at, broken=True) for at in range(4)])
    for left in (3, 1):
        lines = mended(world.rejected())[: 4 - left - (left == 1)]
        retried = await world.retry(world.correct(lines))
        assert len(world.rejected()) == retried.summary.rejected == left
        assert retried.summary.findings["schema-missing-key"] == left
        proof = verify(world.checkpoint)
        assert proof.holds, proof.claims
        texts = [claim.text for claim in proof.claims]
        assert f"rejected.jsonl holds {counted(left, 'rejected entry')}, each once" in texts
        _, printed = await run_command("status", str(world.checkpoint), "--json")
        assert json.loads(printed)["findings"]["schema-missing-key"] == left
    again = await world.load([entry(ids[at], at, broken=True) for at in range(4)])
    assert (again.rejected, again.findings["schema-missing-key"]) == (1, 1)


async def test_corrections_that_were_delivered_are_left_out_when_they_come_again(world: World) -> None:
    """The same command again, or a file that grows while its lines are mended."""
    ids = world.project.media_ids
    await world.load([entry(ids[at], at, broken=at > 0) for at in range(4)])
    lines = mended(world.rejected())
    await world.retry(world.correct(lines[:1]))
    retried = await world.retry(world.correct(lines))
    assert (retried.left_out, retried.sent_again) == ([1], 2)
    again = await world.retry(world.correct(lines))
    assert (again.left_out, again.sent_again, again.summary.exit_code) == ([1, 2, 3], 0, 0)
    assert await world.points() == [[0], [1], [2], [3]]


async def test_a_retry_that_never_connected_is_in_nobodys_way(tmp_path: Path) -> None:
    """Nothing of it is kept: what is given is fed again, and nothing else counts as begun."""
    with reserve_port() as held:
        await feed_it_without_and_with_a_server(tmp_path, port_of(held))


async def feed_it_without_and_with_a_server(tmp_path: Path, port: int) -> None:
    """There is one, then there is none, then it is back."""
    config = SandboxConfig(seed=1, database=tmp_path / "database", port=port)
    async with Sandbox(config) as sandbox:
        world = World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)
        ids = world.project.media_ids
        await world.load([entry(ids[at], at, broken=at > 0) for at in range(4)])
    lines = mended(world.rejected())
    assert world.settings.server is not None
    with pytest.raises(ServerUnavailable, match=world.settings.server):
        await world.retry(world.correct(lines), max_outage=0.0)
    assert not (world.checkpoint / "retries").exists()
    async with Sandbox(config) as world.sandbox:
        lines[0]["entry"]["labels"]["poi"][0]["point"][0]["x"] = 11
        newer = await world.retry(world.correct(lines[:2]))
        assert (newer.sent_again, newer.summary.delivered, newer.unsettled) == (2, 3, 0)
        rest = await world.retry(world.correct(lines[2:]))
        assert (rest.summary.delivered, rest.unsettled) == (4, 0)
        assert await world.points() == [[0], [11], [2], [3]]


async def test_a_retry_that_was_begun_at_the_old_url_of_a_server_goes_on_at_the_new_one(
    tmp_path: Path,
) -> None:
    """Once it is said that the server moved, for the retry and its ledger; afterwards it need not be said."""
    faults = FaultScript([Fault("ok", times=1), Fault(503, times=16)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        world = World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)
        ids = world.project.media_ids
        await world.load([entry(ids[at], at, broken=at > 0) for at in range(4)])
        cut = await world.retry(world.correct(mended(world.rejected())), max_outage=0.05)
        assert (cut.summary.exit_code, cut.unsettled) == (ExitCode.SERVER, 3)
        moved = sandbox.url.replace("127.0.0.1", "LOCALHOST") + "/"
        with pytest.raises(UsageError, match="--server-moved"):
            await world.retry(server=moved)
        done = await world.retry(server=moved, server_moved=True)
        assert (done.summary.delivered, done.summary.server) == (4, moved[:-1].lower())
        assert await world.points() == [[0], [1], [2], [3]]
        assert (await world.retry(server=moved)).summary.exit_code == ExitCode.DELIVERED


async def test_a_newer_correction_is_fed_in_place_of_one_that_was_not_sent(tmp_path: Path) -> None:
    """What only the older retry has goes on from there, also when the newer one is over; nothing is sent twice."""
    faults = FaultScript([Fault("ok", times=1), Fault(503, times=16)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        world = World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)
        ids = world.project.media_ids
        await world.load([entry(ids[at], at, broken=at > 0) for at in range(4)])
        lines = mended(world.rejected())
        cut = await world.retry(world.correct(lines), max_outage=0.05)
        assert (cut.summary.exit_code, cut.unsettled) == (ExitCode.SERVER, 3)
        lines[1]["entry"]["labels"]["poi"][0]["point"][0]["x"] = 12
        newer = await world.retry(world.correct(lines[1:2]), max_outage=60.0)
        assert (newer.sent_again, newer.summary.delivered, newer.unsettled) == (1, 2, 2)
        rest = await world.retry(max_outage=60.0)
        assert (rest.sent_again, rest.summary.delivered, rest.unsettled) == (2, 4, 0)
        assert await world.points() == [[0], [1], [12], [3]]
        for ledger in (world.checkpoint, *world.checkpoint.glob("retries/*/checkpoint")):
            proof = verify(ledger)
            assert proof.holds, proof.claims


async def test_what_an_earlier_retry_has_in_doubt_is_held_back_and_then_asked_for(tmp_path: Path) -> None:
    """It may have landed; so may nothing else of its media be sent. Without a file the server is asked."""
    faults = FaultScript([Fault("ok", times=1), Fault("reset before commit", times=1)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        world = World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)
        a, b, _, _ = world.project.media_ids
        await world.load(
            [entry(a, 0), entry(a, 1, broken=True), entry(a, 2, broken=True), entry(b, 3, broken=True)]
        )
        lines = mended(world.rejected())
        lost = await world.retry(world.correct(lines[:1]), doubt_wait=0.0)
        assert (lost.summary.exit_code, lost.unsettled) == (ExitCode.IN_DOUBT, 1)
        code, said = await run_command("resolve", str(world.checkpoint), "--delivered")
        assert (code, "retries/0001/checkpoint --delivered" in said) == (ExitCode.IN_DOUBT, True)
        held = await world.retry(world.correct(lines), doubt_wait=0.0)
        assert held.held_back == [1, 2]
        assert await world.points() == [[0], [3], [], []]
        asked = await world.retry(server_request_limit=0.0)
        assert (asked.unsettled, asked.summary.delivered) == (0, 3)
        last = await world.retry(world.correct(lines))
        assert last.summary.exit_code == ExitCode.DELIVERED
        assert await world.points() == [[0, 1, 2], [3], [], []]


async def test_a_retry_that_goes_on_is_held_against_what_came_meanwhile(tmp_path: Path) -> None:
    """It says keepData false, and a correction behind it was delivered since."""
    faults = FaultScript([Fault("ok", times=1), Fault(503, times=16)])
    async with Sandbox(SandboxConfig(seed=1, faults=faults)) as sandbox:
        world = World(sandbox, await sandbox.prepare(name="p", media=4), tmp_path)
        a, b, _, _ = world.project.media_ids
        await world.load([entry(a, 0, keep=False, broken=True), entry(a, 1, broken=True), entry(b, 2)])
        lines = mended(world.rejected())
        cut = await world.retry(world.correct(lines[:1]), max_outage=0.05)
        assert cut.unsettled == 1
        await world.retry(world.correct(lines[1:]), max_outage=60.0)
        held = await world.retry()
        assert (held.held_back, held.unsettled) == ([0], 1)
        assert await world.points() == [[1], [2], [], []]
        await world.retry(out_of_order=True)
        assert await world.points() == [[0], [2], [], []]


async def test_a_retry_whose_ledger_cannot_be_read_is_not_taken_for_one_that_was_not_begun(
    world: World,
) -> None:
    """What it sent would be sent again."""
    ids = world.project.media_ids
    await world.load([entry(ids[0], 0), entry(ids[1], 1, broken=True)])
    corrected = world.correct(mended(world.rejected()))
    await world.retry(corrected)
    (world.checkpoint / "retries" / "0001" / "checkpoint" / "log").unlink()
    with pytest.raises(CheckpointUnusable, match="no log"):
        await world.retry(corrected)


async def test_a_log_that_lost_the_record_of_a_retry_is_repaired_and_told_again(world: World) -> None:
    """`rejected.jsonl` has become shorter, and the log does not know; the retry's own ledger does."""
    ids = world.project.media_ids
    await world.load([entry(ids[at], at, broken=at > 1) for at in range(4)])
    await world.retry(world.correct(mended(world.rejected())[:1]))
    content = (world.checkpoint / "log").read_bytes()
    at = content.index(b'{"type":"corrected"')
    (world.checkpoint / "log").write_bytes(content[: at + 3] + b"?????" + content[at + 8 :])
    await run_command("verify", str(world.checkpoint), "--repair")
    told = await world.retry(world.correct(mended(world.rejected())))
    assert (told.summary.delivered, told.summary.rejected) == (4, 0)
    proof = verify(world.checkpoint)
    assert proof.holds, proof.claims
    assert await world.points() == [[0], [1], [2], [3]]


async def test_what_is_not_json_is_mended_in_its_text(world: World) -> None:
    """`json.dump` writes NaN: the text is kept as it stood, and a copy in which it is mended is delivered."""
    ids = world.project.media_ids
    entries = [entry(ids[0], 0), entry(ids[1], 1), entry(ids[2], 2)]
    entries[1]["labels"]["poi"][0]["point"][0]["x"] = float("nan")
    text = json.dumps(entries, indent=1).replace('"y": 1\n', '"y": 1,\n')
    first = await world.load(text)
    assert (first.delivered, first.rejected) == (0, 3)
    lines = world.rejected()
    assert [line["findings"][0]["code"] for line in lines] == ["not-json"] * 3
    for line in lines:
        line["entry_text"] = line["entry_text"].replace("1,\n", "1\n")
    again = await world.retry(world.correct(lines))
    assert (again.summary.delivered, again.summary.rejected) == (2, 1)
    assert again.rejected_again is not None
    [line] = [json.loads(each) for each in again.rejected_again.read_text().splitlines()]
    [finding] = line["findings"]
    assert (finding["code"], finding["pointer"]) == ("not-a-number", "/labels/poi/0/point/0/x")
    line["entry_text"] = line["entry_text"].replace("NaN", "1")
    last = await world.retry(world.correct([line]))
    assert last.summary.exit_code == ExitCode.DELIVERED
    assert await world.points() == [[0], [1], [2], []]


async def test_a_text_that_was_not_mended_is_not_changed_to_fit_its_line(world: World) -> None:
    """A line break inside a text stays wrong; an entry beside the text counts; an empty one is none."""
    ids = world.project.media_ids
    broken = json.dumps(entry(ids[0], 0)).replace('"poi"', '"po\ni"')
    await world.load(f"[{broken}]")
    [line] = world.rejected()
    again = await world.retry(world.correct([line]))
    assert (again.summary.delivered, again.summary.rejected) == (0, 1)
    with pytest.raises(InputError, match="no 'entry'"):
        await world.retry(world.correct([{**line, "entry_text": " "}]))
    last = await world.retry(world.correct([{**line, "entry": entry(ids[0], 7)}]))
    assert last.summary.exit_code == ExitCode.DELIVERED
    assert (await world.points())[0] == [7]


async def run_command(*arguments: str) -> tuple[int, str]:
    """The command as a person runs it: its exit code, and what it prints."""
    done = await asyncio.to_thread(run_to_its_end, arguments, Path.cwd(), os.environ)
    return done.returncode, done.stdout


async def test_the_command_says_what_came_of_it(world: World) -> None:
    """The exit code and the summary are those of the whole ledger."""
    ids = world.project.media_ids
    await world.load([entry(ids[0], 0), entry(ids[1], 1, broken=True)])
    corrected = world.correct(mended(world.rejected()))
    code, printed = await run_command("retry", str(world.checkpoint), str(corrected), "--workers", "0")
    assert code == ExitCode.DELIVERED
    assert "Complete" in printed
    code, printed = await run_command("retry", str(world.checkpoint), "--json")
    assert code == ExitCode.DELIVERED
    assert json.loads(printed)["this_run"]["delivered"] == 0
