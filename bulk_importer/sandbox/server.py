"""A DataGym import server in this process: what is behind its URL, from the socket to the routes."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.auth import Flavour, Gatekeeper
from bulk_importer.sandbox.config import SandboxConfig
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.faults.clock import CostClock
from bulk_importer.sandbox.faults.script import FaultScript, Performance
from bulk_importer.sandbox.middleware import Middleware
from bulk_importer.sandbox.page import Page
from bulk_importer.sandbox.request_log import RequestLog, Seen
from bulk_importer.sandbox.routes.export import ExportRoutes
from bulk_importer.sandbox.routes.inspection import Inspection, Prepared, ProjectHeld
from bulk_importer.sandbox.routes.project_reads import ProjectReads
from bulk_importer.sandbox.routes.setup_routes import SetupRoutes
from bulk_importer.sandbox.routes.task_reads import TaskReads
from bulk_importer.sandbox.routes.value_routes import ValueRoutes
from bulk_importer.sandbox.world.store import ORGANISATION, Store

__all__ = ["Sandbox", "SandboxConfig"]

_logger = logging.getLogger(__name__)


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
        self._context: SandboxContext
        self._doorway: Middleware
        self._inspection: Inspection
        self._works: asyncio.TaskGroup
        self._runner: web.AppRunner
        # What listens, and what holds the address while nothing does; changed by `_listen` and `_close_doors`.
        self._listening: asyncio.Server | None = None
        self._holding: socket.socket | None = None
        self._address: tuple[str, int] = ("", 0)
        # Tasks that sleep until it is their time; they end with the sandbox.
        self._sleepers: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------------------------- beginning and end

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _start(self) -> None:
        config = self.config
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")
        self._stack.callback(thread.shutdown)
        seed = secrets.randbits(62) if config.seed is None else config.seed
        store = await asyncio.get_running_loop().run_in_executor(thread, lambda: Store(config.database, seed))
        self._stack.push_async_callback(_in_thread, thread, store.close)
        pace = CostClock(config.cost_model, config.time_scale, seed)
        gate = Gatekeeper(Flavour(config.flavour), store)
        self._context = SandboxContext(store, gate, pace, RequestLog(config.remembered_requests), thread)
        self._performance = (config.faults or FaultScript()).perform()
        await self._context.in_transaction(lambda: _keep_tokens(store, config.tokens, self._context.now_ms()))
        self._works = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.callback(pace.stop)
        self._stack.callback(self._wake_nobody)
        self._doorway = Middleware(
            self._context, self._performance, self._works, self._later, self._refuse_if_due, config
        )
        await self._serve()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._doorway.middleware], client_max_size=0)
        self._inspection = Inspection(self._context)
        self._inspection.register(app.router)
        for kind in (Page, ProjectReads, TaskReads, ExportRoutes, SetupRoutes, ValueRoutes):
            kind(self._context).register(app.router)
        for base in ("/api/v1/project", "/api/project"):
            app.router.add_post(f"{base}/{{id}}/prediction", self._doorway.predict)
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
        self._stack.callback(self._let_go)
        await self._listen((self.config.host, self.config.port))
        for begin, end in self._performance.refusal_windows():
            self._later(self._refuse_connections(end - begin, after=begin))
        self._refuse_if_due()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        sleeper = self._works.create_task(work)
        self._sleepers.add(sleeper)
        sleeper.add_done_callback(self._sleepers.discard)

    def _wake_nobody(self) -> None:
        for sleeper in tuple(self._sleepers):
            sleeper.cancel()

    async def _listen(self, address: tuple[str, int]) -> None:
        server = self._runner.server
        if server is None:
            raise RuntimeError("nobody is there to listen")
        try:
            listener = _bound(address)
            self._listening = await asyncio.get_running_loop().create_server(
                lambda: self._doorway.expect_request(server()), sock=listener, backlog=512
            )
        except OSError as error:
            raise UsageError(
                f"The sandbox cannot listen on {address[0]} port {address[1]}: {error.strerror or error}. "
                "Give another --port, or 0 for any that is free."
            ) from error
        self._address = listener.getsockname()[:2]
        self._release()

    def _close_doors(self) -> None:
        """Stop listening; the address is held, so that nobody else takes it meanwhile."""
        if self._listening:
            self._listening.close()
            self._listening = None
            self._holding = _bound(self._address)

    def _release(self) -> None:
        if self._holding:
            self._holding.close()
            self._holding = None

    def _let_go(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None
        self._release()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    # ----------------------------------------------------------------------------------- for tests and demos

    async def prepare(
        self,
        *,
        name: str | None = None,
        media: int = 3,
        label_config: Sequence[dict[str, Any]] | None = None,
        media_type: str = "IMAGE",
        owner: str = ORGANISATION,
    ) -> Prepared:
        """A project of its own with so many media, and a label configuration (None: the built-in one).

        With a seed, equal calls in equal order give equal ids. Without a name the first project is called
        `sandbox`, the next `sandbox 2`, and so on.
        """
        return await self._inspection.prepare(name, media, label_config, media_type, owner)

    async def find(self, name: str) -> Prepared | None:
        """The project of that name, or None."""
        return await self._inspection.find(name)

    async def projects(self) -> list[ProjectHeld]:
        """The projects that it holds, the oldest first, whoever made them."""
        return await self._inspection.projects()

    async def labels(self, project_id: str) -> dict[str, list[dict[str, object]]]:
        """What every media of a project holds, by media id; see `values.canonical` for the form."""
        return await self._inspection.labels(project_id)

    async def count_labelled(self, project_id: str) -> int:
        """How many media of a project hold any labels; quick, whatever their number."""
        return await self._inspection.count_labelled(project_id)

    @property
    def requests(self) -> list[Seen]:
        """The requests that came, the oldest first, and what became of them."""
        return self._context.witness.seen

    @property
    def commits(self) -> dict[str, int]:
        """How often each body was written: SHA-256 of the body (hex) to a count."""
        return dict(self._context.witness.commits)

    # --------------------------------------------------------------------------------- refused connections

    def _refuse_if_due(self) -> bool:
        """Begin to refuse connections if that is what the story says next; whether it does."""
        fault = self._performance.take_refusal()
        if fault is None:
            return False
        self._close_doors()
        self._later(self._refuse_connections(fault.seconds or 1.0))
        return True

    async def _refuse_connections(self, seconds: float, after: float = 0.0) -> None:
        """Let nothing listen for a while; connections without a request are closed."""
        await self._context.pace.sleep(after)
        self._close_doors()
        if self._runner.server:
            self._runner.server.pre_shutdown()
        await self._context.pace.sleep(seconds)
        await self._listen(self._address)


def _bound(address: tuple[str, int]) -> socket.socket:
    """A socket at that address that does not listen yet."""
    bound = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


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
