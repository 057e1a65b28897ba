"""The routes that change projects, datasets, media, configurations, tasks and tokens (protocol 3.8)."""

from __future__ import annotations

import uuid

from aiohttp import web

from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.refusals import Refused, generic, not_found
from bulk_importer.sandbox.routing import ApiCall, for_browsers, for_tokens, in_transaction
from bulk_importer.sandbox.world.config_changes import put_config
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.projects import add_media, connect, create_dataset, create_project
from bulk_importer.sandbox.world.tasks import move

__all__ = ["SetupRoutes"]

_MOVES = {"toWaiting": "WAITING", "toBacklog": "BACKLOG", "skipToWC": "WAITING_CHANGED"}


class SetupRoutes:
    """Changes everything but labels. Each request is one transaction."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context
        self._store = context.store

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the routes with the router."""
        for method, path, work in (
            ("POST", "/api/project", self._create_project),
            ("POST", "/api/dataset", self._create_dataset),
            ("POST", "/api/dataset/{id}/url", self._add_urls),
            ("POST", "/api/project/{id}/dataset/{dataset}", self._connect),
            ("PUT", "/api/lconfig/{id}", self._put_config),
            ("POST", "/api/lconfig/{id}/import", self._import_config),
            ("DELETE", "/api/lconfig/{id}", self._clear_config),
            ("POST", "/api/token", self._create_token),
            ("DELETE", "/api/token/{id}", self._delete_token),
            ("DELETE", "/api/project/{id}", self._delete_project),
            ("DELETE", "/api/project/{id}/restore", self._restore_project),
            ("DELETE", "/api/dataset/{id}", self._delete_dataset),
            ("PUT", "/api/task/moveAll", self._move_all),
            ("PUT", "/api/task/reviewedSuccess", self._review),
            ("PUT", "/api/task/{id}/activateBenchmark", self._activate_benchmark),
            ("PUT", "/api/task/{id}/deactivateBenchmark", self._deactivate_benchmark),
            ("PUT", "/api/task/{id}/{move:toWaiting|toBacklog|skipToWC}", self._move),
        ):
            router.add_route(method, path, for_browsers(self._context, in_transaction(self._context, work)))
        for method, path, work in (
            ("POST", "/api/v1/dataset", self._create_dataset),
            ("POST", "/api/v1/media/{id}/url", self._add_urls),
            ("DELETE", "/api/v1/media/{id}", self._delete_media),
            ("POST", "/api/v1/project/{id}/dataset/{dataset}", self._connect),
            ("PUT", "/api/v1/config/{id}", self._import_config),
            ("DELETE", "/api/v1/config/{id}", self._clear_config),
        ):
            router.add_route(method, path, for_tokens(self._context, in_transaction(self._context, work)))

    # ------------------------------------------------------------------------------ projects and datasets

    def _create_project(self, call: ApiCall) -> object:
        given = call.an_object()
        call.caller.require(str(given.get("owner")))
        number = create_project(self._store, given, self._context.now_ms())
        return self._views_project(number)

    def _views_project(self, number: int) -> object:
        row = self._store.row("SELECT * FROM project WHERE number = ?", number)
        return row and self._context.views.project(row)

    def _create_dataset(self, call: ApiCall) -> object:
        given = call.an_object()
        if call.caller.by_token and call.caller.organisation is not None:
            given["owner"] = call.caller.organisation
        call.caller.require(str(given.get("owner")))
        number = create_dataset(self._store, given, self._context.now_ms())
        row = self._store.row("SELECT * FROM dataset WHERE number = ?", number)
        return row and {**self._context.views.dataset(row), "media": []}

    def _add_urls(self, call: ApiCall) -> object:
        if not isinstance(call.body, list) or not all(isinstance(url, str) for url in call.body):
            raise Refused(400, "ex_validation")
        dataset = self._context.dataset(call.in_path(), call.caller)
        if dataset["media_type"] == "VIDEO":
            raise generic("url_not_allowed_mediatype")
        urls = dict.fromkeys(call.body)  # a set: a URL counts once
        return add_media(self._store, self._context.ids, dataset["number"], urls, self._context.now_ms())

    def _delete_media(self, call: ApiCall) -> object:
        number = self._context.ids.number(IdKind.MEDIA, call.in_path())
        if not self._store.execute("UPDATE media SET deleted = 1 WHERE number = ?", number):
            raise not_found("media", "id", call.in_path())
        return None

    def _connect(self, call: ApiCall) -> object:
        project = self._context.project(call.in_path(), call.caller, deleted=True)
        dataset = self._context.dataset(call.in_path("dataset"), call.caller, name="Dataset")
        if project["media_type"] != dataset["media_type"]:
            raise generic("mediatype_missmatch")
        connect(self._store, project["number"], dataset["number"])
        return None

    def _delete_dataset(self, call: ApiCall) -> object:
        number = self._context.dataset(call.in_path(), call.caller)["number"]
        self._store.execute(
            "UPDATE dataset SET delete_time = ? WHERE number = ?", self._context.now_ms(), number
        )
        self._store.execute("UPDATE media SET deleted = 1 WHERE dataset = ?", number)
        row = self._store.row("SELECT * FROM dataset WHERE number = ?", number)
        return row and {**self._context.views.dataset(row), "media": []}

    def _delete_project(self, call: ApiCall) -> object:
        project = self._context.project(call.in_path(), call.caller, deleted=True)
        now_ms = self._context.now_ms()
        self._store.execute("UPDATE project SET delete_time = ? WHERE number = ?", now_ms, project["number"])
        return self._views_project(project["number"])

    def _restore_project(self, call: ApiCall) -> object:
        project = self._context.project(call.in_path(), call.caller, deleted=True)
        self._store.execute("UPDATE project SET delete_time = NULL WHERE number = ?", project["number"])
        return self._views_project(project["number"])

    # ------------------------------------------------------------------------------------- configuration

    def _put_config(self, call: ApiCall) -> object:
        project = self._context.config(call.in_path(), call.caller)["number"]
        keep_states = call.request.query.get("changeStatus", "true").lower() == "false"
        now_ms = self._context.now_ms()
        put_config(
            self._store, self._context.ids, project, call.objects(), now_ms, move_tasks=not keep_states
        )
        return self._context.views.config(project)

    def _import_config(self, call: ApiCall) -> object:
        project = self._context.config(call.in_path(), call.caller)["number"]
        if self._store.config(project).roots:
            raise generic("config_not_cleared", call.in_path())
        return self._put_config(call)

    def _clear_config(self, call: ApiCall) -> object:
        project = self._context.config(call.in_path(), call.caller)["number"]
        put_config(self._store, self._context.ids, project, [], self._context.now_ms())
        self._store.execute(
            "UPDATE task SET state = iif(type = 'DEFAULT', 'WAITING_CHANGED', 'IN_PROGRESS')"
            " WHERE project = ? AND state IN ('COMPLETED', 'REVIEWED')",
            project,
        )
        return {"configId": call.in_path()}

    # --------------------------------------------------------------------------------------------- tasks

    def _move(self, call: ApiCall) -> object:
        task_id = call.in_path()
        task, project = self._context.task(task_id, call.caller)
        move(self._store, task, task_id, _MOVES[call.in_path("move")])
        moved, _ = self._context.task(task_id, call.caller)
        return self._context.views.tasks([moved], project["number"], project["name"])[0]

    def _move_all(self, call: ApiCall) -> object:
        given = call.an_object()
        project = self._context.project(str(given.get("projectId")), call.caller)
        direction = str(given.get("direction")).upper()
        if direction not in ("BACKLOG", "WAITING"):
            raise generic("wrong_label_task_state")
        moving = "('WAITING', 'WAITING_CHANGED')" if direction == "BACKLOG" else "('BACKLOG')"
        where, arguments = "", [direction, project["number"]]
        if given.get("datasetId") != "ALL":
            dataset = self._context.dataset(str(given.get("datasetId")), call.caller, name="Dataset")
            where = " AND media IN (SELECT number FROM media WHERE dataset = ?)"
            arguments.append(dataset["number"])
        # S608: only texts of our own are put in.
        statement = f"UPDATE task SET state = ? WHERE project = ? AND state IN {moving}{where}"  # noqa: S608
        self._store.execute(statement, *arguments)
        return None

    def _review(self, call: ApiCall) -> object:
        task_id = str(call.an_object().get("taskId"))
        task, _ = self._context.task(task_id, call.caller)
        reviewed = {"COMPLETED": "REVIEWED", "SKIPPED": "REVIEWED_SKIP"}.get(task["state"])
        if reviewed is None:
            raise generic("wrong_label_task_state", task_id)
        comment = call.an_object().get("reviewComment")
        self._store.execute("UPDATE task SET review_comment = ? WHERE number = ?", comment, task["number"])
        move(self._store, task, task_id, reviewed)
        return None

    def _activate_benchmark(self, call: ApiCall) -> object:
        task, _ = self._context.task(call.in_path(), call.caller)
        self._store.execute(
            "UPDATE task SET type = 'BENCHMARK_MASTER', state = 'IN_PROGRESS',"
            " labeler = 'open-core-dummy-user-sub' WHERE number = ?",
            task["number"],
        )
        return None

    def _deactivate_benchmark(self, call: ApiCall) -> object:
        task, _ = self._context.task(call.in_path(), call.caller)
        self._store.execute(
            "UPDATE task SET type = 'DEFAULT', labeler = NULL WHERE number = ?", task["number"]
        )
        return None

    # -------------------------------------------------------------------------------------------- tokens

    def _create_token(self, call: ApiCall) -> object:
        given = call.an_object()
        name, owner = given.get("name"), given.get("owner")
        if not isinstance(name, str) or not name or not isinstance(owner, str):
            raise Refused(400, "ex_validation", "name")
        now_ms = self._context.now_ms()
        token = str(uuid.uuid4())
        self._store.execute(
            "INSERT INTO token (token, name, owner, created) VALUES (?, ?, ?, ?)", token, name, owner, now_ms
        )
        return self._token_view(token)

    def _delete_token(self, call: ApiCall) -> object:
        token = call.in_path()
        now_ms = self._context.now_ms()
        if not self._store.execute(
            "UPDATE token SET deleted = 1, delete_time = ? WHERE token = ?", now_ms, token
        ):
            raise not_found("ApiToken", "id", token)
        return self._token_view(token)

    def _token_view(self, token: str) -> object:
        row = self._store.row("SELECT * FROM token WHERE token = ?", token)
        return row and {
            "id": row["token"],
            "name": row["name"],
            "owner": row["owner"],
            "createdAt": row["created"],
            "deleted": bool(row["deleted"]),
            "deleteTime": row["delete_time"],
            "lastUsed": row["last_used"],
        }
