"""Uploads are checked and imported one after the other, and stand after a restart as they stood before."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from conftest import StartSandbox

from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.cli.serving.spool.folder import Spool
from bulk_importer.cli.serving.spool.values import Agreement, JobState
from bulk_importer.cli.serving.work.office import Untimely
from bulk_importer.errors import UsageError
from bulk_importer.model import ErrorBudget
from bulk_importer.sandbox import Fault, FaultScript, Sandbox
from support.around.alone import port_of, reserve_port
from support.around.stepped_clock import SteppedClock
from support.entries import entry, noted
from support.serving.desk import desk

ANY = ErrorBudget(share=1.0)


async def test_an_upload_is_checked_waits_for_a_yes_and_is_imported(sandbox: Sandbox, tmp_path: Path) -> None:
    """What is wrong in it is known before, with the entry itself; what is right arrives once."""
    project = await sandbox.prepare(name="p", media=3)
    bad = {"internal_media_ID": project.media_ids[2], "labels": {"<script>": [{"point": [{"x": 1, "y": 1}]}]}}
    entries = [*map(entry, project.media_ids), bad]
    async with desk(tmp_path / "spool", sandbox.url, max_errors=ANY) as here:
        job = await here.checked(entries)
        assert (job.state, job.exit_code) == (JobState.CHECKED, 1)
        found = here.found(job)
        assert (found.report.accepted, found.report.rejected) == (3, 1)
        assert [each.entry for each in found.examples] == [bad]
        assert await sandbox.count_labelled(project.id) == 0
        await here.office.confirm(job, Agreement())
        job = await here.once(job, JobState.DONE)
        assert job.exit_code == 1
    assert await sandbox.count_labelled(project.id) == 3
    assert sorted(sandbox.commits.values()) == [1]
    assert (tmp_path / "spool" / f"{job.id}.checkpoint" / "rejected.jsonl").read_bytes().count(b"\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "breaks off"),
        (b"x", "malformed"),
        (b"[]", "no entries"),
        (b'[{"internal_media_ID": ', "malformed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), ""),
        (b"PK\x03\x04 and no archive", ""),
    ],
)
async def test_what_holds_nothing_to_import_is_refused_with_the_reason(
    sandbox: Sandbox, tmp_path: Path, content: bytes, said: str
) -> None:
    """Whatever its bytes are; and it cannot be confirmed."""
    await sandbox.prepare(name="p", media=1)
    async with desk(tmp_path / "spool", sandbox.url) as here:
        job = await here.checked(content, "picture.bin")
        assert job.state is JobState.REFUSED
        assert said in job.message
        assert job.message
        with pytest.raises(Untimely):
            await here.office.confirm(job, Agreement())
        await here.office.remove(job, with_checkpoint=False)
        assert not here.office.jobs
    assert {each.name for each in (tmp_path / "spool").iterdir()} == {"spool.json", "lock"}


async def test_labels_of_another_tool_are_checked_and_imported_from_their_archive(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """With the account of what becomes of them."""
    project = await sandbox.prepare(name="p", media=2)
    names = [f"img{number:06}.jpg" for number in (0, 1)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            shapes = [{"label": "poi", "shape_type": "point", "points": [[3, 4]]}]
            picture = {"version": "5.0.1", "flags": {}, "shapes": shapes, "imagePath": name}
            archive.writestr(
                name.replace("jpg", "json"), json.dumps(picture | {"imageHeight": 9, "imageWidth": 9})
            )
    async with desk(tmp_path / "spool", sandbox.url) as here:
        job = await here.checked(packed.getvalue(), "labelme labels.zip")
        assert job.message == ""
        conversion = here.found(job).report.conversion
        assert conversion is not None
        assert (conversion.format, conversion.carried) == ("labelme", {"poi": 2})
        await here.office.confirm(job, Agreement())
        assert (await here.once(job, JobState.DONE, JobState.FAILED)).state is JobState.DONE
    assert await sandbox.count_labelled(project.id) == 2


@pytest.mark.parametrize("count", [1, 200])
async def test_an_upload_of_any_length_arrives_to_the_last_entry(
    sandbox: Sandbox, tmp_path: Path, count: int
) -> None:
    """One entry, or many segments of them; packed, as a browser takes it from a disk."""
    project = await sandbox.prepare(name="p", media=count)
    content = json.dumps([noted(media, number) for number, media in enumerate(project.media_ids)])
    async with desk(tmp_path / "spool", sandbox.url, segment_bytes=1024) as here:
        job = await here.checked(gzip.compress(content.encode()), "labels.json.gz")
        assert here.found(job).report.accepted == count
        await here.office.confirm(job, Agreement())
        job = await here.once(job, JobState.DONE, JobState.FAILED)
        assert (job.exit_code, job.came and job.came.good) == (0, count)
    assert await sandbox.count_labelled(project.id) == count


async def test_each_kind_of_fault_is_shown_before_a_second_of_any(sandbox: Sandbox, tmp_path: Path) -> None:
    """Also where most of a file has the same fault; of two faults of a code those at different places."""
    media = (await sandbox.prepare(name="p", media=1)).media_ids[0]
    many = [entry(media, -3) for _ in range(50)]
    strange = [{"internal_media_ID": media, "labels": {f"c{each}": []}} for each in range(20)]
    others = [entry(media, broken=True), {"labels": {}}, {"internal_media_ID": media, "labels": []}]
    both = {**entry(media, -3), "keepData": "x"}
    async with desk(tmp_path / "spool", sandbox.url) as here:
        found = here.found(await here.checked([*many, *strange, *others, both]))
    codes = [each.findings[0].code for each in found.examples]
    kinds = {each.code for each in found.report.groups if each.severity == "error"}
    assert (set(codes[: len(kinds)]), len(found.examples) <= 12) == (kinds, True)
    typed = [each.findings[0].pointer for each in found.examples if each.findings[0].code == "schema-type"]
    assert sorted(typed) == ["/keepData", "/labels"]


async def test_one_import_at_a_time_in_the_order_of_the_confirmations(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """And not in that of the uploads."""
    project = await sandbox.prepare(name="p", media=3)
    async with desk(tmp_path / "spool", sandbox.url) as here:
        jobs = [await here.checked([entry(media, keep=True)]) for media in project.media_ids]
        for job in reversed(jobs):
            await here.office.confirm(job, Agreement())
        assert [job.id for job in here.office.queue()] == [job.id for job in reversed(jobs)]
        for job in jobs:
            await here.once(job, JobState.DONE)
    sent = [each.media_ids for each in sandbox.requests if each.media_ids]
    assert sent == [(media,) for media in reversed(project.media_ids)]


async def test_who_confirmed_more_than_is_replaced_is_not_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    """Who confirmed less is asked when it is known how much it is, and a no sends nothing of it."""
    project = await sandbox.prepare(name="p", media=2)
    async with desk(tmp_path / "spool", sandbox.url) as here:
        first = await here.checked([entry(media, 1) for media in project.media_ids])
        await here.office.confirm(first, Agreement())
        await here.once(first, JobState.DONE)
        replacing = [entry(media, 2, keep=False) for media in project.media_ids]
        second, third = await here.checked(replacing), await here.checked(replacing)
        assert here.found(second).report.media_replaced == 2
        before = await sandbox.labels(project.id)
        await here.office.confirm(second, Agreement(media=1))
        await here.when(second, lambda job: bool(here.asked(job)))
        assert here.asked(second) == 2
        await here.office.answer(second, yes=False)
        second = await here.once(second, JobState.STOPPED)
        assert (second.exit_code, await sandbox.labels(project.id)) == (9, before)
        await here.office.confirm(third, Agreement(media=2))
        await here.once(third, JobState.DONE)
        assert await sandbox.labels(project.id) != before
        await here.office.again(second)
        await here.when(second, lambda job: bool(here.asked(job)))
        await here.office.answer(second, yes=True)
        assert (await here.once(second, JobState.DONE)).agreed == Agreement(media=2)


async def test_a_check_says_that_the_server_does_not_answer(tmp_path: Path) -> None:
    """As long as it is asked again."""
    with reserve_port() as nobody:
        async with desk(tmp_path / "spool", f"http://127.0.0.1:{port_of(nobody)}") as here:
            job = await here.upload([entry("m")])
            async with asyncio.timeout(60):
                while not (running := here.office.running.get(job.id)) or not running.facts()["state"]:
                    await asyncio.sleep(0.01)
            assert "does not answer" in str(running.facts()["state"])
            here.office.stop(job)
            await here.once(job, JobState.REFUSED)


async def test_a_second_stop_gives_nothing_up(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    """As from another tab; it is told that the first one is obeyed."""
    sandbox = await start_sandbox(seed=1, faults=FaultScript([Fault("delay", seconds=1.0)]))
    project = await sandbox.prepare(name="p", media=2)
    async with desk(tmp_path / "spool", sandbox.url, max_in_flight=1, max_batch_entries=1) as here:
        job = await here.checked([entry(media) for media in project.media_ids])
        await here.office.confirm(job, Agreement())
        while not any(each.path.endswith("/prediction") for each in sandbox.requests):
            await asyncio.sleep(0.01)
        here.office.stop(job)
        with pytest.raises(Untimely, match="stopping already"):
            here.office.stop(job)
        job = await here.once(job, JobState.STOPPED)
        assert job.came is not None
        assert job.came.good == await sandbox.count_labelled(project.id) == 1


async def test_an_upload_is_removed_with_or_without_the_record_of_what_it_delivered(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """The record stays unless that is said, too; and nothing is removed that something goes on with."""
    project = await sandbox.prepare(name="p", media=2)
    root = tmp_path / "spool"
    async with desk(root, sandbox.url) as here:
        for media, with_checkpoint in zip(project.media_ids, (False, True), strict=True):
            job = await here.checked([entry(media)])
            await here.office.confirm(job, Agreement())
            with pytest.raises(Untimely):
                await here.office.remove(job, with_checkpoint=True)
            job = await here.once(job, JobState.DONE)
            lock = FolderLock(root / f"{job.id}.checkpoint", "at a terminal")
            with pytest.raises(Untimely, match="in use by process"):
                await here.office.remove(job, with_checkpoint=True)
            lock.release()
            await here.office.remove(job, with_checkpoint=with_checkpoint)
            assert not (root / job.id).exists()
            assert (root / f"{job.id}.checkpoint" / "log").exists() is not with_checkpoint
            with pytest.raises(Untimely):
                await here.office.remove(job, with_checkpoint=True)


async def test_after_a_restart_everything_stands_as_it_stood(
    clocks: list[SteppedClock], start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    """What waited for a person waits, what was confirmed is imported, and what was cut is resumed; nothing twice."""
    sandbox = await start_sandbox(seed=1, faults=FaultScript([Fault("delay", seconds=0.3)]))
    project = await sandbox.prepare(name="p", media=5)
    one_by_one = {"max_in_flight": 1, "max_batch_entries": 1}
    root = tmp_path / "spool"
    async with desk(root, sandbox.url, **one_by_one) as here:
        here.stop.subscribe(lambda: clocks[0].pass_on(0.3))  # so that what is in flight then lands
        cut = await here.checked([entry(media) for media in project.media_ids[:3]])
        queued = await here.checked([entry(project.media_ids[3])])
        waiting = await here.checked([entry(project.media_ids[4])])
        await here.office.confirm(cut, Agreement())
        await here.office.confirm(queued, Agreement())
        while not any(each.path.endswith("/prediction") for each in sandbox.requests):
            await asyncio.sleep(0.01)
        received = await here.upload([entry(project.media_ids[4])])
    assert await sandbox.count_labelled(project.id) == 1
    states = {job.id: job.state for job in here.spool.jobs()}
    assert states[cut.id] is JobState.IMPORTING
    assert states[received.id] in (JobState.RECEIVED, JobState.CHECKING)
    (root / f"{cut.id}.part").mkdir()
    async with desk(root, sandbox.url, **one_by_one) as here:
        await here.once(queued, JobState.DONE)
        assert here.office.jobs[cut.id].state is JobState.DONE
        assert (await here.once(received, JobState.CHECKED)).message == ""
        assert here.office.jobs[waiting.id].state is JobState.CHECKED
    assert await sandbox.count_labelled(project.id) == 4
    assert set(sandbox.commits.values()) == {1}
    assert not (root / f"{cut.id}.part").exists()


async def test_a_spool_is_for_one_project_and_one_process(sandbox: Sandbox, tmp_path: Path) -> None:
    """What a person confirmed for one project is imported into no other; and no folder with other things is touched."""
    await sandbox.prepare(name="p", media=1)
    async with desk(tmp_path / "spool", sandbox.url):
        with pytest.raises(UsageError, match="Another 'bulk-importer serve' works in"):
            Spool(tmp_path / "spool", sandbox.url, "p")
    with pytest.raises(UsageError, match=r"are for project p at .*, and not for q"):
        Spool(tmp_path / "spool", sandbox.url, "q")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "20260101-000000-00000000.part").write_text("mine")
    with pytest.raises(UsageError, match="holds something else than a spool"):
        Spool(tmp_path / "mine", sandbox.url, "p")
    assert (tmp_path / "mine" / "20260101-000000-00000000.part").read_text() == "mine"
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
