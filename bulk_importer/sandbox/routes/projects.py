"""The routes that read projects, datasets and media, for tokens and for browsers (protocol 3.1, 3.2, 3.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

import orjson
from aiohttp import web

from bulk_importer.sandbox.auth import Caller
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.refusals import not_found
from bulk_importer.sandbox.responses import stream_array
from bulk_importer.sandbox.routing import ApiCall, for_browsers, for_tokens, on_store
from bulk_importer.sandbox.world.ids import IdKind
from bulk_importer.sandbox.world.store import Row

__all__ = ["ProjectRoutes"]

# Rows a piece of a long list: one piece is one visit to the store's thread, of about 5 ms.
_PIECE: Final = 1000


class ProjectRoutes:
    """Reads projects, datasets and media; long lists are streamed piece by piece."""

    def __init__(self, context: SandboxContext) -> None:
        self._context = context
        self._store = context.store
        self._views = context.views

    def register(self, router: web.UrlDispatcher) -> None:
        """Register the routes with the router."""
        read = partial(on_store, self._context)
        for path, handler in (
            ("/api/v1/project", read(self._token_projects)),
            ("/api/v1/dataset", self._token_datasets),
            ("/api/v1/dataset/{id}", self._token_dataset),
            ("/api/v1/media/{id}", self._media),
        ):
            router.add_get(path, for_tokens(self._context, handler))
        for path, handler in (
            ("/api/project", read(self._projects)),
            ("/api/project/admin", read(self._projects)),
            ("/api/project/{id}", read(self._project)),
            ("/api/dataset", read(self._datasets)),
            ("/api/dataset/{id}", self._dataset),
            ("/api/dataset/{id}/file", self._all_media),
            ("/api/dataset/{id}/media", read(self._media_page)),
        ):
            router.add_get(path, for_browsers(self._context, handler))

    # --------------------------------------------------------------------------------------------- projects

    def _token_projects(self, call: ApiCall) -> object:
        return [self._views.token_project(row) for row in self._projects_of(call.caller)]

    def _projects(self, call: ApiCall) -> object:
        return [self._views.project(row) for row in self._projects_of(call.caller)]

    def _project(self, call: ApiCall) -> object:
        return self._views.project(self._context.project(call.in_path(), call.caller))

    def _projects_of(self, caller: Caller) -> list[Row]:
        everybodys = caller.organisation is None
        return self._store.rows(
            "SELECT * FROM project WHERE delete_time IS NULL AND (? OR owner = ?) ORDER BY number",
            everybodys,
            caller.organisation,
        )

    # --------------------------------------------------------------------------------------------- datasets

    def _datasets(self, call: ApiCall) -> object:
        return [self._views.dataset_summary(row) for row in self._datasets_of(call.caller)]

    def _datasets_of(self, caller: Caller) -> list[Row]:
        everybodys = caller.organisation is None
        return self._store.rows(
            "SELECT * FROM dataset WHERE delete_time IS NULL AND (? OR owner = ?) ORDER BY number",
            everybodys,
            caller.organisation,
        )

    async def _token_datasets(self, call: ApiCall) -> web.StreamResponse:
        """All datasets with all their media: heavy on the real server, too."""
        rows = await self._context.on_store(lambda: self._datasets_of(call.caller))

        async def pieces() -> AsyncIterator[list[object]]:
            for row in rows:
                media = [view async for piece in self._media_of(row["number"], token=True) for view in piece]
                yield [{**await self._head(row, token=True), "media": media}]

        return await stream_array(call.request, pieces())

    async def _head(self, row: Row, *, token: bool) -> dict[str, object]:
        view = self._views.token_dataset if token else self._views.dataset
        return await self._context.on_store(lambda: view(row))

    async def _token_dataset(self, call: ApiCall) -> web.StreamResponse:
        return await self._one_dataset(call, token=True)

    async def _dataset(self, call: ApiCall) -> web.StreamResponse:
        return await self._one_dataset(call, token=False)

    async def _one_dataset(self, call: ApiCall, *, token: bool) -> web.StreamResponse:
        row = await self._context.on_store(lambda: self._context.dataset(call.in_path(), call.caller))
        head = orjson.dumps(await self._head(row, token=token))
        media = self._media_of(row["number"], token=token)
        return await stream_array(call.request, media, before=head[:-1] + b',"media":', after=b"}")

    # ------------------------------------------------------------------------------------------------ media

    async def _media_of(self, dataset: int, *, token: bool) -> AsyncIterator[list[object]]:
        last = 0
        view = self._views.token_media if token else self._views.media

        def piece() -> tuple[int, list[object]]:
            rows = self._store.rows(
                "SELECT * FROM media INDEXED BY media_of_dataset"
                " WHERE dataset = ? AND number > ? AND NOT deleted ORDER BY number LIMIT ?",
                dataset,
                last,
                _PIECE,
            )
            return (rows[-1]["number"], [view(row) for row in rows]) if rows else (0, [])

        while True:
            last, views = await self._context.on_store(piece)
            if not views:
                return
            yield views

    async def _all_media(self, call: ApiCall) -> web.StreamResponse:
        row = await self._context.on_store(lambda: self._context.dataset(call.in_path(), call.caller))
        return await stream_array(call.request, self._media_of(row["number"], token=False))

    def _media_page(self, call: ApiCall) -> object:
        index, size = call.query_number("pageIndex", 0), call.query_number("numberOfElementsPerPage", 20)
        part = call.request.query.get("mediaName", "")
        dataset = self._context.dataset(call.in_path(), call.caller)["number"]
        total = self._store.value(
            "SELECT count(*) FROM media WHERE dataset = ? AND NOT deleted AND instr(lower(name), lower(?))",
            dataset,
            part,
        )
        rows = self._store.rows(
            "SELECT * FROM media WHERE dataset = ? AND NOT deleted AND instr(lower(name), lower(?))"
            " ORDER BY name, number LIMIT ? OFFSET ?",
            dataset,
            part,
            size,
            index * size,
        )
        return {
            "elements": [self._views.media(row) for row in rows],
            "totalPages": -(-total // size) if size else 0,
            "totalElements": total,
        }

    async def _media(self, call: ApiCall) -> web.StreamResponse:
        """The URL of an image; the sandbox has no bytes of images."""
        number = self._context.ids.number(IdKind.MEDIA, call.in_path())
        url = await self._context.on_store(
            lambda: self._store.value("SELECT url FROM media WHERE number = ?", number)
        )
        if url is None:
            raise not_found("media", "id", call.in_path())
        return web.Response(text=url, content_type="text/plain")
