"""The routes that set a project up (protocol 3.8), move tasks, delete things and make tokens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from bulk_importer.sandbox.access import Caller, token_of
from bulk_importer.sandbox.backroom import Backroom
from bulk_importer.sandbox.projects import add_media, connect, create_dataset, create_project, put_config
from bulk_importer.sandbox.refusals import Refused, generic, not_found
from bulk_importer.sandbox.tasks import move
from bulk_importer.sandbox.writing import json_answer

__all__ = ["SetupRoutes"]

_MOVES = {"toWaiting": "WAITING", "toBacklog": "BACKLOG", "skipToWC": "WAITING_CHANGED"}

_Work = Callable[[Caller, web.Request, Any], object]


class SetupRoutes:
    """Changes everything but labels. Each route is one transaction."""

    def __init__(self, backroom: Backroom) -> None:
        self._backroom = backroom
        self._store = backroom.store

    def register(self, router: web.UrlDispatcher) -> None:
        """Put the routes up."""
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
            ("PUT", "/api/task/moveAll", self._move_all),
            ("PUT", "/api/task/reviewedSuccess", self._review),
            ("PUT", "/api/task/{id}/activateBenchmark", self._activate_benchmark),
            ("PUT", "/api/task/{id}/deactivateBenchmark", self._deactivate_benchmark),
            ("PUT", "/api/task/{id}/{move:toWaiting|toBacklog|skipToWC}", self._move),
        ):
            router.add_route(method, path, self._route(work, by_token=False))
        for method, path, work in (
            ("POST", "/api/v1/dataset", self._create_dataset),
            ("POST", "/api/v1/media/{id}/url", self._add_urls),
            ("DELETE", "/api/v1/media/{id}", self._delete_media),
            ("POST", "/api/v1/project/{id}/dataset/{dataset}", self._connect),
            ("PUT", "/api/v1/config/{id}", self._import_config),
            ("DELETE", "/api/v1/config/{id}", self._clear_config),
        ):
            router.add_route(method, path, self._route(work, by_token=True))

    def _route(self, work: _Work, *, by_token: bool) -> Callable[[web.Request], Any]:
        async def route(request: web.Request) -> web.StreamResponse:
            token, now_ms = token_of(request.query, request.headers), self._backroom.now_ms()
            body = await read_json_body(request)

            def whole() -> object:
                gate = self._backroom.gate
                return work(gate.on_token_route(token, now_ms) if by_token else gate.on_browser_route(), request, body)

            answer = await self._backroom.in_transaction(whole)
            return web.Response() if answer is None else json_answer(answer)

        return route

    # ------------------------------------------------------------------------------ projects and datasets

    def _create_project(self, caller: Caller, request: web.Request, body: Any) -> object:
        given = _an_object(body)
        caller.require(str(given.get("owner")))
        number = create_project(self._store, given, self._backroom.now_ms())
        return self._views_project(number)

    def _views_project(self, number: int) -> object:
        row = self._store.row("SELECT * FROM project WHERE number = ?", number)
        return row and self._backroom.views.project(row)

    def _create_dataset(self, caller: Caller, request: web.Request, body: Any) -> object:
        given = _an_object(body)
        if caller.by_token and caller.organisation is not None:
            given["owner"] = caller.organisation
        caller.require(str(given.get("owner")))
        number = create_dataset(self._store, given, self._backroom.now_ms())
        row = self._store.row("SELECT * FROM dataset WHERE number = ?", number)
        return row and {**self._backroom.views.dataset(row), "media": []}

    def _add_urls(self, caller: Caller, request: web.Request, body: Any) -> object:
        if not isinstance(body, list) or not all(isinstance(url, str) for url in body):
            raise Refused(400, "ex_validation")
        dataset = self._backroom.dataset(request.match_info["id"], caller, name="Dataset")
        urls = dict.fromkeys(body)  # a set: a URL counts once
        return add_media(self._store, self._backroom.ids, dataset["number"], urls, self._backroom.now_ms())

    def _delete_media(self, caller: Caller, request: web.Request, body: Any) -> object:
        from bulk_importer.sandbox.ids import Kind

        number = self._backroom.ids.number(Kind.MEDIA, request.match_info["id"])
        if not self._store.execute("UPDATE media SET deleted = 1 WHERE number = ?", number):
            raise not_found("media", "id", request.match_info["id"])
        return None

    def _connect(self, caller: Caller, request: web.Request, body: Any) -> object:
        project = self._backroom.project(request.match_info["id"], caller, deleted=True)
        dataset = self._backroom.dataset(request.match_info["dataset"], caller, name="Dataset")
        if project["media_type"] != dataset["media_type"]:
            raise generic("mediatype_missmatch")
        connect(self._store, project["number"], dataset["number"])
        return None

    def _delete_project(self, caller: Caller, request: web.Request, body: Any) -> object:
        project = self._backroom.project(request.match_info["id"], caller, deleted=True)
        now_ms = self._backroom.now_ms()
        self._store.execute("UPDATE project SET delete_time = ? WHERE number = ?", now_ms, project["number"])
        return self._views_project(project["number"])

    def _restore_project(self, caller: Caller, request: web.Request, body: Any) -> object:
        project = self._backroom.project(request.match_info["id"], caller, deleted=True)
        self._store.execute("UPDATE project SET delete_time = NULL WHERE number = ?", project["number"])
        return self._views_project(project["number"])

    # ------------------------------------------------------------------------------------- configuration

    def _put_config(self, caller: Caller, request: web.Request, body: Any) -> object:
        project = self._backroom.config(request.match_info["id"], caller)["number"]
        if not isinstance(body, list) or not all(isinstance(root, dict) for root in body):
            raise Refused(400, "ex_validation")
        keep_states = request.query.get("changeStatus", "true").lower() == "false"
        now_ms = self._backroom.now_ms()
        put_config(self._store, self._backroom.ids, project, body, now_ms, move_tasks=not keep_states)
        return self._backroom.views.config(project)

    def _import_config(self, caller: Caller, request: web.Request, body: Any) -> object:
        project = self._backroom.config(request.match_info["id"], caller)["number"]
        if self._store.config(project).roots:
            raise generic("config_not_cleared", request.match_info["id"])
        return self._put_config(caller, request, body)

    def _clear_config(self, caller: Caller, request: web.Request, body: Any) -> object:
        project = self._backroom.config(request.match_info["id"], caller)["number"]
        put_config(self._store, self._backroom.ids, project, [], self._backroom.now_ms())
        self._store.execute(
            "UPDATE task SET state = iif(type = 'DEFAULT', 'WAITING_CHANGED', 'IN_PROGRESS')"
            " WHERE project = ? AND state IN ('COMPLETED', 'REVIEWED')",
            project,
        )
        return {"configId": request.match_info["id"]}

    # --------------------------------------------------------------------------------------------- tasks

    def _move(self, caller: Caller, request: web.Request, body: Any) -> object:
        task_id = request.match_info["id"]
        task, project = self._backroom.task(task_id, caller)
        move(self._store, task, task_id, _MOVES[request.match_info["move"]])
        moved, _ = self._backroom.task(task_id, caller)
        return self._backroom.views.task(moved, project["number"], project["name"])

    def _move_all(self, caller: Caller, request: web.Request, body: Any) -> object:
        given = _an_object(body)
        project = self._backroom.project(str(given.get("projectId")), caller)
        direction = str(given.get("direction")).upper()
        if direction not in ("BACKLOG", "WAITING"):
            raise generic("wrong_label_task_state")
        moving = "('WAITING', 'WAITING_CHANGED')" if direction == "BACKLOG" else "('BACKLOG')"
        where, arguments = "", [direction, project["number"]]
        if given.get("datasetId") != "ALL":
            dataset = self._backroom.dataset(str(given.get("datasetId")), caller, name="Dataset")
            where = " AND media IN (SELECT number FROM media WHERE dataset = ?)"
            arguments.append(dataset["number"])
        self._store.execute(
            f"UPDATE task SET state = ? WHERE project = ? AND state IN {moving}{where}",  # noqa: S608 - texts of our own
            *arguments,
        )
        return None

    def _review(self, caller: Caller, request: web.Request, body: Any) -> object:
        task_id = str(_an_object(body).get("taskId"))
        task, _ = self._backroom.task(task_id, caller)
        reviewed = {"COMPLETED": "REVIEWED", "SKIPPED": "REVIEWED_SKIP"}.get(task["state"])
        if reviewed is None:
            raise generic("wrong_label_task_state", task_id)
        comment = _an_object(body).get("reviewComment")
        self._store.execute("UPDATE task SET review_comment = ? WHERE number = ?", comment, task["number"])
        move(self._store, task, task_id, reviewed)
        return None

    def _activate_benchmark(self, caller: Caller, request: web.Request, body: Any) -> object:
        task, _ = self._backroom.task(request.match_info["id"], caller)
        self._store.execute(
            "UPDATE task SET type = 'BENCHMARK_MASTER', state = 'IN_PROGRESS',"
            " labeler = 'open-core-dummy-user-sub' WHERE number = ?",
            task["number"],
        )
        return None

    def _deactivate_benchmark(self, caller: Caller, request: web.Request, body: Any) -> object:
        task, _ = self._backroom.task(request.match_info["id"], caller)
        self._store.execute("UPDATE task SET type = 'DEFAULT', labeler = NULL WHERE number = ?", task["number"])
        return None

    # -------------------------------------------------------------------------------------------- tokens

    def _create_token(self, caller: Caller, request: web.Request, body: Any) -> object:
        given = _an_object(body)
        name, owner = given.get("name"), given.get("owner")
        if not isinstance(name, str) or not name or not isinstance(owner, str):
            raise Refused(400, "ex_validation", "name")
        now_ms = self._backroom.now_ms()
        token = str(uuid.uuid4())
        self._store.execute(
            "INSERT INTO token (token, name, owner, created) VALUES (?, ?, ?, ?)", token, name, owner, now_ms
        )
        return self._token_view(token)

    def _delete_token(self, caller: Caller, request: web.Request, body: Any) -> object:
        token = request.match_info["id"]
        now_ms = self._backroom.now_ms()
        if not self._store.execute("UPDATE token SET deleted = 1, delete_time = ? WHERE token = ?", now_ms, token):
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


def _an_object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Refused(400, "ex_validation")
    return body


async def read_json_body(request: web.Request) -> Any:
    """The JSON in the body of a request, None where it is empty. Raises `Refused` for anything else."""
    body = await request.read()
    if not body:
        return None
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise Refused(400, "ex_validation") from error
