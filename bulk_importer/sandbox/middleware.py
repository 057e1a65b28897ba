"""Handles what all requests have in common: the log, faults, refusals, uploads that outlive their clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from aiohttp import web
from aiohttp.base_protocol import BaseProtocol

from bulk_importer.sandbox.auth import token_of
from bulk_importer.sandbox.config import SandboxConfig
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.faults.effects import half_an_answer, no_answer, reset, status_answer
from bulk_importer.sandbox.faults.playback import Playback
from bulk_importer.sandbox.faults.script import Fault
from bulk_importer.sandbox.refusals import SYSTEM, Refused
from bulk_importer.sandbox.request_log import LoggedRequest
from bulk_importer.sandbox.responses import framework_error, refusal_answer
from bulk_importer.sandbox.routes.prediction import Prediction, PredictionAnswer

__all__ = ["Middleware"]

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Exchange:
    """A request that is being served. `body` is set if a fault made it necessary to read the body early."""

    logged: LoggedRequest
    body: bytes | None = None


class Middleware:
    """Stands between the connections and the routes of one sandbox.

    Args:
        task_group: runs uploads, which outlive their connections.
        later: runs work that is cancelled when the sandbox stops.
        after_each: is called when a request is served, before its answer leaves; returns whether that answer
            closes its connection.
    """

    def __init__(
        self,
        context: SandboxContext,
        playback: Playback,
        task_group: asyncio.TaskGroup,
        later: Callable[[Coroutine[Any, Any, None]], None],
        after_each: Callable[[], bool],
        config: SandboxConfig,
    ) -> None:
        self._context = context
        self._playback = playback
        self._prediction = Prediction(context)
        self._task_group = task_group
        self._later = later
        self._after_each = after_each
        self._config = config
        # The requests that are being served, by the identity of their objects; changed by `middleware` alone.
        self._exchanges: dict[int, _Exchange] = {}
        # Connections on which a request came.
        self._known: WeakSet[asyncio.BaseTransport] = WeakSet()
        # How many answers each connection got; counted by `_close_after_the_last`.
        self._answers: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()

    def expect_request(self, connection: BaseProtocol) -> BaseProtocol:
        """Abort a new connection if it brings no request within the stall time; returns the connection."""

        def look() -> None:
            transport = connection.transport
            if transport is not None and transport not in self._known:
                transport.abort()

        asyncio.get_running_loop().call_later(self._config.stall_seconds, look)
        return connection

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Log one request, let the fault script act on it, and answer refusals in the server's words.

        The name `handler` is required by aiohttp.
        """
        if request.transport is not None:
            self._known.add(request.transport)
        # What looks into a sandbox is no part of what it imitates: no log, no faults.
        if request.path.startswith("/sandbox/") or request.path == "/":
            return await self._guarded(request, handler)
        logged = self._context.request_log.arrive(request.method, _without_token(request.path))
        self._exchanges[id(request)] = exchange = _Exchange(logged)
        closes = False
        try:
            response = await self._with_faults(request, handler, exchange)
        except (ConnectionError, TimeoutError):
            response = reset(request)
        finally:
            del self._exchanges[id(request)]
            logged.ended = self._context.now_ms() / 1000
            closes = self._after_each()
        if closes:
            response.force_close()
        if request.transport is None or request.transport.is_closing():
            return response  # nobody receives it, so the log has no status
        logged.status = response.status
        self._close_after_the_last(request, response)
        return response

    async def _guarded(
        self, request: web.Request, route: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await route(request)
        except Refused as refused:
            return refusal_answer(refused)
        except web.HTTPException as error:
            return framework_error(error, request.path)
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            _logger.exception("%s %s failed", request.method, _without_token(request.path))
            return refusal_answer(Refused(500, SYSTEM))

    async def _with_faults(
        self,
        request: web.Request,
        route: Callable[[web.Request], Awaitable[web.StreamResponse]],
        exchange: _Exchange,
    ) -> web.StreamResponse:
        # What has a length is weighed by that; a chunked body has none until it is read.
        weighs = self._playback.weighs and request.content_length is None
        if (weighs or self._playback.reads) and request.can_read_body:
            exchange.body = await self._read(request)
        fault = self._playback.take(
            request.path,
            is_prediction=request.method == "POST" and request.path.endswith("/prediction"),
            size=request.content_length or len(exchange.body or b""),
            elapsed=self._context.clock.elapsed(),
            body=exchange.body or b"",
        )
        if fault is None or fault.what == "ok":
            return await self._guarded(request, route)
        exchange.logged.fault = str(fault.what)
        return await self._inject(fault, request, lambda: self._guarded(request, route))

    async def _inject(
        self, fault: Fault, request: web.Request, serve: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        clock = self._context.clock
        if fault.what not in ("late commit", "no answer"):
            await clock.sleep(fault.seconds)
        match fault.what:
            case int():
                if fault.commits:
                    await serve()
                return status_answer(fault)
            case "reset before body":
                return reset(request)
            case "reset before commit":
                await self._read(request)
                return reset(request)
            case "reset after commit":
                await serve()
                return reset(request)
            case "half an answer":
                return await half_an_answer(request, await serve())
            case "no answer":
                if fault.commits is not False:
                    await serve()
                return await no_answer(request, clock, fault.seconds)
            case "late commit":
                body = await self._read(request)
                self._later(
                    self._serve_late(request, body, self._exchanges[id(request)].logged, fault.seconds)
                )
                return status_answer(fault) if fault.answer else reset(request)
            case _:  # "delay", whose time is over, or "close"
                response = await serve()
                if fault.what == "close":
                    response.force_close()
                return response

    async def predict(self, request: web.Request) -> web.StreamResponse:
        """Serve the prediction route. The upload goes on when its client has gone."""
        body = await self._read(request)
        work = self._task_group.create_task(self._upload(request, body, self._exchanges[id(request)].logged))
        return (await asyncio.shield(work)).response()

    async def _upload(self, request: web.Request, body: bytes, logged: LoggedRequest) -> PredictionAnswer:
        self._context.request_log.note_body(logged, body)
        token = token_of(request.query, request.headers)
        try:
            return await self._prediction.serve(request.match_info["id"], token, body, logged)
        except Exception:
            _logger.exception("an upload failed")
            return PredictionAnswer(Refused(500, SYSTEM))

    async def _serve_late(
        self, request: web.Request, body: bytes, logged: LoggedRequest, seconds: float
    ) -> None:
        await self._context.clock.sleep(seconds)
        await self._upload(request, body, logged)

    async def _read(self, request: web.Request) -> bytes:
        """Read the whole body. Raises `TimeoutError` if the client stalls, `ConnectionError` if it has gone."""
        exchange = self._exchanges[id(request)]
        if exchange.body is not None:
            return exchange.body
        pieces: list[bytes] = []
        while True:
            async with asyncio.timeout(self._config.stall_seconds):
                try:
                    piece = await request.content.readany()
                except web.RequestPayloadError as error:
                    raise ConnectionResetError("the body broke off") from error
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)

    def _close_after_the_last(self, request: web.Request, response: web.StreamResponse) -> None:
        """Let the answer to the hundredth request on a connection carry `Connection: close` (protocol 5)."""
        transport = request.transport
        if transport is not None and not response.prepared:
            self._answers[transport] = count = self._answers.get(transport, 0) + 1
            if count >= self._config.requests_per_connection:
                response.force_close()


def _without_token(path: str) -> str:
    """The path as it may be shown: one route has a token in it."""
    return "/api/token/..." if path.startswith("/api/token/") else path
