"""Completes or skips the tasks whose labels imports delivered: which these are, whether a person agrees, how it ended.

It holds the locks of the checkpoints, so that no import is at work on them meanwhile, and changes nothing in them but
`task-states.jsonl` (see `state_record`). The same call again goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState, Header, read_state
from bulk_importer.checkpoint.folder import MOVED
from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.checkpoint.retry_claims import retries_in_doubt
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.opening import opened_queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.task_states import TaskState, TaskStates
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import (
    CheckpointUnusable,
    ExitCode,
    UsageError,
    most_important,
)
from bulk_importer.events import Advanced
from bulk_importer.migration.tasks.choosing import TaskChooser
from bulk_importer.migration.tasks.delivered import DeliveredMedia
from bulk_importer.migration.tasks.state_record import StateRecord
from bulk_importer.migration.tasks.states import RefusedTask, StatesGiven, error_of, give_states
from bulk_importer.pipeline import Caller, Confirmation
from bulk_importer.pipeline.resume.undone import require_not_undone
from bulk_importer.settings import Settings
from bulk_importer.summary import TaskTally

__all__ = ["Completed", "Foreseen", "TasksSpec", "complete_delivered"]

_UNDONE = "so it leaves no task to be done. Name none that was. No task was changed."


@dataclass(frozen=True, slots=True)
class TasksSpec:
    """Which tasks to give which state.

    Attributes:
        folders: of the checkpoints of imports into one project, at least one.
        settings: how; `server` may be left out.
        is_decided: give it also to tasks that people are at work on, or have decided otherwise about.
        dry_run: only say which.
    """

    folders: Sequence[Path]
    settings: Settings
    state: TaskState
    is_decided: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How many tasks are about to be given a state, one of the label quota each."""

    tasks: int
    state: TaskState
    project: Project


@dataclass(frozen=True, slots=True)
class Completed:
    """What came of it.

    Attributes:
        exit_code: 0: every task of a media that labels were delivered for has the state.
        message: why that is not so; empty where it is.
        refused: tasks that the server does not give it, at most a thousand.
    """

    exit_code: ExitCode
    message: str
    tally: TaskTally
    server: str
    project: str
    project_name: str
    refused: Sequence[RefusedTask] = ()


async def complete_delivered(
    spec: TasksSpec, caller: Caller, confirm: Callable[[Foreseen], Awaitable[Confirmation]]
) -> Completed:
    """Give the tasks their state, once a person agrees; see `TaskTally` for those that are left alone.

    Args:
        confirm: asked before the first task is changed; not where there is none.

    Raises:
        UsageError: the checkpoints are of several projects, another server is named, or nobody could be asked.
        CheckpointError, ServerError: nothing was begun; as where an import was taken back.
        Interrupted: a stop was requested before it was.
    """
    with ExitStack() as held:
        states = await asyncio.to_thread(_opened, spec.folders, held)
        for folder, (_, state) in zip(spec.folders, states, strict=True):
            require_not_undone(folder, state, so=_UNDONE)
        header = _same_target(states, spec)
        why_not = _why_not(spec, states)
        if why_not is not None:
            return Completed(
                *why_not, TaskTally(state=spec.state.value), header.server, header.project, header.project
            )
        record = held.enter_context(StateRecord(spec.folders))
        media = DeliveredMedia()
        for folder, (_, state) in zip(spec.folders, states, strict=True):
            await asyncio.to_thread(media.add, folder, state)
        return await _complete(spec, caller, confirm, header, media, record)


async def _complete(
    spec: TasksSpec,
    caller: Caller,
    confirm: Callable[[Foreseen], Awaitable[Confirmation]],
    header: Header,
    media: DeliveredMedia,
    record: StateRecord,
) -> Completed:
    settings = replace(spec.settings, server=header.server, project=header.project)
    timing = Timing(caller.clock, caller.stop.rest)
    async with opened_queries(
        settings, caller.token, caller.emit, max_seconds=settings.max_outage, timing=timing
    ) as queries:
        catalog = Catalog(queries, emit=caller.emit)
        chooser = TaskChooser(media, record, spec.state, is_decided=spec.is_decided)
        async with caller.stop.breaking_off():
            project = await catalog.find_project(header.project)
            await catalog.tasks(project, chooser)
            opened = await catalog.route_set()
        ending = _Ending(spec, header, project, chooser)
        if spec.dry_run or not len(chooser):
            return ending.untouched()
        answer = await confirm(Foreseen(len(chooser), spec.state, project))
        if answer is not Confirmation.YES:
            return ending.refused(answer)
        given = await give_states(
            chooser.chosen(),
            TaskStates(queries, opened, timing),
            record,
            settings,
            caller.stop,
            emit=caller.emit,
            told=lambda so_far: caller.emit(_advanced(spec.state, so_far, len(chooser))),
        )
        return ending.after(given, caller)


def _advanced(state: TaskState, so_far: StatesGiven, total: int) -> Advanced:
    return Advanced(
        work="completing tasks" if state is TaskState.COMPLETED else "skipping tasks",
        done=so_far.given + so_far.refused,
        total=total,
        unit="tasks",
        beside={"refused": so_far.refused},
    )


def _opened(folders: Sequence[Path], held: ExitStack) -> list[tuple[Header, CheckpointState]]:
    """What the checkpoints say, locked until `held` is left. Blocks. Raises `CheckpointError`."""
    run = secrets.token_hex(8)
    for folder in folders:
        read_state(folder)  # says best what is wrong with it
        try:
            held.callback(FolderLock(folder, run).release)
        except OSError as error:
            raise CheckpointUnusable.by(folder, error) from error
    return [read_state(folder) for folder in folders]


def _same_target(states: Sequence[tuple[Header, CheckpointState]], spec: TasksSpec) -> Header:
    """A header with the server that is asked. Raises `UsageError` where they are not of one project, or of another."""
    header = states[0][0]
    targets = sorted({f"{each.project} at {each.server}" for each, _ in states})
    if len(targets) > 1:
        raise UsageError(
            f"The checkpoints are of several projects: {'; '.join(targets)}. Name those of one at a time."
        )
    settings = spec.settings
    server = header.server if settings.server is None else server_url(settings.server)
    if server != header.server and not settings.server_moved:
        raise UsageError(
            f"The checkpoint belongs to {header.server}, and --server says {server}. Leave --server out. {MOVED}"
        )
    return msgspec.structs.replace(header, server=server)


def _why_not(
    spec: TasksSpec, states: Sequence[tuple[Header, CheckpointState]]
) -> tuple[ExitCode, str] | None:
    """Why nothing can be begun yet: what is unconfirmed, or was never read, may be of any media."""
    for folder, (_, state) in zip(spec.folders, states, strict=True):
        if state.taken or any(retries_in_doubt(folder).values()):
            return ExitCode.IN_DOUBT, (
                f"Some entries of {folder} are unconfirmed: it is not known which media hold their labels. Run the "
                "import, or 'bulk-importer retry', again to find out, or decide with 'bulk-importer resolve'; then run "
                "the same command again. No task was changed."
            )
        if state.end is None:
            return ExitCode.UNFINISHED, (
                f"The source of {folder} is not read to its end, so any media may have further entries in it. Let the "
                "import end first; then run the same command again. No task was changed."
            )
    return None


class _Ending:
    """How it ended, in counts, an exit code and a sentence."""

    def __init__(self, spec: TasksSpec, header: Header, project: Project, chooser: TaskChooser) -> None:
        self._spec = spec
        self._header = header
        self._project = project
        self._chooser = chooser
        self._word = "completed" if spec.state is TaskState.COMPLETED else "skipped"

    def untouched(self) -> Completed:
        """There was nothing to do, or nothing was to be done."""
        return self._completed(StatesGiven(), [], "")

    def refused(self, answer: Confirmation) -> Completed:
        """Nobody agreed. Raises `UsageError` where nobody could be asked."""
        count = len(self._chooser)
        if answer is Confirmation.UNASKED:
            raise UsageError(
                f"{count:,} of the tasks would be {self._word}, which uses as much of the organisation's label quota, "
                "and there is no terminal to ask on. Say --yes where that is meant; --dry-run only counts."
            )
        message = f"No task was {self._word}: it was not confirmed. The same command asks again."
        return self._completed(StatesGiven(), [ExitCode.UNFINISHED], message)

    def after(self, given: StatesGiven, caller: Caller) -> Completed:
        """What became of the tasks."""
        left = len(self._chooser) - given.given - given.refused
        error = given.error
        if error is None and given.ended is not None:
            error = error_of(given.ended, self._header.server, done=given.given, left=left, word=self._word)
        if error is not None:
            return self._completed(given, [error.exit_code], str(error))
        if caller.stop.is_requested and left:
            message = (
                f"{caller.stop.reason[:1].upper()}{caller.stop.reason[1:]}. The same command again resumes."
            )
            return self._completed(given, [caller.stop.exit_code], message)
        return self._completed(given, [], "")

    def _completed(self, given: StatesGiven, codes: Sequence[ExitCode], message: str) -> Completed:
        counts = self._chooser.counts
        tally = TaskTally(
            state=self._spec.state.value,
            given=counts["given"] + given.given,
            already=counts["already"],
            refused=given.refused,
            decided=counts["decided"],
            rejected=counts["rejected"],
            unsent=counts["unsent"],
            left=len(self._chooser) - given.given - given.refused,
        )
        standing = [ExitCode.UNFINISHED] if tally.unsent or (tally.left and not self._spec.dry_run) else []
        standing += [ExitCode.REJECTIONS] if tally.refused or tally.rejected or tally.decided else []
        return Completed(
            most_important([*codes, *standing]),
            message,
            tally,
            self._header.server,
            self._project.id,
            self._project.name,
            given.refusals,
        )
