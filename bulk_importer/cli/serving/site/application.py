"""The web application of `serve`: its pages, what is sent to them, and the events by which they are looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.site.actions import ActionRoutes
from bulk_importer.cli.serving.site.looking import Looks
from bulk_importer.cli.serving.site.naming import job_of
from bulk_importer.cli.serving.site.uploads import UploadRoutes
from bulk_importer.cli.serving.site.views import row_of, sheet_of
from bulk_importer.cli.serving.site.wording import sized
from bulk_importer.cli.serving.spool.values import Job
from bulk_importer.loading.http_library import web
from bulk_importer.observe.page.upload.front import front_page, missing_page
from bulk_importer.observe.page.upload.sheet import sheet_page
from bulk_importer.observe.page.upload.values import Front

if TYPE_CHECKING:
    from bulk_importer.cli.serving.command_line import Commands
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.receiving import Reception
    from bulk_importer.cli.serving.work.office import Office
    from bulk_importer.settings import Settings

__all__ = ["Site"]

_STATIC = Path(__file__).parents[3] / "observe" / "page" / "upload" / "static"
_KINDS = {"upload.css": "text/css", "upload.js": "text/javascript"}
_SECONDS_BETWEEN_EVENTS = 1.0
_SECONDS_BETWEEN_LOOKS = 10.0
"""At whether a browser is still there, to which nothing had to be told."""
_MOST_SHOWN = 200


class Site:
    """What a browser sees of an office.

    Args:
        commands: the command lines that do the same at a terminal.
        missed: says why uploads cannot be checked at present; empty where they can.
    """

    def __init__(
        self,
        office: Office,
        spool: Spool,
        reception: Reception,
        settings: Settings,
        commands: Commands,
        *,
        missed: Callable[[], str] = str,
    ) -> None:
        self._office = office
        self._spool = spool
        self._reception = reception
        self._settings = settings
        self._missed = missed
        self._looks = Looks(office, spool, commands)

    def application(self) -> web.Application:
        """The routes, without guards."""
        app = web.Application()
        app.router.add_get("/", self._front)
        app.router.add_get("/events", self._events, allow_head=False)
        app.router.add_get("/jobs/{id}", self._sheet)
        app.router.add_get("/static/{name:upload\\.(css|js)}", _static)
        UploadRoutes(self._reception, self._office, self._front_saying).register(app.router)
        ActionRoutes(self._office, self._spool, self._sheet_saying).register(app.router)
        return app

    async def _front(self, _: web.Request) -> web.StreamResponse:
        return _html(await self._front_saying(""))

    async def _front_saying(self, notice: str) -> str:
        """The front, with something that a person has to know first."""
        latest = list(self._office.jobs.values())[: -_MOST_SHOWN - 1 : -1]
        rows = tuple(row_of(self._looks.glance(job)) for job in latest)
        bounds = self._reception.bounds
        try:
            free = max(0, self._spool.free_bytes() - bounds.keep_free)
        except OSError as error:
            free, notice = 0, notice or f"The spool cannot be read: {error.strerror or error}."
        return front_page(
            Front(
                project=self._settings.project or "",
                server=self._settings.server or "",
                most_bytes=bounds.max_bytes,
                most=sized(bounds.max_bytes),
                free=sized(free),
                rows=rows,
                notice=notice or self._missed(),
            )
        )

    async def _sheet(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["id"] not in self._office.jobs:
            return _html(missing_page(self._settings.project or "", self._settings.server or ""), 404)
        return _html(await self._sheet_saying(job_of(self._office, request), ""))

    async def _sheet_saying(self, job: Job, notice: str) -> str:
        """The page of an upload, with something that a person has to know first."""
        now = self._office.jobs.get(job.id)
        if now is None:
            return await self._front_saying(notice)
        glance = self._looks.glance(now)
        return await asyncio.to_thread(
            lambda: sheet_page(sheet_of(self._looks.look(glance), self._settings), notice or self._missed())
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Say that something changed, whenever it did; and each second while something goes on."""
        from aiohttp_sse import sse_response

        changed = asyncio.Event()
        leave = self._office.subscribe(changed.set)
        try:
            async with sse_response(request, ping_interval=_SECONDS_BETWEEN_LOOKS) as stream:
                while stream.is_connected():
                    await stream.send("", event="changed")
                    await asyncio.sleep(_SECONDS_BETWEEN_EVENTS)
                    while stream.is_connected() and not (self._office.running or changed.is_set()):
                        with suppress(TimeoutError):
                            async with asyncio.timeout(_SECONDS_BETWEEN_LOOKS):
                                await changed.wait()
                    changed.clear()
        finally:
            leave()
        return stream


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html")


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    text = await asyncio.to_thread((_STATIC / name).read_text, "utf-8")
    return web.Response(text=text, content_type=_KINDS[name])
