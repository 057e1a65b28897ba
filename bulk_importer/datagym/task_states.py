"""Completes, skips and reviews tasks, a request for each step, and says what became of it (protocol 3.5, 3.8).

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
    REVIEWED = "REVIEWED"
    REVIEWED_SKIP = "REVIEWED_SKIP"

    @property
    def held_as(self) -> frozenset[str]:
        """The states in which a task has it; what is reviewed is completed, or skipped, too."""
        return _HELD_AS[self]

    @property
    def comes_after(self) -> TaskState | None:
        """The state that a task has to have before; None where it may have any."""
        return _COMES_AFTER.get(self)


_HELD_AS = {
    TaskState.COMPLETED: frozenset({"COMPLETED", "REVIEWED"}),
    TaskState.SKIPPED: frozenset({"SKIPPED", "REVIEWED_SKIP"}),
    TaskState.REVIEWED: frozenset({"REVIEWED"}),
    TaskState.REVIEWED_SKIP: frozenset({"REVIEWED_SKIP"}),
}
_COMES_AFTER = {
    TaskState.REVIEWED: TaskState.COMPLETED,
    TaskState.REVIEWED_SKIP: TaskState.SKIPPED,
}
_CHANGES = {TaskState.COMPLETED: "completeTask", TaskState.SKIPPED: "skipTask"}


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
        """Give a task a state, by way of the one that has to come before.

        By token no task can be reviewed: then it is completed, or skipped, and refused.

        Args:
            config_changed_ms: what `config_changed_ms` said; the server completes nothing where it is more by now.

        Raises:
            ServerUnavailable, Interrupted: there was no answer. Whether the task has the state is not known then.
        """
        before = state.comes_after
        if before is None:
            path = routes.task_change(self._opened, task_id, _CHANGES[state])
            return await self._put(task_id, state, path, {"lastChangedConfig": config_changed_ms})
        if not await self._has(task_id, before):
            verdict = await self.give(task_id, before, config_changed_ms=config_changed_ms)
            if not isinstance(verdict, Changed):
                return verdict
        if self._opened is RouteSet.TOKEN:
            return Refused(f"it is {before.lower()}, and by token it cannot be reviewed: do that in DataGym")
        return await self._put(
            task_id, state, routes.task_review(), {"taskId": task_id, "reviewComment": None}
        )

    async def _has(self, task_id: str, state: TaskState) -> bool:
        return (await self._look(task_id)).label_task_state in state.held_as

    async def _put(
        self, task_id: str, state: TaskState, path: str, body: object
    ) -> Changed | Refused | Ended:
        """Take one step, however often it has to be asked for."""
        content = msgspec.json.encode(body)

        async def has_it() -> bool:
            return await self._has(task_id, state)

        said = ""
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await self._queries.change(path, content, is_done=has_it)
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
