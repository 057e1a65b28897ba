"""What every request comes through: faults, refusals, uploads that outlive their clients, the hundredth answer."""

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
from bulk_importer.sandbox.faults.effects import half_of, never, reset, status_answer
from bulk_importer.sandbox.faults.script import Fault, Performance
from bulk_importer.sandbox.refusals import SYSTEM, Refused
from bulk_importer.sandbox.request_log import Seen
from bulk_importer.sandbox.responses import framework_error, refusal_answer
from bulk_importer.sandbox.routes.prediction import Outcome, Prediction

__all__ = ["Middleware"]

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Begun:
    """A request that is being served; `body` only where it was read before its turn."""

    seen: Seen
    body: bytes | None = None


class Middleware:
    """Stands between the connections and the routes of one sandbox.

    Args:
        works: where uploads run, so that they outlive their connections.
        later: runs what may be cancelled when the sandbox stops.
        after_each: called when a request is through, before its answer leaves; whether that answer is to
            close its connection.
    """

    def __init__(
        self,
        context: SandboxContext,
        performance: Performance,
        works: asyncio.TaskGroup,
        later: Callable[[Coroutine[Any, Any, None]], None],
        after_each: Callable[[], bool],
        config: SandboxConfig,
    ) -> None:
        self._context = context
        self._performance = performance
        self._prediction = Prediction(context)
        self._works = works
        self._later = later
        self._after_each = after_each
        self._config = config
        # The requests that are being served, by the identity of their objects; kept by `middleware`.
        self._begun: dict[int, _Begun] = {}
        # Connections on which a request came.
        self._known: WeakSet[asyncio.BaseTransport] = WeakSet()
        # How many answers each connection got; counted by `_close_after_the_last`.
        self._answers: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()

    def expect_request(self, connection: BaseProtocol) -> BaseProtocol:
        """Cut a new connection off if no request comes on it for as long as a client may stall."""

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
        """Every request comes through here: it is noted, may meet a fault, and is refused in the server's words.

        The name of the second argument is aiohttp's.
        """
        if request.transport is not None:
            self._known.add(request.transport)
        if request.path.startswith("/sandbox/") or request.path == "/":
            return await self._guarded(request, handler)
        seen = self._context.witness.arrive(request.method, _without_token(request.path))
        self._begun[id(request)] = begun = _Begun(seen)
        closes = False
        try:
            response = await self._with_faults(request, handler, begun)
        except (ConnectionError, TimeoutError):
            response = reset(request)
        finally:
            del self._begun[id(request)]
            seen.ended = self._context.now_ms() / 1000
            closes = self._after_each()
        if closes:
            response.force_close()
        if request.transport is None or request.transport.is_closing():
            return response
        seen.status = response.status
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
        begun: _Begun,
    ) -> web.StreamResponse:
        weighs = self._performance.weighs and request.content_length is None
        if (weighs or self._performance.reads) and request.can_read_body:
            begun.body = await self._read(request)
        fault = self._performance.take(
            request.path,
            is_prediction=request.method == "POST" and request.path.endswith("/prediction"),
            size=request.content_length or len(begun.body or b""),
            elapsed=self._context.pace.elapsed(),
            body=begun.body or b"",
        )
        if fault is None or fault.what == "ok":
            return await self._guarded(request, route)
        begun.seen.fault = str(fault.what)
        return await self._mishap(fault, request, lambda: self._guarded(request, route))

    async def _mishap(
        self, fault: Fault, request: web.Request, serve: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        pace = self._context.pace
        if fault.what not in ("late commit", "no answer"):
            await pace.sleep(fault.seconds)
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
                return await half_of(request, await serve())
            case "no answer":
                if fault.commits is not False:
                    await serve()
                return await never(request, pace, fault.seconds)
            case "late commit":
                body = await self._read(request)
                self._later(self._serve_late(request, body, self._begun[id(request)].seen, fault.seconds))
                return status_answer(fault) if fault.answer else reset(request)
            case _:  # a delay that is over, or a close
                response = await serve()
                if fault.what == "close":
                    response.force_close()
                return response

    async def predict(self, request: web.Request) -> web.StreamResponse:
        """The prediction route. The work goes on when its client has gone."""
        body = await self._read(request)
        work = self._works.create_task(self._upload(request, body, self._begun[id(request)].seen))
        return (await asyncio.shield(work)).response()

    async def _upload(self, request: web.Request, body: bytes, seen: Seen) -> Outcome:
        self._context.witness.note_body(seen, body)
        token = token_of(request.query, request.headers)
        try:
            return await self._prediction.serve(request.match_info["id"], token, body, seen)
        except Exception:
            _logger.exception("an upload failed")
            return Outcome(Refused(500, SYSTEM))

    async def _serve_late(self, request: web.Request, body: bytes, seen: Seen, seconds: float) -> None:
        await self._context.pace.sleep(seconds)
        await self._upload(request, body, seen)

    async def _read(self, request: web.Request) -> bytes:
        """The whole body. Raises `TimeoutError` for a client that stalls, `ConnectionError` for one that went."""
        begun = self._begun[id(request)]
        if begun.body is not None:
            return begun.body
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
        """The answer of the hundredth request on a connection carries `Connection: close` (5)."""
        transport = request.transport
        if transport is not None and not response.prepared:
            self._answers[transport] = count = self._answers.get(transport, 0) + 1
            if count >= self._config.requests_per_connection:
                response.force_close()


def _without_token(path: str) -> str:
    """The path as it may be shown: one route has a token in it."""
    return "/api/token/..." if path.startswith("/api/token/") else path
