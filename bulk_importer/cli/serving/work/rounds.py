"""Has done what is next with uploads: one check and one import at a time, the rest waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from bulk_importer.cli.serving.spool.values import Came, Job, JobState
from bulk_importer.cli.serving.work.running import Running
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulk_importer.cli.serving.work.register import Register
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Rounds", "Works"]

_BUG = (
    "Internal error (a bug of bulk-importer). What was delivered is on record. Please report what is printed where the "
    "program runs."
)


class Works(Protocol):
    """What can be done with one upload."""

    async def check(self, job: Job, running: Running) -> Came:
        """Check it; the message is why nothing of it can be imported. May be cancelled."""

    async def import_(self, job: Job, running: Running) -> tuple[JobState, Came]:
        """Import it, or go on with that, until it ends or a stop is requested; also how it stands then."""


class Rounds:
    """What is done with the uploads of a register, one after the other.

    Args:
        works: does it.
        stop: of the whole program; what is in flight may land then, and the next start resumes.
        tell: says something where the program runs.
    """

    def __init__(
        self, register: Register, works: Works, stop: StopSwitch, tell: Callable[[str], object]
    ) -> None:
        self._register = register
        self._works = works
        self._stop = stop
        self._tell = tell
        # What is at work now. Changed by `_at_work` alone.
        self._running: dict[str, Running] = {}

    @property
    def running(self) -> Mapping[str, Running]:
        """What goes on with those that are at work, by their ids."""
        return MappingProxyType(self._running)

    async def run(self) -> None:
        """Check and import what there is and what comes, until a stop is requested and what is at work has ended."""
        self._stop.subscribe(self._end_works)
        async with asyncio.TaskGroup() as tasks:
            abort = tasks.create_task(self._pass_abort_on())
            works = [
                tasks.create_task(self._each(self._next_to_check, self._check)),
                tasks.create_task(self._each(self._next_to_import, self._import)),
            ]
            await asyncio.wait(works)
            abort.cancel()

    def _end_works(self) -> None:
        for running in self._running.values():
            running.cut(self._stop.reason, self._stop.exit_code)

    async def _pass_abort_on(self) -> None:
        await self._stop.aborted()
        for running in self._running.values():
            running.stop.abort()

    async def _each(self, find: Callable[[], Job | None], work: Callable[[Job], Awaitable[None]]) -> None:
        """Do the work with what `find` finds, one after the other."""
        waiting = asyncio.Event()
        self._register.subscribe(waiting.set)
        self._stop.subscribe(waiting.set)
        while not self._stop.is_requested:
            waiting.clear()
            job = find()
            if job is None:
                await waiting.wait()
            else:
                await work(job)

    def _next_to_check(self) -> Job | None:
        waiting = (JobState.RECEIVED, JobState.CHECKING)
        return next((job for job in self._register.jobs.values() if job.state in waiting), None)

    def _next_to_import(self) -> Job | None:
        return next(iter(self._register.queue()), None)

    async def _check(self, job: Job) -> None:
        with self._at_work(job) as running:
            try:
                await self._register.change(job, state=JobState.CHECKING)
                async with running.stop.breaking_off():
                    came = await self._works.check(job, running)
                state = JobState.REFUSED if came.message else JobState.CHECKED
            except Interrupted as error:
                if running.is_cut:
                    return  # the next start checks it again
                state = JobState.REFUSED
                came = Came(exit_code=error.exit_code, message="The check was stopped.")
            except Exception as error:  # noqa: BLE001 - whatever is wrong with an upload ends nothing but its check
                state, came = JobState.REFUSED, self._why(error)
        await self._settle(job, state, came)

    async def _import(self, job: Job) -> None:
        with self._at_work(job) as running:
            try:
                await self._register.change(job, state=JobState.IMPORTING, came=None)
                state, came = await self._works.import_(job, running)
            except Interrupted as error:
                state, came = JobState.STOPPED, Came(exit_code=error.exit_code, message=str(error))
            except Exception as error:  # noqa: BLE001 - as in `_check`
                state, came = JobState.FAILED, self._why(error)
        if state is JobState.STOPPED and running.is_cut:
            return  # on disk it is being imported: the next start resumes
        await self._settle(job, state, came)

    @contextmanager
    def _at_work(self, job: Job) -> Iterator[Running]:
        running = Running(self._register.notify)
        self._running[job.id] = running
        try:
            yield running
        finally:
            del self._running[job.id]

    def _why(self, error: Exception) -> Came:
        """What came of a work that an exception ended."""
        if isinstance(error, BulkImporterError):
            return Came(exit_code=error.exit_code, message=str(error))
        import traceback

        self._tell("".join(traceback.format_exception(error)).rstrip())
        if isinstance(error, OSError):
            return Came(
                exit_code=ExitCode.CHECKPOINT,
                message=f"The spool cannot be written: {error.strerror or error}.",
            )
        return Came(exit_code=ExitCode.UNFORESEEN, message=_BUG)

    async def _settle(self, job: Job, state: JobState, came: Came) -> None:
        """Say how a work ended. Where the disk does not take that, the next start does the work again: no harm."""
        try:
            corrected = "" if state is JobState.DONE else self._register.jobs[job.id].corrected
            await self._register.change(job, state=state, came=came, corrected=corrected)
        except OSError as error:
            self._tell(f"How {job.id} stands cannot be written: {error.strerror or error}.")
            self._register.believe(job, state=state, came=came)
