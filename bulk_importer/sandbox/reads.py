"""The read routes, for tokens and for browsers (protocol 3.1 to 3.6), and what completes or skips a task."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from aiohttp import web

from bulk_importer.sandbox.access import Caller, token_of
from bulk_importer.sandbox.backroom import Backroom
from bulk_importer.sandbox.ids import Kind
from bulk_importer.sandbox.refusals import Refused, generic, not_found
from bulk_importer.sandbox.semantics import Hand, create_missing, extend_nested
from bulk_importer.sandbox.store import Row, TaskState
from bulk_importer.sandbox.tasks import complete, move, search_words
from bulk_importer.sandbox.views import exported_config
from bulk_importer.sandbox.writing import json_answer, stream_array

__all__ = ["ReadRoutes"]

# Rows a piece of a long list: one piece is one visit to the store's thread, about 5 ms.
_PIECE: Final = 1000
_EVERYTHING: Final = (1 << 63) - 1


class ReadRoutes:
    """Answers questions about projects, media, tasks and labels."""

    def __init__(self, backroom: Backroom) -> None:
        self._backroom = backroom
        self._store = backroom.store
        self._ids = backroom.ids
        self._views = backroom.views

    def register(self, router: web.UrlDispatcher) -> None:
        """Put the routes up."""
        token, browser = self._for_tokens, self._for_browsers
        for path, answer in (
            ("/api/v1/project", token(self._token_projects)),
            ("/api/v1/dataset", token(self._token_datasets)),
            ("/api/v1/dataset/{id}", token(self._token_dataset)),
            ("/api/v1/task/{id}/list", token(self._token_tasks)),
            ("/api/v1/task/{id}", token(self._task)),
            ("/api/v1/media/{id}", token(self._media)),
            ("/api/v1/exportVideoTask/{id}", token(self._video)),
            ("/api/project", browser(self._projects)),
            ("/api/project/admin", browser(self._projects)),
            ("/api/project/{id}", browser(self._project)),
            ("/api/project/{id}/task", browser(self._tasks)),
            ("/api/dataset", browser(self._datasets)),
            ("/api/dataset/{id}", browser(self._dataset)),
            ("/api/dataset/{id}/file", browser(self._all_media)),
            ("/api/dataset/{id}/media", browser(self._media_page)),
            ("/api/lconfig/{id}", browser(self._config)),
            ("/api/lconfig/{id}/export", browser(self._exported_config)),
            ("/api/lcvalues/{iteration}/{media}/{task}", browser(self._labels)),
            ("/api/task/{id}", browser(self._task)),
        ):
            router.add_get(path, answer)
        for base, either in (("/api/v1/task", token), ("/api/task", browser)):
            router.add_put(f"{base}/{{id}}/completeTask", either(self._complete))
            router.add_put(f"{base}/{{id}}/skipTask", either(self._skip))

    def _for_tokens(self, answer: _Answer) -> _Route:
        async def route(request: web.Request) -> web.StreamResponse:
            token, now_ms = token_of(request.query, request.headers), self._backroom.now_ms()
            caller = await self._backroom.on_store(lambda: self._backroom.gate.on_token_route(token, now_ms))
            return await answer(request, caller)

        return route

    def _for_browsers(self, answer: _Answer) -> _Route:
        async def route(request: web.Request) -> web.StreamResponse:
            return await answer(request, self._backroom.gate.on_browser_route())

        return route

    async def _ask(self, work: Callable[[], Any]) -> Any:
        return await self._backroom.on_store(work)

    # ------------------------------------------------------------------------------ projects and datasets

    async def _token_projects(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        return json_answer(await self._ask(lambda: [self._views.token_project(p) for p in self._live("project", caller)]))

    async def _projects(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        return json_answer(await self._ask(lambda: [self._views.project(p) for p in self._live("project", caller)]))

    async def _project(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        project_id = request.match_info["id"]
        return json_answer(await self._ask(lambda: self._views.project(self._backroom.project(project_id, caller))))

    async def _datasets(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        return json_answer(await self._ask(lambda: [self._views.dataset_summary(d) for d in self._live("dataset", caller)]))

    def _live(self, table: str, caller: Caller) -> list[Row]:
        everybody = caller.organisation is None
        return self._store.rows(
            f"SELECT * FROM {table} WHERE delete_time IS NULL AND (? OR owner = ?) ORDER BY number",  # noqa: S608 - two names of our own
            everybody,
            caller.organisation,
        )

    async def _token_datasets(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        datasets = await self._ask(lambda: self._live("dataset", caller))

        async def pieces() -> AsyncIterator[list[object]]:
            for dataset in datasets:
                media = [view async for piece in self._media_of(dataset["number"], token=True) for view in piece]
                yield [{**await self._ask(lambda one=dataset: self._views.token_dataset(one)), "media": media}]

        return await stream_array(request, pieces())

    async def _token_dataset(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        return await self._dataset_with_media(request, caller, token=True)

    async def _dataset(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        return await self._dataset_with_media(request, caller, token=False)

    async def _dataset_with_media(self, request: web.Request, caller: Caller, *, token: bool) -> web.StreamResponse:
        dataset_id = request.match_info["id"]

        def head() -> tuple[int, bytes]:
            row = self._backroom.dataset(dataset_id, caller)
            view = self._views.token_dataset(row) if token else self._views.dataset(row)
            body = json_answer(view).body
            return row["number"], bytes(body)[:-1] if isinstance(body, bytes) else b""

        number, text = await self._ask(head)
        return await stream_array(
            request, self._media_of(number, token=token), before=text + b',"media":', after=b"}"
        )

    async def _media_of(self, dataset: int, *, token: bool) -> AsyncIterator[list[object]]:
        last = 0
        view = self._views.token_media if token else self._views.media

        def piece() -> tuple[int, list[object]]:
            rows = self._store.rows(
                "SELECT * FROM media WHERE dataset = ? AND number > ? AND NOT deleted ORDER BY number LIMIT ?",
                dataset,
                last,
                _PIECE,
            )
            return (rows[-1]["number"], [view(row) for row in rows]) if rows else (0, [])

        while True:
            last, views = await self._ask(piece)
            if not views:
                return
            yield views

    async def _all_media(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        dataset_id = request.match_info["id"]
        dataset = await self._ask(lambda: self._backroom.dataset(dataset_id, caller, name="Dataset"))
        return await stream_array(request, self._media_of(dataset["number"], token=False))

    async def _media_page(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        dataset_id = request.match_info["id"]
        index, size = _whole(request, "pageIndex", 0), _whole(request, "numberOfElementsPerPage", 20)
        name = request.query.get("mediaName", "")

        def page() -> dict[str, object]:
            dataset = self._backroom.dataset(dataset_id, caller, name="Dataset")["number"]
            where = "FROM media WHERE dataset = ? AND NOT deleted AND instr(lower(name), lower(?))"
            total = self._store.value(f"SELECT count(*) {where}", dataset, name)
            rows = self._store.rows(
                f"SELECT * {where} ORDER BY name, number LIMIT ? OFFSET ?", dataset, name, size, index * size
            )
            return {
                "elements": [self._views.media(row) for row in rows],
                "totalPages": -(-total // size) if size else 0,
                "totalElements": total,
            }

        return json_answer(await self._ask(page))

    async def _media(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """The bytes of an image are not here; the server sends the client to the URL, too."""
        media_id = request.match_info["id"]
        number = self._ids.number(Kind.MEDIA, media_id)
        media = await self._ask(lambda: self._store.row("SELECT url FROM media WHERE number = ?", number))
        if media is None:
            raise not_found("media", "id", media_id)
        return web.Response(text=media["url"], content_type="text/plain")

    # ------------------------------------------------------------------------------------------------ tasks

    async def _token_tasks(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        # 3.3: with a token and without a state, the server silently takes WAITING.
        default = "WAITING" if caller.by_token else None
        return await self._task_list(request, caller, default, allowed="_ -")

    async def _tasks(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        return await self._task_list(request, caller, None, allowed="_ ,.-")

    async def _task_list(
        self, request: web.Request, caller: Caller, default_state: str | None, *, allowed: str
    ) -> web.StreamResponse:
        state = request.query.get("state") or default_state
        if state is not None and state not in TaskState:
            raise Refused(400, "ex_validation", "state")
        words = search_words(request.query.get("search", ""), allowed)
        limit = _whole(request, "limit", 0) or _EVERYTHING
        project_id = request.match_info["id"]
        project = await self._ask(lambda: self._backroom.project(project_id, caller))
        return await stream_array(request, self._tasks_of(project, state, words, limit))

    async def _tasks_of(
        self, project: Row, state: str | None, words: list[str], limit: int
    ) -> AsyncIterator[list[object]]:
        number, name = project["number"], project["name"]
        after: tuple[str, int] = ("", 0)

        def piece() -> list[Row]:
            wanted = " AND instr(lower(media_name) || char(10) || lower(coalesce(labeler, '')), ?)" * len(words)
            return self._store.rows(
                "SELECT task.* FROM task JOIN media ON media.number = task.media"  # noqa: S608 - only placeholders
                " WHERE project = ? AND (? IS NULL OR state = ?) AND type != 'BENCHMARK_SLAVE' AND NOT deleted"
                f" AND (media_name, task.number) > (?, ?){wanted} ORDER BY media_name, task.number LIMIT ?",
                number,
                state,
                state,
                *after,
                *words,
                min(_PIECE, limit),
            )

        while limit > 0 and (rows := await self._ask(piece)):
            limit -= len(rows)
            after = (rows[-1]["media_name"], rows[-1]["number"])
            yield [self._views.task(row, number, name) for row in rows]

    async def _task(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Configuration and labels of one media. It writes: what is missing is created (3.4)."""
        task_id = request.match_info["id"]

        def read() -> dict[str, object]:
            task, project = self._backroom.task(task_id, caller)
            labels = self._store.labels(task["number"])
            config = self._store.config(project["number"])
            hand = Hand(self._backroom.now_ms(), caller.by_token)
            create_missing(labels, config, hand)
            extend_nested(labels, config, hand)
            if hand.written:
                self._store.put_labels(task["number"], labels)
            media = self._store.row("SELECT * FROM media WHERE number = ?", task["media"])
            dataset = media and self._store.row("SELECT * FROM dataset WHERE number = ?", media["dataset"])
            return {
                "taskId": task_id,
                "labelTaskState": task["state"],
                "projectName": project["name"],
                "labelConfig": self._views.config(project["number"]),
                "labelIteration": self._views.iteration(project["number"], task, labels),
                "media": media and self._views.media(media),
                "reviewComment": task["review_comment"],
                "aiSegLimitReached": False,
                "lastChangedConfig": config.changed_ms,
                "reviewActivated": bool(project["review"]),
                "projectType": project["media_type"],
                "datasetId": dataset and self._ids.text(Kind.DATASET, dataset["number"]),
                "datasetName": dataset and dataset["name"],
            }

        return json_answer(await self._backroom.in_transaction(read))

    async def _complete(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        task_id = request.match_info["id"]
        body = await read_object(request)
        last_changed = body.get("lastChangedConfig")
        if not isinstance(last_changed, int):
            raise Refused(400, "ex_validation", "lastChangedConfig")

        def finish() -> bool:
            task, _ = self._backroom.task(task_id, caller)
            return complete(self._store, self._ids, task, task_id, last_changed)

        changed = await self._backroom.in_transaction(finish)
        return json_answer({"hasLabelConfigChanged": changed, "currentTaskId": task_id})

    async def _skip(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        task_id = request.match_info["id"]

        def skip() -> None:
            task, _ = self._backroom.task(task_id, caller)
            move(self._store, task, task_id, "SKIPPED", as_from="IN_PROGRESS")

        await self._backroom.in_transaction(skip)
        return web.Response()

    async def _video(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        task_id = request.match_info["id"]
        await self._ask(lambda: self._backroom.task(task_id, caller))
        raise generic("invalid_project_mediatype")

    # --------------------------------------------------------------------------- configuration and labels

    async def _config(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        config_id = request.match_info["id"]
        return json_answer(
            await self._ask(lambda: self._views.config(self._backroom.config(config_id, caller)["number"]))
        )

    async def _exported_config(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        config_id = request.match_info["id"]
        return json_answer(
            await self._ask(
                lambda: exported_config(self._store.config(self._backroom.config(config_id, caller)["number"]))
            )
        )

    async def _labels(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """The labels of one media, read and not written (3.6)."""
        names = request.match_info

        def read() -> dict[str, object]:
            project = self._ids.number(Kind.ITERATION, names["iteration"])
            row = self._store.row("SELECT * FROM project WHERE number = ?", project)
            if project is None or row is None:
                raise not_found("Label Iteration", "id", names["iteration"])
            caller.require(row["owner"])
            media = self._ids.number(Kind.MEDIA, names["media"])
            if not self._store.value("SELECT 1 FROM media WHERE number = ?", media):
                raise not_found("media", "id", names["media"])
            task = self._store.row(
                "SELECT * FROM task WHERE number = ? AND project = ? AND media = ?",
                self._ids.number(Kind.TASK, names["task"]),
                project,
                media,
            )
            if task is None:  # the server finds no values for that combination, which is no error
                return self._views.empty_iteration(project)
            return self._views.iteration(project, task, self._store.labels(task["number"]))

        return json_answer(await self._ask(read))


_Answer = Callable[[web.Request, Caller], Any]
_Route = Callable[[web.Request], Any]


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise Refused(400, "ex_validation", name)
    return int(text)


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body of a request. Raises `Refused` for anything else."""
    import orjson

    try:
        body = orjson.loads(await request.read())
    except ValueError as error:
        raise Refused(400, "ex_validation") from error
    if not isinstance(body, dict):
        raise Refused(400, "ex_validation")
    return body
