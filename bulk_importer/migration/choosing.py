"""Chooses the tasks that are given a state, out of the list of all tasks of a project.

A task is left alone, and counted, where something of its media was not delivered, where people are at work on it, and
where they have decided otherwise (it is skipped, and shall be completed); where it has the state, or was given it by an
earlier run, nothing is left to do.

Memory: 130 bytes a chosen task, and 60 for each that is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.task_states import TaskState
from bulk_importer.migration.delivered import DeliveredMedia, MediaFate
from bulk_importer.migration.state_record import StateRecord

__all__ = ["TaskChooser", "Wanted"]

_FINISHED = frozenset[str]().union(*(state.held_as for state in TaskState))
_BEGUN = _FINISHED | {"IN_PROGRESS"}
_LEFT_ALONE = {MediaFate.REJECTED: "rejected", MediaFate.UNSENT: "unsent"}


class Wanted(NamedTuple):
    """A task, and the state that it shall have."""

    task_id: str
    media_id: str
    state: TaskState


class TaskChooser:
    """Receives the rows of a task list, state by state; lists may begin anew, and a row may come twice.

    Args:
        state: what tasks are given.
        is_decided: tasks are given it also where people are at work on them or have decided otherwise.
    """

    def __init__(
        self, media: DeliveredMedia, record: StateRecord, state: TaskState, *, is_decided: bool
    ) -> None:
        self._media = media
        self._record = record
        self._state = state
        self._is_decided = is_decided
        # Changed by `take`; what is behind `_whole` and in `_new` is taken back by `rewind`.
        self._chosen: list[str] = []
        self._whole = 0
        self._new: Counter[str] = Counter()
        self._new_tasks: set[int] = set()
        # What lists that came whole say: how many tasks have which fate, and which tasks were looked at.
        self.counts: Counter[str] = Counter()
        self._tasks: set[int] = set()

    def __len__(self) -> int:
        """How many tasks are chosen."""
        return len(self._chosen)

    def chosen(self) -> Iterator[Wanted]:
        """The chosen tasks, in the order of the lists."""
        for each in self._chosen:
            task_id, _, media_id = each.partition("\t")
            yield Wanted(task_id, media_id, self._state)

    def rewind(self) -> None:
        del self._chosen[self._whole :]
        self._new.clear()
        self._new_tasks.clear()

    def keep(self) -> None:
        self._whole = len(self._chosen)
        self.counts += self._new
        self._tasks |= self._new_tasks
        self._new, self._new_tasks = Counter(), set()

    def take(self, rows: Sequence[TaskRow]) -> None:
        fates = self._media.fates([row.media_id for row in rows])
        for row, fate in zip(rows, fates, strict=True):
            if fate is None or row.label_task_type != "DEFAULT":
                continue
            task = xxh3_64_intdigest(row.task_id.encode(errors="surrogatepass"))
            if task in self._tasks:
                continue
            self._new_tasks.add(task)
            if (count := self._fate(row, fate)) is not None:
                self._new[count] += 1
            else:
                self._chosen.append(f"{row.task_id}\t{row.media_id}")

    def _fate(self, row: TaskRow, fate: MediaFate) -> str | None:
        """What a task counts as that is not chosen: a field of `TaskTally`; None for one that is."""
        if self._record.has(row.task_id, self._state):
            return "given"
        if row.label_task_state in self._state.held_as:
            return "already"
        if fate in _LEFT_ALONE:
            return _LEFT_ALONE[fate]
        if row.label_task_state in _BEGUN and not self._is_decided:
            return "decided"
        return None
