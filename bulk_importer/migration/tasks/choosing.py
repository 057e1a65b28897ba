"""Chooses the tasks that are given a state, out of the list of all tasks of a project.

A task is left alone, and counted, where something of its media was not delivered, where people are at work on it, and
where they have decided otherwise (it is skipped, and shall be completed); where it has the state, or was given it by an
earlier run, nothing is left to do.

Memory: 80 bytes a chosen task, and 70 for each that is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_intdigest

from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.task_states import TaskState
from bulk_importer.migration.tasks.delivered import DeliveredMedia, MediaFate
from bulk_importer.migration.tasks.state_record import StateRecord

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
        # The chosen tasks, a JSON line each: objects of their own would take twice as much. Changed by `take`; what is
        # behind `_whole`, and in `_new` and `_new_tasks`, is taken back by `rewind`.
        self._lines = bytearray()
        self._chosen = 0
        self._whole = (0, 0)
        self._new: Counter[str] = Counter()
        self._new_tasks: list[int] = []
        # Digests of the tasks that were looked at: one that moves from state to state meanwhile is in two lists.
        self._tasks: set[int] = set()
        # What lists that came whole say: how many tasks have which fate.
        self.counts: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many tasks are chosen."""
        return self._chosen

    def chosen(self) -> Iterator[Wanted]:
        """The chosen tasks, in the order of the lists."""
        decode = msgspec.json.Decoder(tuple[str, str]).decode
        start = 0
        while (end := self._lines.find(b"\n", start)) >= 0:
            task_id, media_id = decode(self._lines[start:end])
            yield Wanted(task_id, media_id, self._state)
            start = end + 1

    def rewind(self) -> None:
        size, self._chosen = self._whole
        del self._lines[size:]
        self._new.clear()
        self._tasks.difference_update(self._new_tasks)
        self._new_tasks.clear()

    def keep(self) -> None:
        self._whole = (len(self._lines), self._chosen)
        self.counts += self._new
        self._new.clear()
        self._new_tasks.clear()

    def take(self, rows: Sequence[TaskRow]) -> None:
        fates = self._media.fates([row.media_id for row in rows])
        for row, fate in zip(rows, fates, strict=True):
            if fate is None or row.label_task_type != "DEFAULT":
                continue
            task = xxh3_64_intdigest(row.task_id.encode(errors="surrogatepass"))
            if task in self._tasks:
                continue
            self._tasks.add(task)
            self._new_tasks.append(task)
            if (count := self._fate(row, fate)) is not None:
                self._new[count] += 1
            else:
                self._lines += msgspec.json.encode((row.task_id, row.media_id)) + b"\n"
                self._chosen += 1

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
