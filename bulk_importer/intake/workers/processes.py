"""Child processes that do jobs, and the same in a thread for inputs too small to be worth a process.

A worker is a child (see `machine.children`), given one end of a socket pair and the file (if the source is one).
Nothing lies in /dev/shm or any other file, so a read-only container will do.

A worker reads a plain file itself, by the parent's own descriptor (so the same file, even if the name now means
another); for any other source it gets the bytes with the job. It answers with columns, never with the
bytes. It ignores the signals that a terminal or a supervisor sends to the whole process group, and ends when
the socket ends: the kernel closes it however the parent dies.

On the wire: eight bytes length, then a pickle; before it, for a job with bytes, the same with the bytes as they
are. Both ends are of one program, and the socket has no name that others could connect to.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import socket
import struct
import subprocess
from collections.abc import Callable
from typing import Protocol

from bulk_importer.errors import BulkImporterError, SourceUnreadable
from bulk_importer.intake.job import Failure, Job, JobResult
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.workers.perform import perform
from bulk_importer.machine.children import child_command

__all__ = ["InProcess", "Performer", "WorkerProcesses"]

FRAME = struct.Struct("<Q")

# One death may be chance (the kernel needed memory); three on the same bytes are not.
_LIVES = 3
# A process whose socket broke is ending already; its last words are worth so long a wait.
_END_SECONDS = 0.3


class Performer(Protocol):
    """Does jobs, several at a time.

    Attributes:
        wants_bytes: jobs must come with their bytes.
        width: how many jobs it can do at a time.
    """

    wants_bytes: bool
    width: int

    async def perform(self, job: Job, data: bytes) -> JobResult:
        """Do one job. Raises `SourceUnreadable` when it cannot be done. Cancelling abandons it."""

    async def aclose(self) -> None:
        """End at once; jobs that are being done are lost."""


class InProcess:
    """Does one job at a time in a thread of this process."""

    wants_bytes = True
    width = 1

    def __init__(self, judge: Callable[[], Judge]) -> None:
        self._make = judge
        self._judge: Judge | None = None
        self._turn = asyncio.Lock()

    async def perform(self, job: Job, data: bytes) -> JobResult:
        async with self._turn:
            return await asyncio.to_thread(self._do, job, data)

    def _do(self, job: Job, data: bytes) -> JobResult:
        if self._judge is None:
            self._judge = self._make()
        return perform(self._judge, job, data)

    async def aclose(self) -> None:
        """Nothing to end: a thread that is at work ends with its job."""


class WorkerProcesses:
    """A fixed number of child processes; one that dies is replaced and its job done again, twice.

    Args:
        name: the source's, for messages.
        judge: picklable, called once in each worker; makes what judges.
        descriptor: the source's open file, where the workers are to read it themselves.
    """

    def __init__(self, name: str, judge: Callable[[], Judge], width: int, descriptor: int | None) -> None:
        self._name = name
        self._judge = judge
        self._descriptor = descriptor
        self.width = width
        self.wants_bytes = descriptor is None
        # `_all` is what `close` must end; `_idle` holds those without a job.
        self._all: set[_Child] = set()
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()
        for _ in range(width):
            self._idle.put_nowait(self._start())

    def _start(self) -> _Child:
        try:
            child = _Child(self._judge, self._descriptor)
        except OSError as error:
            raise SourceUnreadable(
                self._name, f"no worker process can be started: {error.strerror}", advice="Try --workers 0."
            ) from error
        self._all.add(child)
        return child

    async def perform(self, job: Job, data: bytes) -> JobResult:
        child = await self._idle.get()
        for life in range(_LIVES):
            try:
                result = await child.ask(job, data)
            except (OSError, EOFError) as error:
                # Not to be killed by `aclose` while a thread waits for its end.
                self._all.discard(child)
                death = await asyncio.to_thread(child.end)
                if life == _LIVES - 1:
                    raise self._given_up(job, death) from error
                child = self._start()
            else:
                self._idle.put_nowait(child)
                return self._checked(job, result)
        raise AssertionError("the last life ends in an answer or in an error")

    def _checked(self, job: Job, result: JobResult | Failure) -> JobResult:
        if isinstance(result, JobResult):
            return result
        if result.source_at_fault:
            raise SourceUnreadable(self._name, result.reason)
        stretch = f"bytes {job.offset} to {job.offset + job.length}"
        raise BulkImporterError(
            f"An internal error (a bug of bulk-importer) in a worker, at {stretch} of {self._name}: {result.reason}"
        )

    def _given_up(self, job: Job, death: str) -> SourceUnreadable:
        return SourceUnreadable(
            self._name,
            f"{_LIVES} worker processes in a row died on its bytes {job.offset} to {job.offset + job.length} ({death})",
            advice="If memory is short, try a smaller --segment-bytes or --workers 1.",
        )

    async def aclose(self) -> None:
        for child in self._all:
            child.kill()
        self._all.clear()


class _Child:
    """One worker process and the socket to it."""

    def __init__(self, judge: Callable[[], Judge], descriptor: int | None) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        passed = (theirs.fileno(),) if descriptor is None else (theirs.fileno(), descriptor)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                child_command("bulk_importer.intake.workers.main", "serve", str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=passed,
                process_group=0,
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()
        self._greeting = pickle.dumps((judge, descriptor), protocol=5)
        self._greeted = False

    async def ask(self, job: Job, data: bytes) -> JobResult | Failure:
        """Send a job and wait for its answer. Raises `OSError` or `EOFError` when the worker is gone."""
        loop = asyncio.get_running_loop()
        if not self._greeted:
            self._greeted = True
            await loop.sock_sendall(self._socket, FRAME.pack(len(self._greeting)) + self._greeting)
        order = pickle.dumps((job, len(data)), protocol=5)
        await loop.sock_sendall(self._socket, FRAME.pack(len(order)) + order)
        if data:
            await loop.sock_sendall(self._socket, data)
        (length,) = FRAME.unpack(await self._receive(FRAME.size))
        result = pickle.loads(await self._receive(length))  # noqa: S301 - from our own child
        assert isinstance(result, JobResult | Failure)
        return result

    async def _receive(self, length: int) -> bytearray:
        loop = asyncio.get_running_loop()
        received = bytearray(length)
        view = memoryview(received)
        while view:
            count = await loop.sock_recv_into(self._socket, view)
            if not count:
                raise EOFError
            view = view[count:]
        return received

    def kill(self) -> None:
        """End the process at once: it holds nothing that could be lost. Takes no time worth a thread."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def end(self) -> str:
        """See a process off whose socket broke; says how it ended and its last words."""
        self._socket.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            words = stream.read().decode(errors="replace").strip().splitlines()
        code = self._process.returncode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        return f"{how}: {words[-1][:200]}" if words else how
