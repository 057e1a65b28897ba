"""Tasks whose labels were delivered are completed or skipped, each once, and what is left is said."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.datagym.task_states import TaskState, TaskStates
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.errors import CheckpointUnusable, ExitCode, UsageError
from bulk_importer.library.importing import import_labels
from bulk_importer.migration.tasks.choosing import Wanted
from bulk_importer.migration.tasks.completing import Completed, Foreseen, TasksSpec, complete_delivered
from bulk_importer.migration.tasks.remembering import remember_media
from bulk_importer.migration.tasks.state_record import StateRecord
from bulk_importer.migration.tasks.states import give_states
from bulk_importer.pipeline import Caller, Confirmation
from bulk_importer.pipeline.retry.plan import RetrySpec
from bulk_importer.pipeline.retry.retrying import retry_rejected
from bulk_importer.sandbox import Fault, FaultScript, Prepared, Sandbox
from bulk_importer.settings import Settings
from bulk_importer.sources import open_source
from bulk_importer.transfer.stop import StopSwitch
from support.entries import entry
from support.importing import import_file

COMPLETE = "/api*/task/*/completeTask"


def full(media_id: str, at: float = 1) -> dict[str, Any]:
    """An entry that fills what the built-in configuration requires."""
    return entry(media_id, at, True, global_classifications={"weather": ["sunny"]})


async def agreed(_: Foreseen) -> Confirmation:
    """Whoever is asked says yes."""
    return Confirmation.YES


class World:
    """A sandbox with a project, and checkpoints of imports into it."""

    def __init__(self, sandbox: Sandbox, project: Prepared, folder: Path, token: str | None = None) -> None:
        self.sandbox = sandbox
        self.project = project
        self.folder = folder
        self.token = token
        self.checkpoint = folder / "l.json.checkpoint"
        self.settings = Settings(
            server=sandbox.url, project=project.id, workers=0, retry_wait=0.01, max_in_flight=3, yes=True
        )

    async def load(self, entries: Sequence[dict[str, Any]], **change: Any) -> int:
        """Import them; the exit code."""
        path = self.folder / "l.json"
        path.write_text(json.dumps(entries))
        return (await import_file(path, replace(self.settings, **change), token=self.token)).exit_code

    async def complete(
        self,
        state: TaskState = TaskState.COMPLETED,
        *,
        confirm: Callable[..., Any] = agreed,
        is_decided: bool = False,
        dry_run: bool = False,
        **change: Any,
    ) -> Completed:
        settings = replace(self.settings, **change)
        spec = TasksSpec([self.checkpoint], settings, state, is_decided=is_decided, dry_run=dry_run)
        return await complete_delivered(spec, Caller(Token(self.token)), confirm)

    async def states(self) -> list[str]:
        """The state of each task, in the order of the media."""

        def read() -> list[str]:
            rows = self.sandbox._context.store.rows("SELECT state FROM task ORDER BY media")
            return [row["state"] for row in rows]

        return await self.sandbox._context.on_store(read)

    async def put(self, at: int, state: str) -> None:
        """What a person does."""

        def write() -> None:
            statement = "UPDATE task SET state = ? WHERE media = (SELECT min(media) + ? FROM task)"
            self.sandbox._context.store.execute(statement, state, at)

        await self.sandbox._context.in_transaction(write)

    def asked(self) -> int:
        """How many requests wanted to change a task."""
        return sum(each.method == "PUT" for each in self.sandbox.requests)


@pytest.fixture
def world_of(start_sandbox: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """A world with so many media, in a sandbox with this configuration."""

    async def made(media: int = 4, token: str | None = None, **config: Any) -> World:
        sandbox = await start_sandbox(seed=1, **config)
        return World(sandbox, await sandbox.prepare(name="p", media=media), tmp_path, token)

    return made


@pytest.mark.parametrize("flavour", ["open-core", "cloud"])
async def test_tasks_of_delivered_media_are_completed_and_not_asked_again(
    world_of: Callable[..., Any], flavour: str
) -> None:
    """Of a media without an entry nothing is known, and where an entry is rejected the media is not done."""
    token = "secret" if flavour == "cloud" else None
    world = await world_of(flavour=flavour, tokens=("secret",), token=token)
    ids = world.project.media_ids
    assert await world.load([*map(full, ids[:3]), entry(ids[2], broken=True)]) == ExitCode.REJECTIONS
    completed = await world.complete()
    assert (completed.exit_code, completed.message) == (ExitCode.REJECTIONS, "")
    assert (completed.tally.given, completed.tally.rejected) == (2, 1)
    assert await world.states() == ["COMPLETED", "COMPLETED", "BACKLOG", "BACKLOG"]
    again = await world.complete()
    assert (again.tally, world.asked()) == (completed.tally, 2)


async def test_what_people_do_afterwards_stands(world_of: Callable[..., Any]) -> None:
    """A task that was sent back to the labelers is not completed behind their backs."""
    world = await world_of()
    assert await world.load(list(map(full, world.project.media_ids))) == ExitCode.DELIVERED
    assert (await world.complete()).exit_code == ExitCode.DELIVERED
    await world.put(1, "WAITING_CHANGED")
    assert (await world.complete()).tally.given == 4
    assert await world.states() == ["COMPLETED", "WAITING_CHANGED", "COMPLETED", "COMPLETED"]


async def test_work_of_people_is_left_alone_unless_told_otherwise(world_of: Callable[..., Any]) -> None:
    """What is reviewed is completed; what is skipped, or in somebody's hands, is their decision."""
    world = await world_of()
    for at, state in enumerate(("IN_PROGRESS", "SKIPPED", "REVIEWED")):
        await world.put(at, state)
    assert await world.load(list(map(full, world.project.media_ids))) == ExitCode.DELIVERED
    completed = await world.complete()
    assert (completed.tally.given, completed.tally.decided, completed.tally.already) == (1, 2, 1)
    assert completed.exit_code == ExitCode.REJECTIONS
    assert (await world.complete(is_decided=True)).tally.given == 3
    assert await world.states() == ["COMPLETED", "COMPLETED", "REVIEWED", "COMPLETED"]


async def test_a_dry_run_counts_and_changes_nothing(world_of: Callable[..., Any]) -> None:
    world = await world_of()
    await world.load(list(map(full, world.project.media_ids)))
    counted = await world.complete(TaskState.SKIPPED, dry_run=True)
    assert (counted.tally.left, counted.exit_code, world.asked()) == (4, ExitCode.DELIVERED, 0)
    assert (await world.complete(TaskState.SKIPPED)).tally.given == 4
    assert await world.states() == ["SKIPPED"] * 4


async def test_a_quota_that_is_used_up_ends_it_and_a_larger_one_resumes(
    world_of: Callable[..., Any], start_sandbox: Callable[..., Any], tmp_path: Path
) -> None:
    """It says what is done, what is left and what to do; nothing is asked twice."""
    world = await world_of(media=6, database=tmp_path / "db", label_quota=4)
    await world.load(list(map(full, world.project.media_ids)))
    completed = await world.complete()
    assert completed.exit_code == ExitCode.SERVER
    assert (completed.tally.given, completed.tally.left) == (4, 2)
    assert "4 of 4 are used" in completed.message
    assert "4 of the tasks were completed, and 2 are left" in completed.message
    world.sandbox._context._label_quota = 6
    assert (await world.complete()).exit_code == ExitCode.DELIVERED
    assert await world.states() == ["COMPLETED"] * 6


async def test_a_task_that_lacks_a_required_value_is_a_finding(world_of: Callable[..., Any]) -> None:
    """With its media and class; the others are completed, and it is, too, once somebody filled it in."""
    world = await world_of()
    ids = world.project.media_ids
    await world.load([full(ids[0]), entry(ids[1]), full(ids[2])])
    completed = await world.complete()
    assert (completed.tally.given, completed.tally.refused) == (2, 1)
    assert completed.exit_code == ExitCode.REJECTIONS
    [refused] = completed.refused
    assert (refused.media_id, refused.class_path) == (ids[1], "weather")
    (world.folder / "more").mkdir()
    path = world.folder / "more" / "l.json"
    path.write_text(json.dumps([full(ids[1])]))
    await import_file(path, replace(world.settings, onto_uploaded=True))
    assert (await world.complete()).exit_code == ExitCode.DELIVERED


async def test_a_lost_answer_uses_no_more_quota(world_of: Callable[..., Any]) -> None:
    """The task is looked at before it is asked again; what was not executed is sent again."""
    story = [Fault(what, route=COMPLETE) for what in ("reset after commit", 503, "reset before commit")]
    world = await world_of(faults=FaultScript(story), label_quota=4)
    await world.load(list(map(full, world.project.media_ids)))
    completed = await world.complete(max_in_flight=1)
    assert (completed.exit_code, completed.tally.given) == (ExitCode.DELIVERED, 4)
    assert world.asked() == 6


async def test_a_changed_label_configuration_ends_it(world_of: Callable[..., Any]) -> None:
    """Then what is complete is another question."""
    said = Fault(200, route=COMPLETE, body='{"hasLabelConfigChanged": true}')
    world = await world_of(faults=FaultScript([said]))
    await world.load(list(map(full, world.project.media_ids)))
    completed = await world.complete(max_in_flight=1)
    assert (completed.exit_code, completed.tally.left) == (ExitCode.LABEL_CONFIG, 4)
    assert (await world.complete()).exit_code == ExitCode.DELIVERED


async def test_nothing_is_changed_while_something_is_unconfirmed(world_of: Callable[..., Any]) -> None:
    """It is not known which media hold their labels."""
    world = await world_of(faults=FaultScript(["reset before commit"]))
    assert await world.load(list(map(full, world.project.media_ids)), doubt_wait=0) == ExitCode.IN_DOUBT
    completed = await world.complete()
    assert (completed.exit_code, world.asked()) == (ExitCode.IN_DOUBT, 0)
    assert "unconfirmed" in completed.message


async def test_media_that_wait_for_entries_are_left_alone(world_of: Callable[..., Any]) -> None:
    """As after a run that was stopped when it had read all."""
    world = await world_of(media=3)
    ids = world.project.media_ids
    entries = [full(ids[0]), full(ids[1]), full(ids[2]), full(ids[1], 2)]
    await world.load(entries, limit=3, max_batch_entries=1)
    completed = await world.complete()
    assert completed.exit_code == ExitCode.UNFINISHED
    assert (completed.tally.given, completed.tally.unsent) in {(2, 1), (0, 0)}
    await world.load(entries, max_batch_entries=1)
    assert (await world.complete()).tally.given == 3


async def test_what_a_retry_delivered_counts(world_of: Callable[..., Any]) -> None:
    """By its own media, which may be another one than that of the rejected entry."""
    world = await world_of()
    ids = world.project.media_ids
    await world.load([full(ids[0]), {**full(ids[1]), **entry(ids[1], broken=True)}])
    corrected = world.folder / "c.jsonl"
    corrected.write_text(json.dumps({"position": 1, "entry": full(ids[3])}))
    settings = replace(world.settings, server=None, project=None)
    retried = await retry_rejected(RetrySpec(world.checkpoint, settings, corrected=corrected), Caller())
    assert retried.summary.exit_code == ExitCode.DELIVERED
    assert (await world.complete()).exit_code == ExitCode.DELIVERED
    assert await world.states() == ["COMPLETED", "BACKLOG", "BACKLOG", "COMPLETED"]


async def test_which_media_it_names_is_read_in_the_source_where_it_was_forgotten(
    world_of: Callable[..., Any],
) -> None:
    """Without the source it cannot be known, and nothing is guessed."""
    world = await world_of()
    ids = world.project.media_ids
    await world.load([*map(full, ids[:3]), entry(ids[2], broken=True)])
    (world.checkpoint / "mentions").unlink()
    with pytest.raises(CheckpointUnusable, match="--source SOURCE"):
        await world.complete()
    source = await open_source(str(world.folder / "l.json"))
    try:
        await remember_media(source, world.checkpoint, lambda _: None)
    finally:
        await source.aclose()
    completed = await world.complete()
    assert (completed.tally.given, completed.tally.rejected) == (2, 1)


@pytest.mark.parametrize("flavour", ["open-core", "cloud"])
async def test_pairs_of_task_and_state_are_set_by_way_of_what_comes_before(
    world_of: Callable[..., Any], flavour: str
) -> None:
    """No quota is used for what a task has; by token a review is refused, in words that say what to do."""
    token = "secret" if flavour == "cloud" else None
    world = await world_of(flavour=flavour, tokens=("secret",), token=token, label_quota=3)
    await world.load(list(map(full, world.project.media_ids)))
    await world.put(0, "COMPLETED")
    states = [TaskState.REVIEWED, TaskState.REVIEWED_SKIP, TaskState.SKIPPED, TaskState.COMPLETED]
    wanted = map(Wanted, world.project.task_ids, world.project.media_ids, states)
    stop = StopSwitch()
    timing = Timing(time.monotonic, stop.rest)
    opened = RouteSet.TOKEN if token else RouteSet.OPEN_CORE
    async with opened_queries(world.settings, Token(token), lambda _: None) as queries:
        server = TaskStates(queries, opened, timing)
        with StateRecord([world.folder]) as record:
            given = await give_states(
                wanted, server, record, world.settings, stop, emit=lambda _: None, told=lambda _: None
            )
    reviewed = ["COMPLETED", "SKIPPED"] if token else ["REVIEWED", "REVIEWED_SKIP"]
    assert await world.states() == [*reviewed, "SKIPPED", "COMPLETED"]
    assert (given.given, given.refused) == ((2, 2) if token else (4, 0))
    assert all("in DataGym" in each.said for each in given.refusals)


async def test_nobody_to_ask_is_a_no_that_says_how(world_of: Callable[..., Any]) -> None:
    async def nobody(_: Foreseen) -> Confirmation:
        return Confirmation.UNASKED

    async def no(_: Foreseen) -> Confirmation:
        return Confirmation.NO

    world = await world_of()
    await world.load(list(map(full, world.project.media_ids)))
    with pytest.raises(UsageError, match="--yes"):
        await world.complete(confirm=nobody)
    assert (await world.complete(confirm=no)).exit_code == ExitCode.UNFINISHED
    assert world.asked() == 0


async def test_an_import_completes_what_it_delivered(world_of: Callable[..., Any]) -> None:
    """When it is complete, and the same call resumes what it left; the summary says how many."""
    world = await world_of(label_quota=3)
    path = world.folder / "l.json"
    path.write_text(json.dumps(list(map(full, world.project.media_ids))))
    settings = replace(world.settings, on_delivered="complete")
    summary = await import_labels(path, settings)
    assert (summary.delivered, summary.exit_code, summary.state) == (4, ExitCode.SERVER, "failed")
    assert summary.tasks is not None
    assert (summary.tasks.given, summary.tasks.left) == (3, 1)
    assert "label quota" in summary.message
    world.sandbox._context._label_quota = 4
    summary = await import_labels(path, settings)
    assert (summary.exit_code, summary.tasks and summary.tasks.given) == (ExitCode.DELIVERED, 4)
    kept = json.loads((Path(summary.checkpoint) / "summary.json").read_text())
    assert (kept["state"], kept["tasks"]["given"]) == ("complete", 4)
