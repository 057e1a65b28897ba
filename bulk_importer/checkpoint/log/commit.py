"""Group commit: many who wait for the disk share one write and one fsync.

The first that comes is written at once, in a worker thread; who comes meanwhile gathers, and is written
together when that is done. So a lone record waits for one fsync, and a thousand at a time wait for two, with
no timer and nothing to tune.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

__all__ = ["GroupCommit"]

_Entry = TypeVar("_Entry")
_Done = TypeVar("_Done")


class GroupCommit(Generic[_Entry, _Done]):
    """Hands what is submitted to `write`, in order, a group at a time.

    `write` runs in the worker thread. `publish` gets what it returned, in the event loop, before anyone who
    waits for the group is told. When `write` raises, everyone who waits gets the exception, and so does
    everyone who comes later: nothing is written after a failure.
    """

    def __init__(
        self, write: Callable[[Sequence[_Entry]], _Done], publish: Callable[[_Done], None], name: str
    ) -> None:
        self._write = write
        self._publish = publish
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        # All in the event loop: `_waiting` is the next group, `_group` the one that is being written.
        self._waiting: list[tuple[_Entry, asyncio.Future[None]]] = []
        self._group: list[tuple[_Entry, asyncio.Future[None]]] = []
        self._failure: BaseException | None = None

    def submit(self, entry: _Entry) -> asyncio.Future[None]:
        """Queue `entry`; the future is done when it is on disk and published.

        Wait for it through `asyncio.shield`: it is shared, and cancelling it would not stop the writing.

        Raises:
            BaseException: what made an earlier group fail.
        """
        if self._failure is not None:
            raise self._failure
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        if not self._group:
            self._start()
        return done

    async def close(self) -> None:
        """Return when all that was submitted is written, or has failed. Not to be used after that.

        Cancelling it is answered when that is so: until then the thread writes to what the caller gives back next.
        """
        cancelled: asyncio.CancelledError | None = None
        while self._group or self._waiting:
            try:
                await asyncio.wait([done for _, done in (*self._group, *self._waiting)])
            except asyncio.CancelledError as error:
                cancelled = error
        self._worker.shutdown(wait=False)
        if cancelled is not None:
            raise cancelled

    def _start(self) -> None:
        # All that came while the last group was written: the slower the disk, the more records share a sync.
        self._group, self._waiting = self._waiting, []
        entries = [entry for entry, _ in self._group]
        job = asyncio.get_running_loop().run_in_executor(self._worker, self._write, entries)
        job.add_done_callback(self._finish)

    def _finish(self, job: asyncio.Future[_Done]) -> None:
        group, self._group = self._group, []
        try:
            self._publish(job.result())
        except BaseException as failure:  # noqa: BLE001  # whatever it is, it belongs to those who wait
            self._fail(failure, group)
            return
        for _, done in group:
            done.set_result(None)
        if self._waiting:
            self._start()

    def _fail(self, failure: BaseException, group: Sequence[tuple[_Entry, asyncio.Future[None]]]) -> None:
        self._failure = failure
        waiting, self._waiting = self._waiting, []
        for _, done in (*group, *waiting):
            done.set_exception(failure)
            done.exception()  # seen: who was cancelled meanwhile does not come to fetch it
