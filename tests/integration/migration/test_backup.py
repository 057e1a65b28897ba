"""Backing a project up and importing the backup leaves the labels that were there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.backups.file.content import opened_backup
from bulk_importer.backups.file.writing import part_of
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import AnswerUnusable, BackupUnusable, ExitCode, Interrupted
from bulk_importer.events import Advanced, AnswerMissed, Event
from bulk_importer.library.importing import import_labels
from bulk_importer.migration.backup import BackupCaller, back_up
from bulk_importer.migration.report import BackupAnnouncement, BackupSummary
from bulk_importer.sandbox import Sandbox
from bulk_importer.sandbox.faults.script import Fault, FaultScript
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch
from support.backups.scene import Scene, built_scene, plain
from support.importing import import_file

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]
_LABELS = "/api/lcvalues/*"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What a person asks a server with."""
    async with aiohttp.ClientSession() as session:
        yield session


async def _back_up(
    sandbox: Sandbox, path: Path, *, stop: StopSwitch | None = None, token: str | None = None, **more: Any
) -> tuple[BackupSummary, list[Event], list[BackupAnnouncement]]:
    settings = Settings(server=sandbox.url, project="p", wait_for_server=1, **more)
    events: list[Event] = []
    announced: list[BackupAnnouncement] = []

    def see(event: Event) -> None:
        events.append(event)
        if stop is not None and isinstance(event, Advanced) and event.done == 20 and event.unit == "media":
            stop.request("enough", ExitCode.INTERRUPTED)

    caller = BackupCaller(Token(token), stop or StopSwitch(), see, announced.append)
    return await back_up(settings, path, caller), events, announced


def _reads(sandbox: Sandbox) -> Counter[str]:
    return Counter(each.path for each in sandbox.requests if each.path.startswith("/api/lcvalues/"))


async def test_every_kind_of_label_comes_back_to_the_last_bit(
    sandbox: Sandbox, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Backup, wipe, import of the backup: the labels are there, but for those that the summary tells of."""
    scene = await built_scene(sandbox, session)
    before = plain(await sandbox.labels(scene.project.id))
    path = tmp_path / "streets.backup"
    summary, _, _ = await _back_up(sandbox, path)
    assert summary.exit_code == ExitCode.REJECTIONS
    with opened_backup(path) as backup:
        incomplete = {
            entries[0].internal_media_ID
            for entries in backup.media()
            if any(not lost.kind.is_in_entry for lost in entries[0].backup.lost)
        }
    await scene.wipe()
    imported = await import_file(path, Settings(server=sandbox.url, project="p", workers=0))
    assert imported.delivered == summary.entries
    assert not imported.rejected
    after = plain(await sandbox.labels(scene.project.id))
    differing = {media_id for media_id in before if before[media_id] != after[media_id]}
    assert differing == incomplete
    assert 0 < len(incomplete) < summary.labelled / 4


@pytest.mark.parametrize("way", ["by name", "redirected", "piped"])
async def test_a_backup_is_imported_over_what_came_after_it(
    sandbox: Sandbox,
    session: aiohttp.ClientSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """Its further entries add to what its first ones have put there, and not to what others uploaded."""
    scene = await built_scene(sandbox, session)
    for weather in (["rain", {"daytime": ["day"]}], [None, {"wind": ["storm"]}]):
        both = {
            "internal_media_ID": scene.project.media_ids[0],
            "global_classifications": {"weather": weather},
        }
        assert await scene.upload([both]) == {"errorMessages": ""}
    path = tmp_path / "streets.backup"
    summary, _, _ = await _back_up(sandbox, path)
    assert summary.entries > summary.media
    settings = Settings(
        server=sandbox.url, project=scene.project.id, workers=0, checkpoint=str(tmp_path / "cp")
    )
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat, path.open("rb") as file:
        monkeypatch.setattr(sys, "stdin", cat.stdout if way == "piped" else file)
        imported = await import_labels(str(path) if way == "by name" else "-", settings)
    assert (imported.delivered, imported.rejected) == (summary.entries, 0)


async def test_what_people_made_of_values_is_told(
    sandbox: Sandbox, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """A value that a person left invalid, moved out of the image, or took a point from."""
    project = await sandbox.prepare(name="p", media=1)
    scene = Scene(sandbox, project, session, None)
    bus = [{"rectangle": [{"x": each, "y": 2, "w": 3, "h": 4}]} for each in range(3)]
    await scene.upload([{"internal_media_ID": project.media_ids[0], "labels": {"bus": bus}}])
    first, second, _ = [each for each in await scene.held(0) if each["entryKeyLcEntry"] == "bus"]
    await scene.edit(0, first, valid=False)
    await scene.edit(0, second, x=-1, valid=True)
    summary, _, _ = await _back_up(sandbox, tmp_path / "b")
    assert summary.lost == {"lost-coordinates": 1, "lost-validity": 1}
    assert summary.values == {"bus": 2}


async def test_each_media_is_asked_for_once(sandbox: Sandbox, tmp_path: Path) -> None:
    """But for the one by which is found out that the route is open."""
    await sandbox.prepare(name="p", media=60)
    summary, events, (announced,) = await _back_up(sandbox, tmp_path / "b")
    assert (summary.media, summary.exit_code) == (60, ExitCode.DELIVERED)
    assert (announced.writes, announced.at_a_time, announced.media) == (False, 16, 60)
    reads = _reads(sandbox)
    assert len(reads) == 60
    assert sorted(reads.values())[-2:] == [1, 2]
    last = [each for each in events if isinstance(each, Advanced)][-1]
    assert (last.done, last.total) == (60, 60)


async def test_by_token_each_media_is_read_once_and_it_is_said_that_this_writes(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    """There is no other way by token, and the server writes what rows are missing."""
    sandbox = await start_sandbox(flavour="cloud", tokens=("t",), seed=1)
    await sandbox.prepare(name="p", media=30)
    summary, _, (announced,) = await _back_up(sandbox, tmp_path / "b", token="t")
    assert summary.media == 30
    assert (announced.writes, announced.at_a_time) == (True, 4)
    tasks = Counter(
        each.path
        for each in sandbox.requests
        if each.path.startswith("/api/v1/task/") and not each.path.endswith("/list")
    )
    assert len(tasks) == 30
    # The label configuration is read with one of them, before and behind.
    assert sorted(tasks.values())[-2:] == [1, 3]


async def test_a_stop_keeps_what_was_read_and_the_same_command_goes_on(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """No media is read anew that is on disk."""
    await sandbox.prepare(name="p", media=80)
    path = tmp_path / "b"
    with pytest.raises(Interrupted):
        await _back_up(sandbox, path, stop=StopSwitch())
    assert not path.exists()
    assert part_of(path).exists()
    before = _reads(sandbox)
    summary, _, (announced,) = await _back_up(sandbox, path)
    assert announced.done >= 20
    assert summary.media == 80
    again = _reads(sandbox) - before
    assert sum(again.values()) == 80 - announced.done
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b"]


async def test_a_finished_backup_is_not_written_again(sandbox: Sandbox, tmp_path: Path) -> None:
    """It repeats its summary; one of something else is left alone."""
    await sandbox.prepare(name="p", media=3)
    await sandbox.prepare(name="q", media=3)
    path = tmp_path / "b"
    summary, _, _ = await _back_up(sandbox, path)
    content = path.read_bytes()
    reads = _reads(sandbox)
    again, _, announced = await _back_up(sandbox, path)
    assert (again, announced, _reads(sandbox)) == (summary, [], reads)
    with pytest.raises(BackupUnusable, match="project 'p'"):
        await back_up(Settings(server=sandbox.url, project="q"), path, BackupCaller())
    path.with_name("other").write_bytes(b"my notes")
    with pytest.raises(BackupUnusable, match="is no backup"):
        await _back_up(sandbox, path.with_name("other"))
    assert path.with_name("other").read_bytes() == b"my notes"
    assert path.read_bytes() == content


async def test_a_list_says_which_media_are_read(sandbox: Sandbox, tmp_path: Path) -> None:
    """What is not in it is left alone; what is in it, and not in the project, is told."""
    project = await sandbox.prepare(name="p", media=9)
    media = tmp_path / "media"
    media.write_text("\n".join([*project.media_ids[3:6], "0" * 8 + project.media_ids[0][8:]]))
    summary, _, (announced,) = await _back_up(sandbox, tmp_path / "b", media_list=str(media))
    assert (summary.media, summary.left_out) == (3, {"not listed": 6, "unknown": 1})
    assert announced.left_out == summary.left_out
    with opened_backup(tmp_path / "b") as backup:
        assert {entries[0].internal_media_ID for entries in backup.media()} == set(project.media_ids[3:6])
    with pytest.raises(BackupUnusable, match="another --media-list"):
        await _back_up(sandbox, tmp_path / "b")


@pytest.mark.parametrize("media", [0, 2])
async def test_a_project_without_media_or_classes_is_backed_up(
    sandbox: Sandbox, tmp_path: Path, media: int
) -> None:
    """There is nothing in it, and that is proven."""
    await sandbox.prepare(name="p", media=media, label_config=[])
    summary, _, _ = await _back_up(sandbox, tmp_path / "b")
    assert (summary.media, summary.labels, summary.exit_code) == (media, 0, 0)
    with opened_backup(tmp_path / "b") as backup:
        assert len(list(backup.media())) == media


async def test_a_label_configuration_that_changes_meanwhile_is_told(
    sandbox: Sandbox, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """The file holds the one of the beginning, by which its entries were made."""
    project = await sandbox.prepare(name="p", media=80)
    scene = Scene(sandbox, project, session, None)
    with pytest.raises(Interrupted):
        await _back_up(sandbox, tmp_path / "b", stop=StopSwitch())
    roots = await scene.ask("GET", f"/api/lconfig/{project.config_id}/export")
    await scene.ask("PUT", f"/api/lconfig/{project.config_id}", roots[:2])
    summary, _, _ = await _back_up(sandbox, tmp_path / "b")
    assert summary.config_changed


async def test_a_server_at_its_limits_gives_every_answer_in_the_end(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    """429, 503, cut answers and a full pool of connections: each is asked for again, and none is taken for whole."""
    story = [
        Fault(what, _LABELS)
        for what in (429, 503, "half an answer", 500, "reset after commit", "half an answer")
    ]
    garbled = Fault(200, _LABELS, body='{"entryValues":[')
    sandbox = await start_sandbox(faults=FaultScript(["ok", *story, garbled]), seed=1)
    project = await sandbox.prepare(name="p", media=40)
    scene_labels = {"bus": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]}
    async with aiohttp.ClientSession() as session:
        scene = Scene(sandbox, project, session, None)
        await scene.upload(
            [{"internal_media_ID": each, "labels": scene_labels} for each in project.media_ids]
        )
    summary, events, _ = await _back_up(sandbox, tmp_path / "b")
    assert (summary.labelled, summary.labels, summary.unread) == (40, 40, 0)
    assert any(isinstance(each, AnswerMissed) for each in events)


async def test_a_media_that_is_gone_has_no_entry(
    sandbox: Sandbox, start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    """An import of the backup must not fail at it."""
    del sandbox
    gone = await start_sandbox(
        faults=FaultScript(["ok", Fault("ok", _LABELS), Fault(404, _LABELS, body="")]), seed=1
    )
    await gone.prepare(name="p", media=10)
    summary, _, _ = await _back_up(gone, tmp_path / "b")
    assert (summary.media, summary.entries, summary.gone) == (10, 9, 1)


async def test_a_server_that_answers_nonsense_to_everything_ends_the_backup(
    start_sandbox: StartSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a clear end, and not a backup without labels."""
    monkeypatch.setattr("bulk_importer.backups.reading._TRY_AGAIN_SECONDS", 0.0)
    first = Fault("ok", _LABELS)
    sandbox = await start_sandbox(
        faults=FaultScript([first, Fault(500, _LABELS, times=1000, body="{}")]), seed=1
    )
    await sandbox.prepare(name="p", media=40)
    with pytest.raises(AnswerUnusable, match="whichever media"):
        await _back_up(sandbox, tmp_path / "b")
    assert not (tmp_path / "b").exists()


async def test_what_is_no_file_is_refused_before_anything_is_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    """To replace it would take a pipe or `/dev/null` away from everybody."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BackupUnusable, match="no regular file"):
        await _back_up(sandbox, pipe)
    assert pipe.is_fifo()
    assert not sandbox.requests
