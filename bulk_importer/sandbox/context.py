"""What all routes share: the store and its thread, ids, views, clock, authorizer, request log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bulk_importer.sandbox.auth import Authorizer, Caller
from bulk_importer.sandbox.faults.clock import CostClock
from bulk_importer.sandbox.refusals import Refused, not_found
from bulk_importer.sandbox.request_log import RequestLog
from bulk_importer.sandbox.views.resources import ResourceViews
from bulk_importer.sandbox.world.ids import IdKind, Ids
from bulk_importer.sandbox.world.store import Row, Store

__all__ = ["SandboxContext"]

T = TypeVar("T")


class SandboxContext:
    """The state that the routes of one sandbox share.

    The store belongs to one thread, so that the event loop never waits for it; `on_store` and `in_transaction` are
    the only ways in. Methods that look rows up run on that thread, and raise `Refused` for rows that do not exist
    and for rows of an organisation that the caller does not administer.
    """

    def __init__(
        self,
        store: Store,
        authorizer: Authorizer,
        clock: CostClock,
        request_log: RequestLog,
        thread: ThreadPoolExecutor,
        *,
        label_quota: int | None = None,
    ) -> None:
        self.store = store
        self.ids = Ids(store.seed)
        self.views = ResourceViews(store, self.ids)
        self.authorizer = authorizer
        self.clock = clock
        self.request_log = request_log
        self._thread = thread
        self._label_quota = label_quota
        # Changed by `use_quota`, on the store's thread; a sandbox that starts again has used none.
        self._used_quota = 0

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
        """Milliseconds since the epoch: what the server stamps its rows with."""
        return int(time.time() * 1000)

    def use_quota(self) -> None:
        """Count one more task that is completed or skipped. `Refused` where the quota is used up (protocol 5)."""
        if self._label_quota is not None and self._used_quota >= self._label_quota:
            raise Refused(402, "ex_limit", "LABEL", str(self._used_quota), str(self._label_quota))
        self._used_quota += 1

    # ------------------------------------------------------- rows by their ids; on the store's thread

    def project(self, project_id: str, caller: Caller, *, deleted: bool = False) -> Row:
        """The project with this id. A deleted project is found only with `deleted`."""
        number = self.ids.number(IdKind.PROJECT, project_id)
        row = self.store.row("SELECT * FROM project WHERE number = ?", number)
        if row is None:
            raise not_found("Project", "id", project_id)
        caller.require(row["owner"])
        if row["delete_time"] is not None and not deleted:
            raise not_found("Project", "id", project_id)
        return row

    def dataset(self, dataset_id: str, caller: Caller, *, name: str = "dataset") -> Row:
        """The dataset with this id, unless it is deleted. `name` is the word for a dataset in the refusal."""
        number = self.ids.number(IdKind.DATASET, dataset_id)
        row = self.store.row("SELECT * FROM dataset WHERE number = ? AND delete_time IS NULL", number)
        if row is None:
            raise not_found(name, "id", dataset_id)
        caller.require(row["owner"])
        return row

    def config(self, config_id: str, caller: Caller) -> Row:
        """The project whose label configuration has this id."""
        number = self.ids.number(IdKind.CONFIG, config_id)
        row = self.store.row("SELECT * FROM project WHERE number = ?", number)
        if row is None:
            raise not_found("Label Configuration", "id", config_id)
        caller.require(row["owner"])
        return row

    def task(self, task_id: str, caller: Caller) -> tuple[Row, Row]:
        """The task with this id, and its project, which may be deleted."""
        number = self.ids.number(IdKind.TASK, task_id)
        task = self.store.row("SELECT * FROM task WHERE number = ?", number)
        if task is None:
            raise not_found("Label Task", "id", task_id)
        project = self.store.row("SELECT * FROM project WHERE number = ?", task["project"])
        if project is None:
            raise Refused(500, "ex_system")
        caller.require(project["owner"])
        return task, project
