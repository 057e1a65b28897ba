"""Starts and stops a sandbox: a DataGym import server in this process, with its listener, routes and store."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bulk_importer.sandbox.auth import Authorizer, Flavour
from bulk_importer.sandbox.config import SandboxConfig
from bulk_importer.sandbox.context import SandboxContext
from bulk_importer.sandbox.faults.clock import CostClock
from bulk_importer.sandbox.faults.playback import Playback
from bulk_importer.sandbox.faults.script import FaultScript
from bulk_importer.sandbox.listener import Listener
from bulk_importer.sandbox.middleware import Middleware
from bulk_importer.sandbox.page import Page
from bulk_importer.sandbox.request_log import LoggedRequest, RequestLog
from bulk_importer.sandbox.routes.export import ExportRoutes
from bulk_importer.sandbox.routes.inspection import Inspection, Prepared, ProjectHeld
from bulk_importer.sandbox.routes.projects import ProjectRoutes
from bulk_importer.sandbox.routes.setup import SetupRoutes
from bulk_importer.sandbox.routes.tasks import TaskRoutes
from bulk_importer.sandbox.routes.values import ValueRoutes
from bulk_importer.sandbox.world.store import ORGANISATION, Store

__all__ = ["Sandbox", "SandboxConfig"]

_logger = logging.getLogger(__name__)


class Sandbox:
    """A running sandbox; an asynchronous context manager.

        async with Sandbox(SandboxConfig(faults=FaultScript([503, "ok"]))) as sandbox:
            project = await sandbox.prepare(media=3)
            ...  # requests to sandbox.url
            assert await sandbox.labels(project.id) == ...

    Leaving the context waits for requests whose client has gone; it cancels requests that the cost model or a fault
    holds back.

    Raises:
        UsageError: the address or the database cannot be used.
    """

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        # Set when the sandbox starts, and by nothing else.
        self._stack = AsyncExitStack()
        self._playback: Playback
        self._context: SandboxContext
        self._middleware: Middleware
        self._inspection: Inspection
        self._task_group: asyncio.TaskGroup
        self._runner: web.AppRunner
        self._listener: Listener
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
        # The stack undoes in reverse: sleepers and waiting requests end before the task group waits for uploads, and
        # the store closes when nobody writes any more.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-store")
        self._stack.callback(thread.shutdown)
        seed = secrets.randbits(62) if config.seed is None else config.seed
        store = await asyncio.get_running_loop().run_in_executor(thread, lambda: Store(config.database, seed))
        self._stack.push_async_callback(_in_thread, thread, store.close)
        clock = CostClock(config.cost_model, config.time_scale, seed)
        authorizer = Authorizer(Flavour(config.flavour), store)
        self._context = SandboxContext(
            store,
            authorizer,
            clock,
            RequestLog(config.remembered_requests),
            thread,
            label_quota=config.label_quota,
        )
        self._playback = Playback(config.faults or FaultScript())
        await self._context.in_transaction(lambda: _keep_tokens(store, config.tokens, self._context.now_ms()))
        self._task_group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.callback(clock.stop)
        self._stack.callback(self._cancel_sleepers)
        self._middleware = Middleware(
            self._context, self._playback, self._task_group, self._later, self._refuse_if_due, config
        )
        await self._serve()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _serve(self) -> None:
        # The server takes bodies of any size (0: no limit), and does not unpack them.
        app = web.Application(middlewares=[self._middleware.middleware], client_max_size=0)
        self._inspection = Inspection(self._context)
        self._inspection.register(app.router)
        for kind in (Page, ProjectRoutes, TaskRoutes, ExportRoutes, SetupRoutes, ValueRoutes):
            kind(self._context).register(app.router)
        for base in ("/api/v1/project", "/api/project"):
            app.router.add_post(f"{base}/{{id}}/prediction", self._middleware.predict)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=20,  # protocol 5
            shutdown_timeout=0.2,
            logger=_logger,
        )
        await self._runner.setup()
        self._stack.push_async_callback(self._runner.cleanup)
        if (serve := self._runner.server) is None:
            raise RuntimeError("a runner that is set up serves")
        self._listener = Listener(
            lambda: self._middleware.expect_request(serve()), self.config.host, self.config.port
        )
        self._stack.callback(self._listener.close)
        await self._listener.open()
        for begin, end in self._playback.refusal_windows():
            self._later(self._refuse_connections(end - begin, after=begin))
        self._refuse_if_due()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        sleeper = self._task_group.create_task(work)
        self._sleepers.add(sleeper)
        sleeper.add_done_callback(self._sleepers.discard)

    def _cancel_sleepers(self) -> None:
        for sleeper in tuple(self._sleepers):
            sleeper.cancel()

    @property
    def url(self) -> str:
        """The URL of the server, without a slash at the end."""
        return self._listener.url

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
        """Create a project with so many media and a label configuration (None: the built-in one).

        With a seed, equal calls in equal order give equal ids. Without a name the first project is called
        `sandbox`, the next `sandbox 2`, and so on.
        """
        return await self._inspection.prepare(name, media, label_config, media_type, owner)

    async def find(self, name: str) -> Prepared | None:
        """The project with this name, or None; the last one if there are several."""
        return await self._inspection.find(name)

    async def projects(self) -> list[ProjectHeld]:
        """All projects that are not deleted, the oldest first, whoever made them."""
        return await self._inspection.projects()

    async def labels(self, project_id: str) -> dict[str, list[dict[str, object]]]:
        """The labels of every media of a project, by media id; `world.values.canonical` says in which form."""
        return await self._inspection.labels(project_id)

    async def count_labelled(self, project_id: str) -> int:
        """How many media of a project hold any labels. Quick, whatever their number."""
        return await self._inspection.count_labelled(project_id)

    @property
    def requests(self) -> list[LoggedRequest]:
        """The last requests and what became of them, the oldest first."""
        return self._context.request_log.requests

    @property
    def commits(self) -> dict[str, int]:
        """How often each body was written: SHA-256 of the body (hex) to a count."""
        return dict(self._context.request_log.commits)

    # --------------------------------------------------------------------------------- refused connections

    def _refuse_if_due(self) -> bool:
        """Begin to refuse connections if that is the next step of the fault script; returns whether it is."""
        fault = self._playback.take_refusal()
        if fault is None:
            return False
        self._listener.pause()
        self._later(self._refuse_connections(fault.seconds or 1.0))
        return True

    async def _refuse_connections(self, seconds: float, after: float = 0.0) -> None:
        """Let nothing listen for a while, and close connections that have no request."""
        await self._context.clock.sleep(after)
        self._listener.pause()
        if self._runner.server:
            self._runner.server.pre_shutdown()
        await self._context.clock.sleep(seconds)
        await self._listener.open()


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
