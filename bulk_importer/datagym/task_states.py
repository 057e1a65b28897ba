"""Completes and skips tasks, one request each, and says what became of it (protocol 3.5).

The server does it from any state, and each time it does, that uses label quota of the organisation. So a request whose
answer was lost is not sent again before the task was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.answers.state_change import (
    Busy,
    Changed,
    Ended,
    Refused,
    judge_state_change,
)
from bulk_importer.datagym.reads.queries import Queries
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.datagym.timing import Backoff, Timing

__all__ = ["TaskState", "TaskStates"]

_ATTEMPTS = 5
"""How often a task is tried that meets a deadlock or the like, in all; then it counts as refused."""


class TaskState(StrEnum):
    """A state that a task can be given."""

    COMPLETED = "COMPLETED"
    SKIPPED = "SKIPPED"

    @property
    def held_as(self) -> frozenset[str]:
        """The states in which a task has it: reviewed or not."""
        return _HELD_AS[self]

    @property
    def change(self) -> str:
        """The last part of the route."""
        return "completeTask" if self is TaskState.COMPLETED else "skipTask"


_HELD_AS = {
    TaskState.COMPLETED: frozenset({"COMPLETED", "REVIEWED"}),
    TaskState.SKIPPED: frozenset({"SKIPPED", "REVIEWED_SKIP"}),
}


class TaskStates:
    """The states of tasks on one server, along the routes that it opens to us.

    To look at a task makes the server write the empty rows that it is missing (protocol 3.4), so nothing may be in
    flight for its media.
    """

    def __init__(self, queries: Queries, opened: RouteSet, timing: Timing) -> None:
        self._queries = queries
        self._opened = opened
        self._backoff = Backoff(RetryPolicy(), timing)

    async def config_changed_ms(self, task_id: str) -> int:
        """When the label configuration of the task's project was last changed in a way that concerns finished tasks.

        By the server's clock. Raises as `Queries.look_up`.
        """
        return (await self._look(task_id)).last_changed_config

    async def give(
        self, task_id: str, state: TaskState, *, config_changed_ms: int
    ) -> Changed | Refused | Ended:
        """Give a task a state.

        Args:
            config_changed_ms: what `config_changed_ms` said; the server completes nothing where it is more by now.

        Raises:
            ServerUnavailable, Interrupted: there was no answer. Whether the task has the state is not known then.
        """
        path = routes.task_change(self._opened, task_id, state.change)
        body = msgspec.json.encode({"lastChangedConfig": config_changed_ms})

        async def has_it() -> bool:
            return (await self._look(task_id)).label_task_state in state.held_as

        said = ""
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await self._queries.change(path, body, is_done=has_it)
            verdict = Changed() if answer is None else judge_state_change(answer.status, answer.body)
            if not isinstance(verdict, Busy):
                return verdict
            said = verdict.said
            if attempt < _ATTEMPTS:
                await self._backoff.wait(attempt)
                if await has_it():
                    return Changed()
        return Refused(f"{said}, {_ATTEMPTS} times")

    async def class_of(self, task_id: str, value_id: str) -> str:
        """The keys of the class that a value of a task is of, joined by slashes; empty where there is no such value."""
        read = await self._look(task_id)
        return next(_keys(read.label_iteration.entry_values, value_id), "")

    async def _look(self, task_id: str) -> _TaskView:
        return await self._queries.look_up(routes.task(self._opened, task_id), _TaskView)


class _Value(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    entry_key_lc_entry: str = ""
    children: list[_Value] = []


class _Iteration(msgspec.Struct, frozen=True, rename="camel"):
    entry_values: list[_Value] = []


class _TaskView(msgspec.Struct, frozen=True, rename="camel"):
    label_task_state: str
    last_changed_config: int = 0
    label_iteration: _Iteration = _Iteration()


def _keys(values: list[_Value], wanted: str, above: str = "") -> Iterator[str]:
    for each in values:
        key = above + each.entry_key_lc_entry
        if each.id == wanted:
            yield key
        yield from _keys(each.children, wanted, f"{key}/")
