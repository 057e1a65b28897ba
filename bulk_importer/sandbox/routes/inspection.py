"""What no DataGym has: prepares projects, tells what media hold and which requests came.

Tests in the process use the methods, other processes the routes below `/sandbox`.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib import resources
from typing import Any, Final

from aiohttp import web

from bulk_importer.sandbox.auth import Caller
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.refusals import Refused
from bulk_importer.sandbox.responses import json_answer
from bulk_importer.sandbox.world.classes import LabelClass
from bulk_importer.sandbox.world.config_changes import put_config
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.projects import connect, create_dataset, create_project
from bulk_importer.sandbox.world.store import ORGANISATION
from bulk_importer.sandbox.world.values import canonical

__all__ = ["Inspection", "Prepared", "ProjectHeld", "built_in_label_config", "projects_held"]

_EVERYONE: Final = Caller(False, None)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which takes three quarters of the time while labels of many media are made."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A project that labels can be imported into. Media and tasks are in the order of the media's names."""

    id: str
    name: str
    config_id: str
    iteration_id: str
    dataset_id: str
    media_ids: tuple[str, ...]
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectHeld:
    """Counts of what a sandbox holds of a project.

    Attributes:
        media: media, each with a task.
        labelled: media whose labels were ever written.
        values: root values of all media.
        finished: tasks that people have finished.
    """

    id: str
    name: str
    media: int
    labelled: int
    values: int
    finished: int


def projects_held(context: SandboxContext) -> list[ProjectHeld]:
    """The projects that are not deleted, the oldest first. Runs on the store's thread."""
    rows = context.store.rows(
        "SELECT project.number, name, count(task.number) AS tasks, count(labels.task) AS labelled,"
        " coalesce(sum(roots), 0) AS held,"
        " sum(state IN ('COMPLETED', 'REVIEWED', 'SKIPPED', 'REVIEWED_SKIP')) AS finished FROM project"
        " LEFT JOIN task ON task.project = project.number LEFT JOIN labels ON labels.task = task.number"
        " WHERE delete_time IS NULL GROUP BY project.number ORDER BY project.number"
    )
    return [
        ProjectHeld(
            context.ids.text(IdKind.PROJECT, row["number"]),
            row["name"],
            row["tasks"],
            row["labelled"],
            row["held"],
            row["finished"] or 0,
        )
        for row in rows
    ]


def built_in_label_config() -> list[dict[str, Any]]:
    """A label configuration with every type, as a person would create it: cars, buses, streets, weather."""
    text = resources.files("bulk_importer.sandbox.routes").joinpath("label-config.json").read_text("utf-8")
    roots: list[dict[str, Any]] = json.loads(text)
    return roots


class Inspection:
    """Prepares projects in the store of one sandbox, and tells what the store holds."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the routes with the router."""
        router.add_get("/sandbox/requests", self._requests)
        router.add_get("/sandbox/commits", self._commits)
        router.add_post("/sandbox/projects", self._prepare)
        router.add_get("/sandbox/projects/{id}/labels", self._labels)

    async def prepare(
        self,
        name: str | None,
        media: int,
        label_config: Sequence[dict[str, Any]] | None,
        media_type: str,
        owner: str,
    ) -> Prepared:
        """Create project, dataset, media, tasks and configuration in one transaction; see `Sandbox.prepare`."""
        context = self._context
        roots = built_in_label_config() if label_config is None else label_config

        def create() -> Prepared:
            store, now_ms = context.store, context.now_ms()
            body = {"name": name or self._free_name(), "owner": owner, "mediaType": media_type}
            body |= {"shortDescription": "to rehearse on", "description": ""}
            project, dataset = create_project(store, body, now_ms), create_dataset(store, body, now_ms)
            first = int(store.value("SELECT coalesce(max(number), 0) FROM media")) + 1
            store.execute_many(
                "INSERT INTO media (number, dataset, name, url, timestamp) VALUES (?, ?, ?, ?, ?)",
                (
                    (first + n, dataset, f"img{n:06}.jpg", f"http://media.invalid/img{n:06}.jpg", now_ms)
                    for n in range(media)
                ),
            )
            put_config(store, context.ids, project, roots, now_ms)
            connect(store, project, dataset)
            return self._prepared(project, dataset, str(body["name"]))

        return await context.in_transaction(create)

    def _free_name(self) -> str:
        store, number, name = self._context.store, 1, "sandbox"
        while store.value(
            "SELECT 1 FROM project WHERE name = ? UNION SELECT 1 FROM dataset WHERE name = ?", name, name
        ):
            number += 1
            name = f"sandbox {number}"
        return name

    def _prepared(self, project: int, dataset: int, name: str) -> Prepared:
        text = self._context.ids.text
        tasks = self._context.store.rows(
            "SELECT number, media FROM task WHERE project = ? ORDER BY media_name, number", project
        )
        return Prepared(
            text(IdKind.PROJECT, project),
            name,
            text(IdKind.CONFIG, project),
            text(IdKind.ITERATION, project),
            text(IdKind.DATASET, dataset),
            tuple(text(IdKind.MEDIA, media) for _, media in tasks),
            tuple(text(IdKind.TASK, task) for task, _ in tasks),
        )

    async def find(self, name: str) -> Prepared | None:
        """The project with this name that has a dataset; the last one if there are several, None if there is none."""

        def look() -> Prepared | None:
            found = self._context.store.row(
                "SELECT project, dataset FROM project JOIN project_dataset ON project = number"
                " WHERE name = ? AND delete_time IS NULL ORDER BY number DESC, dataset",
                name,
            )
            return self._prepared(found["project"], found["dataset"], name) if found else None

        return await self._context.on_store(look)

    async def projects(self) -> list[ProjectHeld]:
        """The projects that are not deleted, the oldest first, whoever made them."""
        return await self._context.on_store(lambda: projects_held(self._context))

    async def labels(self, project_id: str) -> dict[str, list[dict[str, object]]]:
        """The labels of each media of a project, by media id, in canonical form; without labels an empty list."""
        context, last = self._context, 0
        number, media_of, classes = await context.on_store(lambda: self._media_of(project_id))
        held: dict[str, list[dict[str, object]]] = {media_id: [] for media_id in media_of.values()}
        with _collector_paused():
            # In pieces, so that others get their turn at the store.
            while found := await context.on_store(partial(context.store.labels_after, number, last, 200)):
                for task, labels in found:
                    held[media_of[task]] = canonical(labels.roots, classes)
                last = found[-1][0]
        return held

    async def count_labelled(self, project_id: str) -> int:
        """How many media of a project hold any labels."""

        def count() -> int:
            project = self._context.project(project_id, _EVERYONE, deleted=True)["number"]
            return int(
                self._context.store.value(
                    "SELECT count(*) FROM task JOIN labels ON task = number WHERE project = ? AND roots > 0",
                    project,
                )
            )

        return await self._context.on_store(count)

    def _media_of(self, project_id: str) -> tuple[int, dict[int, str], dict[int, LabelClass]]:
        store, ids = self._context.store, self._context.ids
        project = self._context.project(project_id, _EVERYONE, deleted=True)["number"]
        tasks = store.rows("SELECT number, media FROM task WHERE project = ?", project)
        media_of = {task: ids.text(IdKind.MEDIA, media) for task, media in tasks}
        return project, media_of, store.config(project).by_number()

    async def _requests(self, _: web.Request) -> web.StreamResponse:
        return json_answer(self._context.request_log.as_json())

    async def _commits(self, _: web.Request) -> web.StreamResponse:
        return json_answer(dict(self._context.request_log.commits))

    async def _labels(self, request: web.Request) -> web.StreamResponse:
        return json_answer(await self.labels(request.match_info["id"]))

    async def _prepare(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
            prepared = await self.prepare(
                body.get("name"),
                int(body.get("media", 3)),
                body.get("label_config"),
                str(body.get("media_type", "IMAGE")),
                str(body.get("owner", ORGANISATION)),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise Refused(400, "ex_validation") from error
        return json_answer(asdict(prepared))
