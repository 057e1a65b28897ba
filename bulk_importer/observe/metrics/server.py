"""Answers scrapes: `/metrics`, and `/healthz` and `/readyz` for whoever looks after a container.

Whoever asks can neither change nor hold up the run. Only GET and HEAD are answered, a connection serves one request,
and there are few at a time (see `page.listening`). What was written is given again for a second, so that asking without
a pause costs next to nothing.

`/healthz` answers 200 as long as the program does. `/readyz` answers 200 once a run has begun, which takes a server
that answers, and 503 while that is away and when the command is over; a run that is paused is ready, as it does what it
was told.
"""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from bulk_importer.loading.http_library import web
from bulk_importer.observe.metrics.accepting import accepts_gzip, wants_openmetrics
from bulk_importer.observe.metrics.exposition import Exposition
from bulk_importer.observe.metrics.table import Moment
from bulk_importer.observe.page.listening import serving

__all__ = ["MetricsServer"]

_KEPT_SECONDS = 1.0
_INDEX = "bulk-importer: /metrics, /healthz, /readyz\n"


class MetricsServer:
    """The answers about one command.

    Args:
        moment: looks at the counts.
    """

    def __init__(self, exposition: Exposition, moment: Callable[[], Moment]) -> None:
        self._exposition = exposition
        self._moment = moment
        # What was written last of each format, packed or not, and when. Changed by `_written`.
        self._kept: dict[tuple[bool, bool], tuple[float, bytes, str]] = {}

    def listening(self, at: socket.socket) -> AbstractAsyncContextManager[None]:
        """Answer at a socket, which is closed in the end, for as long as this is open."""
        return serving(self._application(), at)

    def _application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/", self._index)
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/readyz", self._readiness)
        application.on_response_prepare.append(_close_behind)
        return application

    async def _index(self, _: web.Request) -> web.Response:
        return web.Response(text=_INDEX)

    async def _metrics(self, request: web.Request) -> web.Response:
        is_packed = accepts_gzip(", ".join(request.headers.getall("Accept-Encoding", [])))
        wanted = wants_openmetrics(", ".join(request.headers.getall("Accept", [])))
        body, content_type = self._written(wanted, is_packed)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if is_packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    def _written(self, is_openmetrics: bool, is_packed: bool) -> tuple[bytes, str]:
        now = self._moment().now
        at, body, content_type = self._kept.get((is_openmetrics, is_packed), (-_KEPT_SECONDS, b"", ""))
        if not body or now - at >= _KEPT_SECONDS:
            write = self._exposition.openmetrics if is_openmetrics else self._exposition.text
            body, content_type = write()
            body = gzip.compress(body, 1) if is_packed else body
            self._kept[is_openmetrics, is_packed] = now, body, content_type
        return body, content_type

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _readiness(self, _: web.Request) -> web.Response:
        counts = self._moment().counts
        return web.Response(text=f"{counts.state()}\n", status=200 if counts.is_ready else 503)


async def _close_behind(_: web.Request, response: web.StreamResponse) -> None:
    response.force_close()
    response.headers["Connection"] = "close"  # aiohttp has written its headers by now
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
