"""Reads what media hold: which task a media belongs to, and the labels behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.reads.catalog import Catalog, Project
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.reads.queries import Queries
from bulk_importer.datagym.reads.server_clock import ServerClock
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.labels.entry import lane_of

__all__ = ["LabelReader", "Reading"]

_V = TypeVar("_V")


class Reading(msgspec.Struct, Generic[_V], frozen=True):
    """What a media held at a time.

    Attributes:
        values: its root values.
        size: bytes of the answer.
    """

    values: list[_V]
    size: int


class LabelReader:
    """Reads labels of the media of one project.

    By token the only way is to read a task, and the server then writes what rows it is missing (protocol 3.4): so
    nothing of that media may be in flight, and it should be asked once.

    Args:
        writes: whether reading writes, where that is known; else it is found out with one media, before the first.
    """

    def __init__(
        self,
        queries: Queries,
        catalog: Catalog,
        project: Project,
        *,
        writes: bool | None = None,
    ) -> None:
        self._queries = queries
        self._catalog = catalog
        self._project = project
        # Whether the route that writes nothing is open to us; found out by `writes`.
        self._writes = writes

    @property
    def server(self) -> str:
        """The URL of the server."""
        return self._queries.server

    @property
    def server_clock(self) -> ServerClock:
        """As of `Queries`."""
        return self._queries.server_clock

    async def writes(self, task: TaskRow) -> bool:
        """Whether reading a media writes to it; found out once, with the media of `task`."""
        if self._writes is None:
            # A server that opens the token routes may open this one, too; a hosted one opens it to browsers alone.
            answer = await self._queries.ask(self._free_path(task))
            self._writes = answer.status != 200 or not _is_iteration(answer.body)
        return self._writes

    async def tasks(self, lanes: Sequence[str]) -> dict[str, TaskRow]:
        """The tasks of these media, by lane; a media that has none in this project is left out."""
        wanted = _Wanted(lanes)
        await self._catalog.tasks(self._project, wanted)
        return wanted.found

    async def read(self, task: TaskRow, kind: type[_V]) -> Reading[_V]:
        """The root values of the media of `task`, decoded as `kind`.

        Raises:
            ServerError: there is no answer, or not one of a DataGym.
        """
        by_token = await self.writes(task)
        path = routes.task(RouteSet.TOKEN, task.task_id) if by_token else self._free_path(task)
        answer = await self._queries.ask(path)
        if by_token:
            values = self._queries.read(answer, _TaskView[kind]).label_iteration.entry_values  # type: ignore[valid-type]  # a type that is a value
        else:
            values = self._queries.read(answer, _Iteration[kind]).entry_values  # type: ignore[valid-type]  # as above
        return Reading(values, len(answer.body))

    def _free_path(self, task: TaskRow) -> str:
        return routes.labels(self._project.label_iteration_id or "", task.media_id, task.task_id)


class _Wanted:
    """Keeps the rows of a few media out of a long list."""

    def __init__(self, lanes: Sequence[str]) -> None:
        self._lanes = frozenset(lanes)
        self.found: dict[str, TaskRow] = {}

    def rewind(self) -> None:
        """Keep the rows: one that comes again replaces itself."""

    def keep(self) -> None:
        """Do nothing: each row is right by itself."""

    def take(self, rows: Sequence[TaskRow]) -> None:
        for row in rows:
            lane = lane_of(row.media_id)
            if lane in self._lanes and row.label_task_type == "DEFAULT":
                self.found[lane] = row


class _Iteration(msgspec.Struct, Generic[_V], frozen=True, rename="camel"):
    entry_values: list[_V]


class _TaskView(msgspec.Struct, Generic[_V], frozen=True, rename="camel"):
    label_iteration: _Iteration[_V]


def _is_iteration(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=_Iteration[msgspec.Raw])
    except msgspec.MsgspecError:
        return False
    return True
