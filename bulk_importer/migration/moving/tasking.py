"""Gives the tasks of one project the states that those of another have, media by media, when the labels are there.

A task is left alone where its media does not hold what the other holds, and where people are at work on it or have
decided otherwise. What was given is on record (see `tasks.state_record`), so each is given once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bulk_importer.backups.file.content import Backup, opened_backup
from bulk_importer.backups.holdings import ProjectReads, TaskFinder
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.task_states import TaskState, TaskStates
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import BulkImporterError
from bulk_importer.events import Advanced
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.migration.moving.mapping import EntryMapper
from bulk_importer.migration.moving.sourcing import BACKUP
from bulk_importer.migration.tasks.choosing import Wanted
from bulk_importer.migration.tasks.state_record import StateRecord
from bulk_importer.migration.tasks.states import RefusedTask, StatesGiven, error_of, give_states
from bulk_importer.pipeline import Caller
from bulk_importer.settings import Settings

__all__ = ["MovedStates", "StateChooser", "TaskStandings", "give_states_as_there"]

_GIVEN = frozenset(state.value for state in TaskState)
_BEGUN = frozenset[str]({"IN_PROGRESS"}).union(*(state.held_as for state in TaskState))


class TaskStandings:
    """Takes task lists, and knows the tasks of media and what people have done with them. A `TaskFinder`.

    Args:
        ids: keeps the ids of the tasks.
    """

    def __init__(self, ids: TaskFinder) -> None:
        self._ids = ids
        # By the key of the media, where a task is begun or finished; changed by `take`.
        self._begun: dict[int, str] = {}

    def rewind(self) -> None:
        """Keep the rows: one that comes again replaces itself."""
        self._ids.rewind()

    def keep(self) -> None:
        """Do nothing: each row is right by itself."""
        self._ids.keep()

    def take(self, rows: Sequence[TaskRow]) -> None:
        """Take the next rows of a list."""
        self._ids.take(rows)
        for row in rows:
            if row.label_task_state in _BEGUN:
                self._begun[key_of(lane_of(row.media_id))] = row.label_task_state

    def of(self, lane: str) -> str | None:
        """The id of the task of a media; None where none was listed."""
        return self._ids.of(lane)

    def state_of(self, lane: str) -> str:
        """The state of the task of a media, where it is begun or finished; else empty."""
        return self._begun.get(key_of(lane), "")


@dataclass(slots=True)
class MovedStates:
    """What became of the states of tasks.

    Attributes:
        given: tasks that were given their state, by this run or an earlier one.
        already: that had it before.
        refused: that the server does not give it.
        left_alone: whose media does not hold what was sent, or that people are at work on, or have decided otherwise
            about.
        left: that are still to be given it.
        refusals: of the refused ones, at most a thousand.
        error: what ended it before it was done.
    """

    given: int = 0
    already: int = 0
    refused: int = 0
    left_alone: int = 0
    left: int = 0
    refusals: Sequence[RefusedTask] = ()
    error: BulkImporterError | None = None


@dataclass(frozen=True, slots=True)
class StateChooser:
    """Chooses the tasks that are given a state.

    Attributes:
        mapper: knows which tasks were asked for, and which names mean no media.
        names, standings: of the media and tasks of the other project.
        apart: keys of its media that do not hold what they should.
        most: tasks that may be chosen, at most.
    """

    mapper: EntryMapper
    names: NameIndex
    standings: TaskStandings
    apart: Collection[int]
    most: int

    def chosen(self, backup: Backup, record: StateRecord, moved: MovedStates) -> Iterator[Wanted]:
        """Those that lack their state, counted as left; the others are counted as what they are."""
        for entries in backup.media():
            mapped = self.mapper.map(entries)
            if not mapped.is_wanted or mapped.state not in _GIVEN:
                continue
            state, media_id = TaskState(mapped.state), self._media(mapped.name)
            task_id = None if media_id is None else self.standings.of(lane_of(media_id))
            if media_id is None or task_id is None:
                continue
            there = self.standings.state_of(lane_of(media_id))
            if record.has(task_id, state):
                moved.given += 1
            elif there in state.held_as:
                moved.already += 1
            elif key_of(lane_of(media_id)) in self.apart or _is_decided(there, state):
                moved.left_alone += 1
            else:
                moved.left += 1
                yield Wanted(task_id, media_id, state)

    def _media(self, name: str) -> str | None:
        with suppress(SeveralMedia):
            return None if self.mapper.why_unnamed(name) else self.names.find(name)
        return None


def _is_decided(there: str, wanted: TaskState) -> bool:
    """Whether people are at work on a task, or have decided otherwise about it."""
    before = wanted.comes_after
    return there in _BEGUN and (before is None or there not in before.held_as)


async def give_states_as_there(
    folder: Path, chooser: StateChooser, target: ProjectReads, settings: Settings, caller: Caller
) -> MovedStates:
    """Give each task the state that the task of the same media has where the labels come from.

    Args:
        folder: of the migration; it is written down there what was given.

    Raises:
        BackupUnusable, CheckpointError: what is needed cannot be read or written.
        ServerError: the server cannot be asked; nothing was changed.
    """
    moved = MovedStates()
    async with caller.stop.breaking_off():
        routes = await target.catalog.route_set()

    def told(so_far: StatesGiven) -> None:
        done = so_far.given + so_far.refused
        caller.emit(Advanced(work="giving tasks their states", done=done, total=chooser.most, unit="tasks"))

    with opened_backup(folder / BACKUP) as backup, StateRecord([folder]) as record:
        wanted = chooser.chosen(backup, record, moved)
        given = await give_states(
            wanted,
            TaskStates(target.queries, routes, Timing(caller.clock, caller.stop.rest)),
            record,
            settings,
            caller.stop,
            emit=caller.emit,
            told=told,
        )
        for _ in wanted:  # what was not begun is left, too
            pass
    moved.given += given.given
    moved.refused, moved.refusals = given.refused, given.refusals
    moved.left -= given.given + given.refused
    moved.error = given.error
    if given.ended is not None and moved.error is None:
        server = target.queries.server
        moved.error = error_of(
            given.ended, server, done=moved.given, left=moved.left, word="given their states"
        )
    return moved
