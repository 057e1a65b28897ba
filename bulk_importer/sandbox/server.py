"""A DataGym import server in this process: what is behind its URL, from the socket to the routes."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakKeyDictionary

from aiohttp import web

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.access import Flavour, Gatekeeper, token_of
from bulk_importer.sandbox.backroom import Backroom
from bulk_importer.sandbox.cost import CostModel
from bulk_importer.sandbox.export import ExportRoutes
from bulk_importer.sandbox.faults import Fault, FaultScript, Performance
from bulk_importer.sandbox.inspection import Inspection, Prepared
from bulk_importer.sandbox.mishaps import half_of, never, reset, status_answer
from bulk_importer.sandbox.pace import Pace
from bulk_importer.sandbox.prediction import Outcome, Prediction
from bulk_importer.sandbox.project_reads import ProjectReads
from bulk_importer.sandbox.refusals import SYSTEM, Refused
from bulk_importer.sandbox.setup_routes import SetupRoutes
from bulk_importer.sandbox.store import ORGANISATION, Store
from bulk_importer.sandbox.task_reads import TaskReads
from bulk_importer.sandbox.witness import Seen, Witness
from bulk_importer.sandbox.writing import framework_error, refusal_answer

__all__ = ["Sandbox", "SandboxConfig"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """How a sandbox is to be.

    Attributes:
        port: 0 for a free one.
        database: file of the database; None: in memory.
        seed: makes ids reproducible; None: different ones each time. A database that exists keeps its own.
        tokens: tokens that are valid from the beginning.
        faults: what goes wrong, and when.
        cost_model: how long requests take; None: no longer than they take the sandbox.
        time_scale: seconds that pass for cost model and faults in one real second.
        requests_per_connection: the answer to the last of them closes the connection (protocol 5: 100).
        stall_seconds: a client that sends nothing for so long, in the midst of a body, is cut off (5: 20).
        remembered_requests: how many requests are kept to be looked at.
    """

    host: str = "127.0.0.1"
    port: int = 0
    database: Path | None = None
    seed: int | None = None
    flavour: Flavour | str = Flavour.OPEN
    tokens: Sequence[str] = ()
    faults: FaultScript | None = None
    cost_model: CostModel | None = None
    time_scale: float = 1.0
    requests_per_connection: int = 100
    stall_seconds: float = 20.0
    remembered_requests: int = 10_000


class Sandbox:
    """A running sandbox; an asynchronous context manager.

        async with Sandbox(SandboxConfig(faults=FaultScript([503, "ok"]))) as sandbox:
            project = await sandbox.prepare(media=3)
            ...  # requests to sandbox.url
            assert await sandbox.labels(project.id) == ...

    Leaving waits for requests whose client has gone; it cancels those that the cost model or a fault holds back.

    Raises:
        UsageError: the address or the database cannot be used.
    """

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        # Set when the sandbox starts, and by nothing else.
        self._stack = AsyncExitStack()
        self._performance: Performance
        self._backroom: Backroom
        self._prediction: Prediction
        self._works: asyncio.TaskGroup
        self._runner: web.AppRunner
        # The listening socket; replaced by `_refuse_connections`.
        self._listening: asyncio.Server | None = None
        self._address: tuple[str, int] = ("", 0)
        self._answers: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()

    # ------------------------------------------------------------------------------------- beginning and end

    async def __aenter__(self) -> Self:
        config = self.config
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")
        self._stack.callback(thread.shutdown)
        loop = asyncio.get_running_loop()
        seed = secrets.randbits(62) if config.seed is None else config.seed
        store = await loop.run_in_executor(thread, lambda: Store(config.database, seed))
        self._stack.push_async_callback(_in_thread, thread, store.close)
        gate = Gatekeeper(Flavour(config.flavour), store)
        pace = Pace(config.cost_model, config.time_scale, seed)
        self._backroom = Backroom(store, gate, pace, Witness(config.remembered_requests), thread)
        self._performance = (config.faults or FaultScript()).perform()
        self._prediction = Prediction(self._backroom)
        await self._backroom.in_transaction(
            lambda: _keep_tokens(store, config.tokens, self._backroom.now_ms())
        )
        self._works = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.callback(pace.stop)
        await self._serve()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._middleware], client_max_size=0)
        self._inspection = Inspection(self._backroom)
        self._inspection.register(app.router)
        for kind in (ProjectReads, TaskReads, ExportRoutes, SetupRoutes):
            kind(self._backroom).register(app.router)
        for base in ("/api/v1/project", "/api/project"):
            app.router.add_post(f"{base}/{{id}}/prediction", self._predict)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=20,
            shutdown_timeout=0.2,
            logger=_logger,
        )
        await self._runner.setup()
        self._stack.push_async_callback(self._runner.cleanup)
        await self._listen((self.config.host, self.config.port))
        self._stack.callback(self._stop_listening)
        for begin, end in self._performance.refusal_windows():
            self._works.create_task(self._refuse_connections(end - begin, after=begin))
        self._refuse_if_due()

    async def _listen(self, address: tuple[str, int]) -> None:
        server = self._runner.server
        if server is None:
            raise RuntimeError("nobody is there to listen")
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            self._listening = await asyncio.get_running_loop().create_server(
                server, sock=listener, backlog=512
            )
        except OSError as error:
            listener.close()
            raise UsageError(
                f"The sandbox cannot listen on {address[0]} port {address[1]}: {error.strerror or error}. "
                "Give another --port, or 0 for any that is free."
            ) from error
        self._address = listener.getsockname()[:2]

    def _stop_listening(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    # ----------------------------------------------------------------------------------- for tests and demos

    async def prepare(
        self,
        *,
        name: str = "sandbox",
        media: int = 3,
        label_config: Sequence[dict[str, Any]] | None = None,
        media_type: str = "IMAGE",
        owner: str = ORGANISATION,
    ) -> Prepared:
        """A project of its own with so many media, and a label configuration (None: the built-in one).

        With a seed, equal calls in equal order give equal ids.
        """
        return await self._inspection.prepare(name, media, label_config, media_type, owner)

    async def find(self, name: str) -> Prepared | None:
        """The project of that name, or None."""
        return await self._inspection.find(name)

    async def labels(self, project_id: str) -> dict[str, list[dict[str, object]]]:
        """What every media of a project holds, by media id; see `values.canonical` for the form."""
        return await self._inspection.labels(project_id)

    @property
    def requests(self) -> list[Seen]:
        """The requests that came, the oldest first, and what became of them."""
        return self._backroom.witness.seen

    @property
    def commits(self) -> dict[str, int]:
        """How often each body was written: SHA-256 of the body (hex) to a count."""
        return dict(self._backroom.witness.commits)

    # --------------------------------------------------------------------------------------------- requests

    @web.middleware
    async def _middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path.startswith("/sandbox/") or request.path == "/":
            return await self._guarded(request, handler)
        seen = self._backroom.witness.arrive(request.method, request.path)
        request["seen"] = seen
        try:
            response = await self._with_faults(request, handler, seen)
        finally:
            seen.ended = self._backroom.now_ms() / 1000
            self._refuse_if_due()
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
            return framework_error(error.status, request.path)
        except (ConnectionError, TimeoutError):
            return reset(request)
        except Exception:
            _logger.exception("%s %s failed", request.method, request.path)
            return refusal_answer(Refused(500, SYSTEM))

    async def _with_faults(
        self, request: web.Request, route: Callable[[web.Request], Awaitable[web.StreamResponse]], seen: Seen
    ) -> web.StreamResponse:
        if self._performance.weighs and request.content_length is None and request.can_read_body:
            request["body"] = await self._read(request)
        fault = self._performance.take(
            request.path,
            is_prediction=request.path.endswith("/prediction"),
            size=request.content_length or len(request.get("body", b"")),
            elapsed=self._backroom.pace.elapsed(),
        )
        if fault is None or fault.what == "ok":
            return await self._guarded(request, route)
        seen.fault = str(fault.what)
        return await self._mishap(fault, request, lambda: self._guarded(request, route))

    async def _mishap(
        self, fault: Fault, request: web.Request, serve: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        pace = self._backroom.pace
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
                self._works.create_task(self._serve_late(request, body, fault.seconds))
                return status_answer(fault) if fault.answer else reset(request)
            case _:  # a delay that is over, or a close
                response = await serve()
                if fault.what == "close":
                    response.force_close()
                return response

    async def _predict(self, request: web.Request) -> web.StreamResponse:
        body = await self._read(request)
        work = self._works.create_task(self._upload(request, body))
        return (await asyncio.shield(work)).response()

    async def _upload(self, request: web.Request, body: bytes) -> Outcome:
        seen: Seen = request["seen"]
        self._backroom.witness.note_body(seen, body)
        token = token_of(request.query, request.headers)
        try:
            return await self._prediction.serve(request.match_info["id"], token, body, seen)
        except Exception:
            _logger.exception("an upload failed")
            return Outcome(Refused(500, SYSTEM))

    async def _serve_late(self, request: web.Request, body: bytes, seconds: float) -> None:
        await self._backroom.pace.sleep(seconds)
        await self._upload(request, body)

    async def _read(self, request: web.Request) -> bytes:
        """The whole body. Raises `TimeoutError` for a client that stalls, `ConnectionError` for one that went."""
        if "body" in request:
            body: bytes = request["body"]
            return body
        pieces: list[bytes] = []
        while True:
            async with asyncio.timeout(self.config.stall_seconds):
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
            if count >= self.config.requests_per_connection:
                response.force_close()

    # --------------------------------------------------------------------------------- refused connections

    def _refuse_if_due(self) -> None:
        if fault := self._performance.take_refusal():
            self._stop_listening()
            self._works.create_task(self._refuse_connections(fault.seconds or 1.0))

    async def _refuse_connections(self, seconds: float, after: float = 0.0) -> None:
        """Let nothing listen for a while; connections without a request are closed."""
        await self._backroom.pace.sleep(after)
        self._stop_listening()
        if self._runner.server:
            self._runner.server.pre_shutdown()
        await self._backroom.pace.sleep(seconds)
        await self._listen(self._address)


async def _in_thread(thread: ThreadPoolExecutor, work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(thread, work)


def _keep_tokens(store: Store, tokens: Sequence[str], now_ms: int) -> None:
    for token in tokens:
        store.execute(
            "INSERT OR IGNORE INTO token (token, name, owner, created) VALUES (?, ?, ?, ?)",
            token,
            "sandbox",
            ORGANISATION,
            now_ms,
        )
