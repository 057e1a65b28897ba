"""Labels of one project are moved into another, and nothing is lost without a word."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.errors import CheckpointMismatch, CheckpointUnusable, ExitCode, ServerError, UsageError
from bulk_importer.library.projects.migrating import MigrationChoices, migrate
from bulk_importer.library.retrying import retry
from bulk_importer.library.undoing import undo
from bulk_importer.migration.moving import Migrated
from bulk_importer.sandbox import Fault, FaultScript, Sandbox
from bulk_importer.sandbox.faults.playback import Playback
from bulk_importer.settings import Settings
from bulk_importer.summary import RunState
from support.backups.scene import built_scene, plain
from support.places import VECTORS

SEMANTICS: dict[str, Any] = json.loads((VECTORS / "semantics.json").read_text("utf-8"))


CHOICES = {each.name for each in fields(MigrationChoices)}
CLASSES: list[dict[str, Any]] = SEMANTICS["label_config"]


class Pair:
    """The projects `p` and `q` of two sandboxes, whose media have the same names."""

    def __init__(self, servers: tuple[Sandbox, Sandbox], projects: tuple[Any, Any], folder: Path) -> None:
        self.servers, self.projects, self.folder = servers, projects, folder / "cp"

    async def migrate(self, **how: Any) -> Migrated:
        """Move the labels of `p` into `q`."""
        (origin, target), settings = self.servers, how.pop("settings", {})
        ours = {"server": target.url, "project": "q", "checkpoint": str(self.folder), "workers": 0}
        return await migrate(
            Settings(server=origin.url, project="p", wait_for_server=1, max_outage=0.3),
            Settings(**{**ours, **settings}),
            MigrationChoices(**{name: how.pop(name) for name in CHOICES & how.keys()}),
            **how,
        )

    async def put(self, side: int, *entries: dict[str, Any]) -> None:
        """Import entries, whose media are numbers, as a person would."""
        project = self.projects[side]
        body = [{**each, "internal_media_ID": project.media_ids[each["media"]]} for each in entries]
        for each in body:
            del each["media"]
        url = f"{self.servers[side].url}/api/v1/project/{project.id}/prediction"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            assert await answer.json(content_type=None) == {"errorMessages": ""}

    async def held(self, side: int) -> dict[int, list[dict[str, Any]]]:
        """What the media hold, by their numbers."""
        project = self.projects[side]
        held = plain(await self.servers[side].labels(project.id))
        return {number: each for number, media in enumerate(project.media_ids) if (each := held.get(media))}

    async def put_state(self, side: int, number: int, state: str) -> None:
        """Let a task have a state, whatever way people took."""
        context = self.servers[side]._context

        def put() -> None:
            statement = "UPDATE task SET state = ? WHERE media = (SELECT min(media) + ? FROM task)"
            context.store.execute(statement, state, number)

        await context.in_transaction(put)

    async def rename(self, side: int, number: int, name: str) -> None:
        """Let a media have another name."""
        context = self.servers[side]._context

        def put() -> None:
            statement = "UPDATE task SET media_name = ? WHERE media = (SELECT min(media) + ? FROM task)"
            context.store.execute(statement, name, number)

        await context.in_transaction(put)

    async def states(self, side: int) -> list[str]:
        """The state of each task."""
        context = self.servers[side]._context

        def read() -> list[str]:
            return [row["state"] for row in context.store.rows("SELECT state FROM task ORDER BY media")]

        return await context.on_store(read)

    def listed(self, name: str) -> list[dict[str, Any]]:
        """A list in the folder of the migration."""
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]


MakePair = Callable[..., Coroutine[Any, Any, Pair]]


@pytest.fixture
async def make_pair(start_sandbox: Any, tmp_path: Path) -> MakePair:
    """Make a pair; the arguments are what the second sandbox differs in."""

    async def make(
        media: tuple[int, int] = (6, 6),
        classes: list[dict[str, Any]] = CLASSES,
        faults: tuple[FaultScript | None, FaultScript | None] = (None, None),
        quota: int | None = None,
    ) -> Pair:
        servers = [await start_sandbox(faults=each, label_quota=quota) for each in faults]
        projects = [
            await server.prepare(name=name, media=count, label_config=config)
            for server, name, count, config in zip(servers, "pq", media, (CLASSES, classes), strict=True)
        ]
        return Pair((servers[0], servers[1]), (projects[0], projects[1]), tmp_path)

    return make


def bus(media: int, at: float = 1, keep: bool | None = None, **more: Any) -> dict[str, Any]:
    """An entry with a box."""
    rectangle = [{"x": at, "y": 2.125, "w": 3, "h": 4}]
    keep_data = {} if keep is None else {"keepData": keep}
    return {"media": media, **keep_data, "labels": {"bus": [{"rectangle": rectangle}]}, **more}


async def test_every_kind_of_label_is_in_the_other_project_but_for_what_is_reported(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """From one project into another of the same server, whose media have the same names and other ids."""
    async with aiohttp.ClientSession() as session:
        scene = await built_scene(sandbox, session)
    target = await sandbox.prepare(
        name="q", media=len(scene.project.media_ids), label_config=SEMANTICS["label_config"]
    )
    pair = Pair((sandbox, sandbox), (scene.project, target), tmp_path)
    done = await pair.migrate()
    account = done.moved
    assert account is not None
    assert done.exit_code == ExitCode.REJECTIONS  # something was left behind
    assert account.read == account.carried + account.left_behind
    assert (account.compared, account.unread) == (account.equal, 0)
    assert account.carried.total() > 70
    before, after = await pair.held(0), await pair.held(1)
    left = {scene.project.media_ids.index(each["media_id"]) for each in pair.listed("left_behind.jsonl")}
    assert {number for number in before if before[number] != after.get(number)} <= left


async def test_a_folder_that_cannot_be_made_is_named(make_pair: MakePair, tmp_path: Path) -> None:
    """It is an error of the checkpoint, with what to do, and no bug."""
    pair = await make_pair()
    (tmp_path / "file").write_text("")
    pair.folder = tmp_path / "file" / "cp"
    with pytest.raises(CheckpointUnusable, match="File exists"):
        await pair.migrate()


async def test_labels_that_do_not_fit_stay_behind_alone_and_are_named(
    make_pair: MakePair, tmp_path: Path
) -> None:
    """A class that is not there, one that the map leaves out, and one that it renames."""
    pair = await make_pair(classes=[each for each in CLASSES if each["entryKey"] != "poi"])
    point = [{"point": [{"x": 1, "y": 1}]}]
    await pair.put(
        0, bus(0, labels={**bus(0)["labels"], "poi": point}), {"media": 1, "labels": {"poi": point}}
    )
    done = await pair.migrate()
    assert done.moved is not None
    assert (done.moved.carried, done.moved.left_behind) == ({"bus": 1}, {"poi": 2})
    assert (done.exit_code, done.moved.equal) == (ExitCode.REJECTIONS, 1)
    named = pair.listed("left_behind.jsonl")
    assert [(each["pointer"], each["key"]) for each in named] == [("/labels/poi/0", "poi")] * 2
    assert "no class 'poi'" in named[0]["why"]
    (tmp_path / "map.toml").write_text("[classes]\npoi = false\n")
    pair.folder = tmp_path / "second"
    again = await pair.migrate(class_map=tmp_path / "map.toml")
    assert again.exit_code == ExitCode.DELIVERED
    assert again.moved is not None
    assert again.moved.left_behind == {"poi": 2}


async def test_what_the_other_project_lacks_is_created_where_that_is_wanted(make_pair: MakePair) -> None:
    pair = await make_pair(classes=[each for each in CLASSES if each["entryKey"] != "bus"])
    await pair.put(0, bus(0), bus(3, 7.5))
    foreseen = (await pair.migrate(dry_run=True)).foreseen
    assert [(each.path, each.is_addable) for each in foreseen.differences] == [("bus", True)]
    done = await pair.migrate(create_classes=True)
    assert (done.added, done.exit_code) == (("bus",), ExitCode.DELIVERED)
    assert await pair.held(0) == await pair.held(1)


async def test_media_that_are_not_there_are_rejected_and_accounted_for(make_pair: MakePair) -> None:
    """Labels of media that have none of their names there are left behind, each counted."""
    pair = await make_pair(media=(6, 4))
    await pair.put(0, *(bus(number) for number in range(6)))
    foreseen = (await pair.migrate(dry_run=True)).foreseen.media
    assert (foreseen.media, foreseen.found, foreseen.missing) == (6, 4, 2)
    done = await pair.migrate()
    assert done.moved is not None
    assert (done.moved.carried, done.moved.left_behind) == ({"bus": 4}, {"bus": 2})
    assert (done.moved.compared, done.moved.equal, done.exit_code) == (4, 4, ExitCode.REJECTIONS)


async def test_media_that_mean_the_same_one_there_are_left_behind_and_not_mixed(make_pair: MakePair) -> None:
    """Which of the two is meant nobody can tell: `a/x.jpg` and `b/x.jpg` are both `x.jpg` there."""
    pair = await make_pair(media=(3, 2))
    await pair.put(0, *(bus(number) for number in range(3)))
    await pair.put(1, bus(0, 77))
    before = await pair.held(1)
    for number, name in enumerate(("a/x.jpg", "b/x.jpg")):
        await pair.rename(0, number, name)
    await pair.rename(0, 2, "img000001.jpg")
    await pair.rename(1, 0, "x.jpg")
    done = await pair.migrate()
    assert (done.foreseen.media.found, done.foreseen.media.ambiguous) == (1, 2)
    assert done.moved is not None
    assert (done.moved.carried, done.moved.left_behind) == ({"bus": 1}, {"bus": 2})
    assert (await pair.held(1))[0] == before[0]


async def test_a_dry_run_sends_nothing_and_refused_pairs_are_named(make_pair: MakePair) -> None:
    pair = await make_pair()
    await pair.put(0, bus(0))
    done = await pair.migrate(dry_run=True)
    assert (done.summary, done.exit_code) == (None, ExitCode.DELIVERED)
    assert not [each for each in pair.servers[1].requests if each.method != "GET"]
    await pair.servers[1].prepare(name="films", media_type="VIDEO")
    with pytest.raises(UsageError, match="holds videos"):
        await pair.migrate(settings={"project": "films"})
    same = (pair.servers[0], pair.servers[0])
    with pytest.raises(UsageError, match="both are the same"):
        await Pair(same, pair.projects, pair.folder).migrate(settings={"project": "p"})


async def test_labels_that_were_there_are_replaced_kept_and_brought_back_by_undo(make_pair: MakePair) -> None:
    """Media without labels leave those of the other project alone."""
    pair = await make_pair()
    await pair.put(0, bus(0, 5), bus(1, 6))
    await pair.put(1, bus(0, 1), bus(2, 3))
    before = await pair.held(1)
    done = await pair.migrate()
    assert done.exit_code == ExitCode.DELIVERED
    after = await pair.held(1)
    assert after == {**await pair.held(0), 2: before[2]}
    undone = await undo(pair.folder, Settings(workers=0))
    assert (undone.plan.restored, undone.plan.left_alone) == (2, 0)
    assert await pair.held(1) == before


async def test_a_migration_that_was_stopped_goes_on_on_both_sides(make_pair: MakePair) -> None:
    """Labels are there once, and media are read once but for those whose chunk was not on disk."""
    pair = await make_pair(media=(60, 60))
    await pair.put(0, *(bus(number, number) for number in range(60)))
    for _ in range(2):
        stopped = await pair.migrate(settings={"limit": 20})
        assert (stopped.moved, stopped.summary and stopped.summary.state) == (None, RunState.STOPPED)
    done = await pair.migrate()
    assert (done.exit_code, done.moved and done.moved.equal) == (ExitCode.DELIVERED, 60)
    assert await pair.held(0) == await pair.held(1)
    assert set(pair.servers[1].commits.values()) == {1}
    reads = [each.path for each in pair.servers[0].requests if each.path.startswith("/api/lcvalues/")]
    assert len(reads) <= 62
    again = len(pair.servers[1].commits)
    assert (await pair.migrate()).exit_code == ExitCode.DELIVERED
    assert len(pair.servers[1].commits) == again


async def test_a_migration_that_is_not_finished_is_taken_back_by_undo(make_pair: MakePair) -> None:
    """What was sent of it is read again from what was read by then."""
    pair = await make_pair(media=(60, 60))
    await pair.put(0, *(bus(number, number) for number in range(60)))
    await pair.put(1, bus(0, 500), bus(59, 600))
    before = await pair.held(1)
    await pair.migrate(settings={"limit": 20, "segment_bytes": 1000})
    assert len(await pair.held(1)) > 10
    undone = await undo(pair.folder, Settings(workers=0))
    assert (undone.plan.media, undone.plan.left_alone) == (20, 0)
    assert await pair.held(1) == before


async def test_what_was_rejected_is_fed_again_and_counts_as_carried(make_pair: MakePair) -> None:
    """By a line in which a person says which media it is."""
    pair = await make_pair(media=(3, 2))
    await pair.put(0, bus(0), bus(2, 7))
    assert (await pair.migrate()).exit_code == ExitCode.REJECTIONS
    (rejected,) = pair.listed("rejected.jsonl")
    rejected["entry"]["internal_media_ID"] = pair.projects[1].media_ids[1]
    corrected = pair.folder.with_name("corrected.jsonl")
    corrected.write_text(json.dumps(rejected))
    await retry(pair.folder, Settings(workers=0), corrected=corrected)
    assert len(await pair.held(1)) == 2
    again = await pair.migrate()
    assert again.moved is not None
    assert (again.moved.carried, again.moved.left_behind, again.exit_code) == (
        {"bus": 2},
        {},
        ExitCode.DELIVERED,
    )


async def test_another_class_map_is_another_migration(make_pair: MakePair, tmp_path: Path) -> None:
    pair = await make_pair()
    await pair.put(0, bus(0))
    await pair.migrate()
    (tmp_path / "map.toml").write_text('[classes]\nbus = "car"\n')
    with pytest.raises(CheckpointMismatch, match="the class map was another one"):
        await pair.migrate(class_map=tmp_path / "map.toml")


async def test_what_somebody_changed_since_is_said_by_the_same_command(make_pair: MakePair) -> None:
    pair = await make_pair()
    await pair.put(0, bus(0), bus(1))
    assert (await pair.migrate()).exit_code == ExitCode.DELIVERED
    await pair.put(1, bus(1, 9))
    again = await pair.migrate()
    assert again.exit_code == ExitCode.DIFFERS
    (one,) = pair.listed("differing.jsonl")
    assert one["differences"] == [{"key": "bus", "only_first": 0, "only_second": 1}]
    assert one["media_id"] == pair.projects[1].media_ids[1]


async def test_answers_that_fail_on_either_side_cost_no_label(make_pair: MakePair) -> None:
    """Whatever a gateway makes of them."""
    reads = ["ok", 503, "half an answer", Fault(429, retry_after=0), "reset before commit"]
    uploads = [503, "reset after commit", Fault(429, retry_after=0), "half an answer"]
    pair = await make_pair(
        media=(30, 30),
        faults=(
            FaultScript([_at(each, "/api/lcvalues/*") for each in reads]),
            FaultScript([_at(each, "/api/*/project/*/prediction") for each in uploads]),
        ),
    )
    await pair.put(0, *(bus(number, number) for number in range(30)))
    sending = {"max_batch_entries": 5, "server_request_limit": 0.2, "max_attempts": 20, "retry_wait": 0.01}
    done = await pair.migrate(settings=sending)
    assert (done.exit_code, done.moved and done.moved.equal) == (ExitCode.DELIVERED, 30)
    assert await pair.held(0) == await pair.held(1)


def _at(fault: Any, route: str) -> Fault:
    return replace(Fault(fault) if not isinstance(fault, Fault) else fault, route=route)


async def test_a_project_that_cannot_be_read_to_its_end_is_never_taken_for_whole(make_pair: MakePair) -> None:
    """What was read is moved; the run ends with the reason, and the next one goes on."""
    pair = await make_pair(media=(40, 40))
    await pair.put(0, *(bus(number, number) for number in range(40)))
    origin = pair.servers[0]
    playback = origin._middleware._playback
    origin._middleware._playback = Playback(
        FaultScript([Fault(503, route="/api/lcvalues/*", window=(0, 1e9))])
    )
    with pytest.raises(ServerError):
        await pair.migrate()
    assert not (pair.folder / "from.backup").exists()
    origin._middleware._playback = playback
    done = await pair.migrate()
    assert (done.exit_code, done.moved and done.moved.equal) == (ExitCode.DELIVERED, 40)


async def test_tasks_get_the_states_that_they_had_once_each(make_pair: MakePair) -> None:
    """Also those of media without labels; what people have decided there is left alone."""
    pair = await make_pair(media=(4, 4))
    full = {"weather": ["sunny"]}
    await pair.put(0, *(bus(number, global_classifications=full) for number in range(3)))
    for side, number, state in (
        (0, 0, "COMPLETED"),
        (0, 1, "SKIPPED"),
        (0, 3, "SKIPPED"),
        (1, 1, "COMPLETED"),
    ):
        await pair.put_state(side, number, state)
    only = await pair.migrate(states=["completed"], dry_run=True)
    assert (only.foreseen.media.media, only.foreseen.media.finished) == (1, 1)
    how: dict[str, Any] = {"complete": True, "settings": {"replace_finished": True}}
    done = await pair.migrate(**how)
    assert done.states is not None
    assert (done.states.given, done.states.left_alone, done.states.left) == (2, 1, 0)
    assert done.exit_code == ExitCode.REJECTIONS
    assert (await pair.states(1))[::3] == ["COMPLETED", "SKIPPED"]
    changes = sum(each.method == "PUT" for each in pair.servers[1].requests)
    assert (await pair.migrate(**how)).states == done.states
    assert sum(each.method == "PUT" for each in pair.servers[1].requests) == changes == 2


async def test_a_quota_that_is_used_up_ends_it_with_what_is_left(make_pair: MakePair) -> None:
    """The labels are there all the same."""
    pair = await make_pair(media=(3, 3), quota=1)
    await pair.put(0, *(bus(number, global_classifications={"weather": ["sunny"]}) for number in range(3)))
    for number in range(3):
        await pair.put_state(0, number, "COMPLETED")
    done = await pair.migrate(complete=True)
    assert done.states is not None
    assert (done.states.given, done.states.left, done.exit_code) == (1, 2, ExitCode.SERVER)
    assert "quota" in str(done.states.error)
    assert await pair.held(0) == await pair.held(1)
