"""The task of a shard: starts its child, gives signs of life for it, and stops it when the worker leaves.

It never raises what would end the worker, and holds a thread of it, no more: what is imported is in the child.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec

from bulk_importer.distributed.engines.orders import STOPPED_BY_WORKER, Ended, Order, Sign
from bulk_importer.distributed.engines.shard_process import ShardProcess
from bulk_importer.errors import ExitCode

if TYPE_CHECKING:
    from distributed.worker import Worker

__all__ = ["Counted", "import_shard"]

_LOOK_SECONDS = 0.2
_SIGN_SECONDS = 1.0
_AT_WORK = frozenset({"init", "running", "paused"})
_WANTED = frozenset({"executing", "long-running"})


def import_shard(order: Order) -> Ended:
    """Run the child of a shard to its end, on a worker of Dask."""
    from distributed import get_worker

    worker = get_worker()
    if order.version != (ours := version("bulk-importer")):
        words = (
            f"The worker {worker.address} has bulk-importer {ours}, and this is {order.version}. Install the same "
            "version on all workers, and start them again."
        )
        return Ended(exit_code=ExitCode.USAGE, words=words, worker=worker.address)
    counted = Counted(order)
    give = _Signs(worker, order.topic)
    try:
        return _ended(order, worker, counted, give)
    finally:
        give.now(counted.sign(is_over=True))


def _ended(order: Order, worker: Worker, counted: Counted, give: _Signs) -> Ended:
    is_wanted = _wanted(worker)
    if not is_wanted():
        return Ended(exit_code=STOPPED_BY_WORKER, words="", worker=worker.address)
    try:
        child = ShardProcess(order)
    except OSError as error:
        words = f"On the worker {worker.address} no process can be started: {error.strerror}."
        return Ended(exit_code=ExitCode.UNFORESEEN, words=words, worker=worker.address)
    with child:
        while not child.is_silent:
            for told in child.told(_LOOK_SECONDS):
                counted.see(told)
            if not is_wanted():
                child.stop()
            give.when_due(counted.sign())
        words = counted.words and f"on the worker {worker.address}: {counted.words}"
        return Ended(exit_code=child.exit_code(), words=words, worker=worker.address)


def _wanted(worker: Worker) -> Callable[[], bool]:
    """Asks whether the task of this thread is to go on: its worker stays, and somebody waits for it."""
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return worker.status.name in _AT_WORK and task is not None and task.state in _WANTED

    return is_wanted


class Counted:
    """How far a child is, by the events that it tells."""

    def __init__(self, order: Order) -> None:
        self._order = order
        # Changed by `see` alone.
        self._settled = self._rejected = 0
        self.words = ""

    def see(self, told: Mapping[str, Any]) -> None:
        """Take an object of its standard error into account."""
        match told:
            case {"event": "RunStarted", "settled": int(settled), "rejected": int(rejected)}:
                self._settled, self._rejected = settled, rejected
            case {"event": "SegmentRead", "skipped": int(skipped)}:
                self._settled += skipped
            case {"event": "BatchDelivered", "entries": int(entries)}:
                self._settled += entries
            case {"event": "EntriesRejected", "spans": list(spans)}:
                rejected = sum(stop - start for start, stop in spans)
                self._settled += rejected
                self._rejected += rejected
            case {"level": "error", "message": str(words)}:
                self.words = words
            case _:
                pass

    def sign(self, *, is_over: bool = False) -> Sign:
        """A sign of life that says so."""
        order = self._order
        return Sign(
            index=order.index,
            attempt=order.attempt,
            settled=self._settled,
            rejected=self._rejected,
            is_over=is_over,
        )


class _Signs:
    """Gives signs of life to the client, through the scheduler; they may be lost."""

    def __init__(self, worker: Worker, topic: str) -> None:
        self._worker = worker
        self._topic = topic
        self._given_at = -_SIGN_SECONDS

    def when_due(self, sign: Sign) -> None:
        if time.monotonic() - self._given_at >= _SIGN_SECONDS:
            self.now(sign)

    def now(self, sign: Sign) -> None:
        self._given_at = time.monotonic()
        self._worker.log_event(self._topic, msgspec.to_builtins(sign))
