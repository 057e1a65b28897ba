"""Looks things up on the server: which routes it opens to us, projects, datasets, media, label configurations."""

from __future__ import annotations

import contextlib
import copy
from typing import TypeVar

import msgspec

from bulk_importer.datagym import routes
from bulk_importer.datagym.reads.listings import CountedRows, MediaRow, RowSink, TaskRow
from bulk_importer.datagym.reads.project_names import AmbiguousProject, listed, meant_by
from bulk_importer.datagym.reads.queries import WHERE_TOKENS_ARE_MADE, Queries
from bulk_importer.datagym.routes import RouteSet
from bulk_importer.errors import NotAuthorised, ProjectNotFound, ServerUnavailable, UsageError
from bulk_importer.events import Advanced, Observer

__all__ = ["TASK_STATES", "Catalog", "Dataset", "Project"]

_R = TypeVar("_R")

TASK_STATES = (
    "BACKLOG",
    "WAITING",
    "WAITING_CHANGED",
    "IN_PROGRESS",
    "SKIPPED",
    "COMPLETED",
    "REVIEWED",
    "REVIEWED_SKIP",
)
"""The states of a task. A list that is asked for without one holds, by token, those of WAITING alone (protocol 3.3)."""

# To read a configuration by token is to read a task, which writes rows that are missing (protocol 3.4). A task that
# people have finished misses none.
_STATES_TO_READ = ("COMPLETED", "REVIEWED", "SKIPPED", "REVIEWED_SKIP", *TASK_STATES[:4])

_PAGE_ROWS = 5000
_NO_TOKEN_ROUTES = frozenset({401, 403, 404, 500})


class Dataset(msgspec.Struct, frozen=True, rename="camel"):
    """A dataset, as the server lists it: on its own, or within a project."""

    id: str
    name: str
    media_count: int = 0
    project_count: int = 0
    media_type: str | None = None
    deleted: bool = False


class Project(msgspec.Struct, frozen=True, rename="camel"):
    """A project, as both sets of routes list it."""

    id: str
    name: str
    media_type: str
    label_configuration_id: str | None = None
    label_iteration_id: str | None = None
    datasets: tuple[Dataset, ...] = ()

    @property
    def media_count(self) -> int:
        """How many media its datasets hold."""
        return sum(dataset.media_count for dataset in self.datasets if not dataset.deleted)


class Catalog:
    """Look-ups on one server. Each is sent again while the server does not answer.

    All of them only read, but for `label_config` by token: to read it is to read a task, and the server then writes
    what rows that task is missing.

    Args:
        emit: receives how far long lists have come.
    """

    def __init__(self, queries: Queries, *, emit: Observer = lambda _: None) -> None:
        self._server = queries.server
        self._emit = emit
        self._queries = queries
        # Found out by `projects`.
        self._routes: RouteSet | None = None
        # By project, the task that its configuration is read with; found out by `label_config`. It stays the same: the
        # first reading writes what the task is missing, so that a later one has nothing to write, and cannot get into
        # the way of an upload for the same media.
        self._config_tasks: dict[str, str] = {}

    def silent(self) -> Catalog:
        """The same catalog, of which no observer hears when look-ups are not answered."""
        other = copy.copy(self)
        other._queries = self._queries.silent()
        return other

    async def route_set(self) -> RouteSet:
        """Which routes the server opens to us. Raises what `projects` raises."""
        if self._routes is None:
            await self.projects()
        assert self._routes is not None
        return self._routes

    async def projects(self) -> list[Project]:
        """The projects that we may see.

        Raises:
            NotAuthorised: neither set of routes is open to us.
            ServerUnavailable: no answer, none of a DataGym, or one that it failed to make.
        """
        answer = await self._queries.ask(routes.projects(RouteSet.TOKEN))
        found = RouteSet.TOKEN
        if answer.status in _NO_TOKEN_ROUTES:
            # A self-hosted server opens no token route; a hosted one refuses the others, so this one decides.
            refusal, answer = answer, await self._queries.ask(routes.projects(RouteSet.OPEN_CORE))
            found = RouteSet.OPEN_CORE
            if answer.status == refusal.status == 404:
                raise ServerUnavailable(
                    self._server,
                    "it has no list of projects, so it is not a DataGym",
                    advice="Check the URL: it should be that of the start page, without a path.",
                )
            if answer.status >= 500:
                # The list for browsers needs no token: where it fails too, the server is ill, whatever it said first.
                raise ServerUnavailable(
                    self._server,
                    f"it answers {answer.status} to the list of projects{self._queries.way}",
                    advice="Its log says why; often its database is away. Nothing is lost; when the start page lists "
                    "projects again, run the same command again.",
                )
            if answer.status != 200:
                raise NotAuthorised(
                    self._server,
                    f"it answers {refusal.status} to the list of projects{self._queries.way}; {WHERE_TOKENS_ARE_MADE}",
                )
        known = self._queries.read(answer, list[Project])
        self._routes = found
        return known

    async def find_project(self, wanted: str) -> Project:
        """The project with this id, with this page, or with this name where only one has it.

        Raises:
            ProjectNotFound: there is none, or several; it names those that exist.
        """
        known = await self.projects()
        found = meant_by(wanted, known)
        if len(found) > 1:
            raise AmbiguousProject(self._server, wanted, listed(wanted, found))
        if not found:
            raise ProjectNotFound(self._server, wanted, listed(wanted, known))
        return found[0]

    async def datasets(self) -> list[Dataset]:
        """The datasets that we may see; by token only those that belong to a project (see `routes.datasets`)."""
        known = await self.projects()
        if self._routes is RouteSet.OPEN_CORE:
            found = await self._queries.look_up(routes.datasets(), list[Dataset])
        else:
            found = list({each.id: each for project in known for each in project.datasets}.values())
        return [each for each in found if not each.deleted]

    async def find_dataset(self, wanted: str) -> Dataset:
        """The dataset with this id, or with this name where only one has it.

        Raises:
            UsageError: there is none, or several; it names those that exist.
        """
        known = await self.datasets()
        found = meant_by(wanted, known)
        if len(found) != 1:
            shown = ", ".join(listed(wanted, found or known))
            what = "several datasets of the name" if found else "no dataset"
            raise UsageError(
                f"{self._server} has {what} {wanted!r}."
                + (f" It has: {shown}." if shown else "")
                + " Give --dataset an id or a name that only one has."
            )
        return found[0]

    async def tasks(self, project: Project, sink: RowSink[TaskRow], *, state: str | None = None) -> None:
        """Hand the tasks of a project to `sink`, in `state` or in all.

        The lists are read one after the other, in the order in which work goes on: a task that is worked on meanwhile
        comes twice, with the same id; one that is moved back may be missed.
        """
        opened = await self.route_set()
        sink = self._counted(sink, project.name, project.media_count)
        for each in TASK_STATES if state is None else (state,):
            await self._queries.rows(routes.project_task_list(opened, project.id, each), TaskRow, sink)

    async def media(self, dataset: Dataset, sink: RowSink[MediaRow]) -> None:
        """Hand the media of a dataset to `sink`."""
        opened = await self.route_set()
        sink = self._counted(sink, dataset.name, dataset.media_count)
        below = "media" if opened is RouteSet.TOKEN else None
        await self._queries.rows(routes.dataset_media(opened, dataset.id), MediaRow, sink, below=below)

    async def label_config(self, project: Project) -> list[object]:
        """The classes of the label configuration of a project as the server writes them, decoded.

        Raises:
            UsageError: by token, and the project has no task.
        """
        if project.label_configuration_id is not None:
            # Tried first, whoever we are: it writes nothing. A hosted server opens it to browsers alone.
            answer = await self._queries.ask(routes.label_configuration(project.label_configuration_id))
            if await self.route_set() is RouteSet.OPEN_CORE:
                return self._queries.read(answer, _Configuration).entries
            if answer.status == 200:
                with contextlib.suppress(ServerUnavailable):
                    return self._queries.read(answer, _Configuration).entries
        wanted = self._config_tasks.get(project.id) or await self._finished_task(project)
        if wanted is None:
            raise UsageError(
                f"The project {project.name!r} has no media yet, and by token a label configuration can only be read "
                "together with one. Connect a dataset with the project, or give --label-config FILE."
            )
        self._config_tasks[project.id] = wanted
        read = await self._queries.look_up(routes.task(RouteSet.TOKEN, wanted), _TaskView)
        return read.label_config.entries

    async def _finished_task(self, project: Project) -> str | None:
        """The id of a task of the project, one that people have finished where there is one; None without tasks."""
        opened = await self.route_set()
        for state in _STATES_TO_READ:
            path = routes.project_task_list(opened, project.id, state, limit=1)
            rows = await self._queries.look_up(path, list[TaskRow])
            if rows:
                return rows[0].task_id
        return None

    async def media_pages(self, dataset: Dataset, sink: RowSink[MediaRow]) -> None:
        """Hand the media of a dataset to `sink`, page by page; open-core only."""
        page, pages = 0, 1
        sink = self._counted(sink, dataset.name, dataset.media_count)
        while page < pages:
            path = routes.dataset_media_page(dataset.id, page, _PAGE_ROWS)
            found = await self._queries.look_up(path, _Page)
            sink.rewind()
            sink.take(found.elements)
            sink.keep()
            page, pages = page + 1, found.total_pages

    def _counted(self, sink: RowSink[_R], of: str, total: int) -> RowSink[_R]:
        """The sink; an event tells after each piece how many rows it has."""

        def tell(rows: int) -> None:
            self._emit(
                Advanced(work=f"listing the media of {of}", done=rows, total=max(rows, total), unit="media")
            )

        return CountedRows(sink, tell)


class _Configuration(msgspec.Struct, frozen=True, rename="camel"):
    entries: list[object]


class _TaskView(msgspec.Struct, frozen=True, rename="camel"):
    label_config: _Configuration


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    elements: list[MediaRow]
    total_pages: int
