"""Gives tasks their states, several at a time, each once: pairs of task and state in, what became of them out.

What ends it for all tasks (the quota is used up, the label configuration changed, the server went away, a stop) lets
requests in flight land; each that was answered is on record.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain

from bulk_importer.datagym.answers.state_change import Changed, Ended, EndedBy, Refused
from bulk_importer.datagym.task_states import TaskStates
from bulk_importer.errors import (
    BulkImporterError,
    Interrupted,
    LabelConfigChanged,
    NotAuthorised,
    QuotaUsedUp,
    ServerUnavailable,
)
from bulk_importer.events import Observer
from bulk_importer.migration.tasks.choosing import Wanted
from bulk_importer.migration.tasks.state_record import StateRecord
from bulk_importer.pipeline.guards.grace import mind_grace
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["RefusedTask", "StatesGiven", "error_of", "give_states"]

_MOST_KEPT = 1000
"""Refused tasks that are kept to be named, and looked at closer; of the others the record has the server's words."""


@dataclass(frozen=True, slots=True)
class RefusedTask:
    """A task that the server does not give the state.

    Attributes:
        class_path: keys of the class whose value is unset or invalid, joined by slashes; empty where it is not that.
        said: the server's words.
    """

    media_id: str
    task_id: str
    class_path: str
    said: str


@dataclass(slots=True)
class StatesGiven:
    """What became of the tasks so far.

    Attributes:
        given, refused: how many tasks.
        refusals: of these, at most a thousand.
        ended: what ended it for all tasks in the server's words; None where nothing did.
        error: what ended it else.
    """

    given: int = 0
    refused: int = 0
    refusals: list[RefusedTask] = field(default_factory=list)
    ended: Ended | None = None
    error: BulkImporterError | None = None

    @property
    def is_over(self) -> bool:
        """Whether no other task is to be begun."""
        return self.ended is not None or self.error is not None


async def give_states(
    wanted: Iterable[Wanted],
    server: TaskStates,
    record: StateRecord,
    settings: Settings,
    stop: StopSwitch,
    *,
    emit: Observer,
    told: Callable[[StatesGiven], None],
) -> StatesGiven:
    """Give each task its state, `max_in_flight` at a time.

    Args:
        wanted: nothing may be in flight for the media of these tasks. It is read as requests leave.
        told: called after each task.

    Returns:
        What became of them. A task that is in neither count has not got its state, or it is not known whether it has:
        the next listing tells.
    """
    given = StatesGiven()
    left = iter(wanted)
    first = next(left, None)
    if first is None:
        return given
    try:
        config_ms = await server.config_changed_ms(first.task_id)
    except BulkImporterError as error:
        given.error = error
        return given
    giver = _Giver(server, record, given, config_ms)
    queue = chain([first], left)

    async def work() -> None:
        for each in queue:
            if given.is_over or stop.is_requested:
                return
            await giver.give(each)
            told(given)

    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(work()) for _ in range(settings.max_in_flight)]
        grace = group.create_task(mind_grace(stop, settings, emit, give_up=lambda: _cancel(workers)))
        await asyncio.wait(workers)
        grace.cancel()
    return given


def error_of(ended: Ended, server: str, *, done: int, left: int, word: str) -> BulkImporterError:
    """What ended it for all tasks, as an error.

    Args:
        done, left: how many tasks have got their state, and how many have not.
        word: what was being done with them, as in "completed".
    """
    match ended.by:
        case EndedBy.QUOTA:
            return QuotaUsedUp(server, ended.said, ended.params, done=done, left=left, word=word)
        case EndedBy.CONFIG:
            return LabelConfigChanged(
                f"The label configuration was changed while tasks were being {word}: {done:,} of them are, {left:,} "
                "are not. See whether their labels are still what is wanted; then the same command again resumes by "
                "the new one."
            )
        case EndedBy.ACCESS:
            return NotAuthorised(server, ended.said)
        case EndedBy.FOREIGN:
            return ServerUnavailable(server, ended.said)


class _Giver:
    """Gives one task its state, and says what became of it in `given` and in the record."""

    def __init__(self, server: TaskStates, record: StateRecord, given: StatesGiven, config_ms: int) -> None:
        self._server = server
        self._record = record
        self._given = given
        self._config_ms = config_ms

    async def give(self, wanted: Wanted) -> None:
        """Returns also where it came to nothing: then `given` says why."""
        task_id, media_id, state = wanted
        try:
            verdict = await self._server.give(task_id, state, config_changed_ms=self._config_ms)
            match verdict:
                case Changed():
                    self._record.note(task_id, media_id, state, time.time())
                    self._given.given += 1
                case Refused():
                    self._record.note(task_id, media_id, state, time.time(), refused=verdict.said)
                    self._given.refused += 1
                    await self._look_closer(wanted, verdict)
                case Ended():
                    self._given.ended = self._given.ended or verdict
        except Interrupted:
            pass  # between two attempts; the stop says the rest
        except BulkImporterError as error:
            self._given.error = self._given.error or error

    async def _look_closer(self, wanted: Wanted, verdict: Refused) -> None:
        if len(self._given.refusals) >= _MOST_KEPT:
            return
        path = ""
        if verdict.value_id:
            path = await self._server.class_of(wanted.task_id, verdict.value_id)
        self._given.refusals.append(RefusedTask(wanted.media_id, wanted.task_id, path, verdict.said))


def _cancel(workers: Iterable[asyncio.Task[None]]) -> None:
    for each in workers:
        each.cancel()
