"""The routes of tasks, labels and configurations, for tokens and for browsers (protocol 3.3 to 3.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from aiohttp import web

from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.refusals import Refused, generic, not_found
from bulk_importer.sandbox.responses import stream_array
from bulk_importer.sandbox.routing import ApiCall, Route, for_browsers, for_tokens, in_transaction, on_store
from bulk_importer.sandbox.views.values import exported_config
from bulk_importer.sandbox.world.empty_values import create_missing, extend_nested
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.label_writer import LabelWriter
from bulk_importer.sandbox.world.store import TASK_STATES, Row
from bulk_importer.sandbox.world.tasks import complete, move, search_words
from bulk_importer.sandbox.world.values import MediaLabels

__all__ = ["TaskRoutes"]

# Rows a piece of a task list: one piece is one visit to the store's thread, of about 5 ms.
_PIECE: Final = 1000
_EVERYTHING: Final = (1 << 63) - 1


class TaskRoutes:
    """Reads tasks, their labels and the label configuration; completes and skips tasks."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context
        self._store = context.store
        self._ids = context.ids
        self._views = context.views

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the routes with the router."""
        read, change = partial(on_store, self._context), partial(in_transaction, self._context)
        for method, path, handler in (
            ("GET", "/api/v1/task/{id}/list", self._token_tasks),
            ("GET", "/api/v1/task/{id}", change(self._task)),
            ("GET", "/api/v1/exportVideoTask/{id}", read(self._video)),
            ("PUT", "/api/v1/task/{id}/completeTask", change(self._complete)),
            ("PUT", "/api/v1/task/{id}/skipTask", change(self._skip)),
        ):
            _put_up(router, method, path, for_tokens(self._context, handler))
        for method, path, handler in (
            ("GET", "/api/project/{id}/task", self._tasks),
            ("GET", "/api/lconfig/{id}", read(self._config)),
            ("GET", "/api/lconfig/{id}/export", read(self._exported_config)),
            ("GET", "/api/lcvalues/{iteration}/{media}/{task}", read(self._labels)),
            ("GET", "/api/task/{id}", change(self._task)),
            ("PUT", "/api/task/{id}/completeTask", change(self._complete)),
            ("PUT", "/api/task/{id}/skipTask", change(self._skip)),
        ):
            _put_up(router, method, path, for_browsers(self._context, handler))

    # ------------------------------------------------------------------------------------------------ lists

    async def _token_tasks(self, call: ApiCall) -> web.StreamResponse:
        # Protocol 3.3: without a state, the server silently takes WAITING on the token route.
        return await self._task_list(call, "WAITING", allowed="_ -")

    async def _tasks(self, call: ApiCall) -> web.StreamResponse:
        return await self._task_list(call, None, allowed="_ ,.-")

    async def _task_list(
        self, call: ApiCall, default_state: str | None, *, allowed: str
    ) -> web.StreamResponse:
        query = call.request.query
        state = query.get("state") or default_state
        if state is not None and state not in TASK_STATES:
            raise Refused(400, "ex_validation", "state")
        words = search_words(query.get("search", ""), allowed)
        limit = call.query_number("limit", 0) or _EVERYTHING
        project = await self._context.on_store(lambda: self._context.project(call.in_path(), call.caller))
        return await stream_array(call.request, self._tasks_of(project, state, words, limit))

    async def _tasks_of(
        self, project: Row, state: str | None, words: list[str], limit: int
    ) -> AsyncIterator[list[object]]:
        number, name = project["number"], project["name"]
        after: tuple[str, int] = ("", 0)

        def piece() -> list[Row]:
            # LIKE, as on the server: an underscore in a word stands for any character.
            wanted = " AND (media_name LIKE ? OR labeler LIKE ?)" * len(words)
            wanted += "" if state is None else " AND state = ?"
            return self._store.rows(
                "SELECT task.* FROM task JOIN media ON media.number = task.media"  # noqa: S608 - placeholders only
                " WHERE project = ? AND type != 'BENCHMARK_SLAVE' AND NOT deleted"
                f" AND (media_name, task.number) > (?, ?){wanted} ORDER BY media_name, task.number LIMIT ?",
                number,
                *after,
                *(f"%{word}%" for word in words for _ in range(2)),
                *([] if state is None else [state]),
                min(_PIECE, limit),
            )

        while limit > 0 and (rows := await self._context.on_store(piece)):
            limit -= len(rows)
            after = (rows[-1]["media_name"], rows[-1]["number"])
            yield self._views.tasks(rows, number, name)

    # -------------------------------------------------------------------------------------------- one task

    def _task(self, call: ApiCall) -> object:
        """Configuration and labels of one media. It writes: what is missing is created (protocol 3.4)."""
        task, project = self._context.task(call.in_path(), call.caller)
        labels = self._labels_made_whole(task, call)
        media = self._row("SELECT * FROM media WHERE number = ?", task["media"])
        dataset = self._row("SELECT * FROM dataset WHERE number = ?", media["dataset"])
        return {
            "taskId": call.in_path(),
            "labelTaskState": task["state"],
            "projectName": project["name"],
            "labelConfig": self._views.config(project["number"]),
            "labelIteration": self._views.iteration(project["number"], task, labels),
            "media": self._views.media(media),
            "reviewComment": task["review_comment"],
            "aiSegLimitReached": False,
            "lastChangedConfig": self._store.config(project["number"]).changed_ms,
            "reviewActivated": bool(project["review"]),
            "projectType": project["media_type"],
            "datasetId": self._ids.text(IdKind.DATASET, dataset["number"]),
            "datasetName": dataset["name"],
        }

    def _row(self, statement: str, number: int) -> Row:
        row = self._store.row(statement, number)
        if row is None:
            raise LookupError(f"a row that others point at is missing: {statement} {number}")
        return row

    def _labels_made_whole(self, task: Row, call: ApiCall) -> MediaLabels:
        labels = self._store.labels(task["number"])
        config = self._store.config(task["project"])
        writer = LabelWriter(self._context.now_ms(), call.caller.by_token)
        create_missing(labels, config, writer)
        extend_nested(labels, config, writer)
        if writer.written:
            self._store.put_labels(task["number"], labels)
        return labels

    def _complete(self, call: ApiCall) -> object:
        last_changed_ms = call.an_object().get("lastChangedConfig")
        if not isinstance(last_changed_ms, int):
            raise Refused(400, "ex_validation", "lastChangedConfig")
        task, project = self._context.task(call.in_path(), call.caller)
        is_video = project["media_type"] == "VIDEO"
        changed = complete(self._store, self._ids, task, call.in_path(), last_changed_ms, is_video=is_video)
        if not changed:
            self._context.use_quota()
        return {"hasLabelConfigChanged": changed, "currentTaskId": call.in_path()}

    def _skip(self, call: ApiCall) -> object:
        task, _ = self._context.task(call.in_path(), call.caller)
        move(self._store, task, call.in_path(), "SKIPPED", as_from="IN_PROGRESS")
        self._context.use_quota()
        return None

    def _video(self, call: ApiCall) -> object:
        """What changes in a video, which is nothing: imported values have no changes (protocol 2.11)."""
        _, project = self._context.task(call.in_path(), call.caller)
        if project["media_type"] != "VIDEO":
            raise generic("invalid_project_mediatype")
        return {"frames": {}, "object": {}}

    # ---------------------------------------------------------------------------- configuration and labels

    def _config(self, call: ApiCall) -> object:
        return self._views.config(self._context.config(call.in_path(), call.caller)["number"])

    def _exported_config(self, call: ApiCall) -> object:
        project = self._context.config(call.in_path(), call.caller)["number"]
        return exported_config(self._store.config(project))

    def _labels(self, call: ApiCall) -> object:
        """The labels of one media, read and not written (protocol 3.6)."""
        project = self._ids.number(IdKind.ITERATION, call.in_path("iteration"))
        row = self._store.row("SELECT number, owner FROM project WHERE number = ?", project)
        if row is None:
            raise not_found("Label Iteration", "id", call.in_path("iteration"))
        call.caller.require(row["owner"])
        media = self._ids.number(IdKind.MEDIA, call.in_path("media"))
        if not self._store.value("SELECT 1 FROM media WHERE number = ?", media):
            raise not_found("media", "id", call.in_path("media"))
        task = self._store.row(
            "SELECT number, media FROM task WHERE number = ? AND project = ? AND media = ?",
            self._ids.number(IdKind.TASK, call.in_path("task")),
            project,
            media,
        )
        if task is None:  # no error: the server finds no values for that combination
            return self._views.empty_iteration(row["number"])
        return self._views.iteration(row["number"], task, self._store.labels(task["number"]))


def _put_up(router: web.UrlDispatcher, method: str, path: str, route: Route) -> None:
    if method == "GET":
        router.add_get(path, route)  # answers HEAD, too
    else:
        router.add_route(method, path, route)
