"""Takes what a person decides about uploads, and gives them the files that are left of an import."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.site.naming import job_of
from bulk_importer.cli.serving.spool.values import Agreement, Job
from bulk_importer.cli.serving.work.office import Office, Untimely
from bulk_importer.loading.http_library import web
from bulk_importer.observe.page.guards import form_of
from bulk_importer.steering.values import Command

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool

__all__ = ["ActionRoutes"]

_FILES = {"rejected.jsonl": "application/jsonl", "report.html": "text/html"}
"""What of a checkpoint can be fetched, to be saved: only where it is opened alone a report has its own looks."""


class ActionRoutes:
    """What can be done with uploads over HTTP.

    Args:
        untimely: makes the page that says why something was not done.
    """

    def __init__(self, office: Office, spool: Spool, untimely: Callable[[Job, str], Awaitable[str]]) -> None:
        self._office = office
        self._spool = spool
        self._untimely = untimely
        self._deeds: Mapping[str, Callable[[Job, Mapping[str, str]], Awaitable[object]]] = {
            "confirm": self._confirm,
            "withdraw": lambda job, _: office.withdraw(job),
            "again": lambda job, _: office.again(job),
            "check": lambda job, _: office.check_again(job),
            "stop": self._stop,
            "steer": self._steer,
            "answer": lambda job, form: office.answer(job, yes=form.get("answer") == "yes"),
            "remove": lambda job, form: office.remove(job, with_checkpoint=form.get("choice") == "yes"),
        }

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_post("/jobs/{id}/{deed}", self._do)
        router.add_get("/jobs/{id}/{file}", self._give)

    async def _do(self, request: web.Request) -> web.StreamResponse:
        job = job_of(self._office, request)
        deed = self._deeds.get(request.match_info["deed"])
        if deed is None:
            raise web.HTTPNotFound(text="Nothing like that can be done.")
        try:
            await deed(job, await form_of(request))
        except Untimely as untimely:
            page = await self._untimely(job, str(untimely))
            return web.Response(text=page, content_type="text/html", status=409)
        except OSError as error:
            page = await self._untimely(job, f"The spool cannot be written: {error.strerror or error}.")
            return web.Response(text=page, content_type="text/html", status=507)
        raise web.HTTPSeeOther(f"/jobs/{job.id}" if job.id in self._office.jobs else "/")

    async def _stop(self, job: Job, _: Mapping[str, str]) -> None:
        self._office.stop(job)

    async def _steer(self, job: Job, form: Mapping[str, str]) -> None:
        """Do what a button of an import that goes on says."""
        from bulk_importer.observe.page.running.pacing import command_of

        command = command_of(form.get("do", ""), self._office.obey(job, Command(do="status")))
        if isinstance(command, str):
            raise Untimely(command)
        self._office.obey(job, command)

    async def _confirm(self, job: Job, form: Mapping[str, str]) -> None:
        """Have it imported; what was not ticked is not agreed to, and is asked when it comes to that."""
        replaced = form.get("replaced", "0") if form.get("consent") == "yes" else "0"
        media = None if replaced == "unknown" else int(replaced) if replaced.isdecimal() else 0
        await self._office.confirm(job, Agreement(media=media))

    async def _give(self, request: web.Request) -> web.StreamResponse:
        job = job_of(self._office, request)
        name = request.match_info["file"]
        path = self._spool.checkpoint(job) / name
        if name not in _FILES or not await asyncio.to_thread(path.is_file):
            raise web.HTTPNotFound(text="There is no such file.")
        headers = {"Content-Type": _FILES[name], "Content-Disposition": f"attachment; filename={name}"}
        return web.FileResponse(path, headers=headers)
