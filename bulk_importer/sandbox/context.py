"""What all routes share: the store and its thread, ids, clock, gatekeeper, witness."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bulk_importer.sandbox.auth import Caller, Gatekeeper
from bulk_importer.sandbox.faults.clock import CostClock
from bulk_importer.sandbox.refusals import Refused, not_found
from bulk_importer.sandbox.request_log import RequestLog
from bulk_importer.sandbox.views.rows import Views
from bulk_importer.sandbox.world.ids import Ids, Kind
from bulk_importer.sandbox.world.store import Row, Store

__all__ = ["SandboxContext"]

T = TypeVar("T")


class SandboxContext:
    """One sandbox, seen from its routes.

    The store belongs to one thread, so that the event loop never waits for it; `on_store` is the only way in.
    """

    def __init__(
        self, store: Store, gate: Gatekeeper, pace: CostClock, witness: RequestLog, thread: ThreadPoolExecutor
    ) -> None:
        self.store = store
        self.ids = Ids(store.seed)
        self.views = Views(store, self.ids)
        self.gate = gate
        self.pace = pace
        self.witness = witness
        self._thread = thread

    async def on_store(self, work: Callable[[], T]) -> T:
        """Run `work` on the store's thread. It runs to its end even if the caller is cancelled."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def in_transaction(self, work: Callable[[], T]) -> T:
        """Run `work` on the store's thread, all or nothing."""

        def whole() -> T:
            with self.store.transaction():
                return work()

        return await self.on_store(whole)

    @staticmethod
    def now_ms() -> int:
        """The server's clock, as it stamps its rows."""
        return int(time.time() * 1000)

    # -------------------------------------------------- rows by their ids; on the store's thread, may refuse

    def project(self, project_id: str, caller: Caller, *, deleted: bool = False) -> Row:
        """The project of that id; a deleted one only with `deleted`."""
        number = self.ids.number(Kind.PROJECT, project_id)
        row = self.store.row("SELECT * FROM project WHERE number = ?", number)
        if row is None:
            raise not_found("Project", "id", project_id)
        caller.require(row["owner"])
        if row["delete_time"] is not None and not deleted:
            raise not_found("Project", "id", project_id)
        return row

    def dataset(self, dataset_id: str, caller: Caller, *, name: str = "dataset") -> Row:
        """The dataset of that id, unless it is deleted. `name` is what the refusal calls it."""
        number = self.ids.number(Kind.DATASET, dataset_id)
        row = self.store.row("SELECT * FROM dataset WHERE number = ? AND delete_time IS NULL", number)
        if row is None:
            raise not_found(name, "id", dataset_id)
        caller.require(row["owner"])
        return row

    def config(self, config_id: str, caller: Caller) -> Row:
        """The project whose label configuration has that id."""
        number = self.ids.number(Kind.CONFIG, config_id)
        row = self.store.row("SELECT * FROM project WHERE number = ?", number)
        if row is None:
            raise not_found("Label Configuration", "id", config_id)
        caller.require(row["owner"])
        return row

    def task(self, task_id: str, caller: Caller) -> tuple[Row, Row]:
        """The task of that id, and its project."""
        number = self.ids.number(Kind.TASK, task_id)
        task = self.store.row("SELECT * FROM task WHERE number = ?", number)
        if task is None:
            raise not_found("Label Task", "id", task_id)
        project = self.store.row("SELECT * FROM project WHERE number = ?", task["project"])
        if project is None:
            raise Refused(500, "ex_system")
        caller.require(project["owner"])
        return task, project
