"""Decides what is done next with uploads, and has it done: one check and one import at a time, the rest waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from bulk_importer.checkpoint import lock_owner
from bulk_importer.cli.serving.spool.values import Agreement, Came, Job, JobState
from bulk_importer.cli.serving.work.running import Running
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted
from bulk_importer.steering.values import Command, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Office", "Untimely", "Works"]

_BUG = (
    "Internal error (a bug of bulk-importer). What was delivered is on record. Please report what is printed where the "
    "program runs."
)


class Untimely(Exception):
    """What a person asks for does not go together with how the upload stands by now. `str()` is for them."""


class Works(Protocol):
    """What can be done with one upload."""

    async def check(self, job: Job, running: Running) -> Came:
        """Check it; the message is why nothing of it can be imported. May be cancelled."""

    async def import_(self, job: Job, running: Running) -> tuple[JobState, Came]:
        """Import it, or go on with that, until it ends or a stop is requested; also how it stands then."""


class Office:
    """All uploads, and what is done with them.

    Args:
        works: does it.
        stop: of the whole program; what is in flight may land then, and the next start resumes.
        tell: says something where the program runs.
    """

    def __init__(self, spool: Spool, works: Works, stop: StopSwitch, tell: Callable[[str], object]) -> None:
        self._spool = spool
        self._works = works
        self._stop = stop
        self._tell = tell
        # Changed by `_change`, `add` and `remove`, under the lock, once it is on disk; and by `run` at its start.
        self._jobs: dict[str, Job] = {job.id: job for job in spool.jobs()}
        self._lock = asyncio.Lock()
        # What is at work now. Changed by `_at_work` alone.
        self._running: dict[str, Running] = {}
        self._listeners: list[Callable[[], object]] = []

    @property
    def jobs(self) -> Mapping[str, Job]:
        """All uploads by their ids, the oldest first."""
        return MappingProxyType(self._jobs)

    @property
    def running(self) -> Mapping[str, Running]:
        """What goes on with those that are at work, by their ids."""
        return MappingProxyType(self._running)

    @property
    def unfinished(self) -> int:
        """How many imports were confirmed, and have not ended."""
        return sum(job.state in (JobState.QUEUED, JobState.IMPORTING) for job in self._jobs.values())

    def queue(self) -> list[Job]:
        """What is being imported, and what waits for that, in order."""
        waiting = [job for job in self._jobs.values() if job.state in (JobState.QUEUED, JobState.IMPORTING)]
        return sorted(waiting, key=lambda job: (job.state is not JobState.IMPORTING, job.turn))

    # ------------------------------------------------------------------------------------- what is done by itself

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
        self._listeners.append(waiting.set)
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
        return next((job for job in self._jobs.values() if job.state in waiting), None)

    def _next_to_import(self) -> Job | None:
        return next(iter(self.queue()), None)

    async def _check(self, job: Job) -> None:
        with self._at_work(job) as running:
            try:
                await self._change(job, state=JobState.CHECKING)
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
                await self._change(job, state=JobState.IMPORTING, came=None)
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
        running = Running(self._notify)
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
            corrected = "" if state is JobState.DONE else self._jobs[job.id].corrected
            await self._change(job, state=state, came=came, corrected=corrected)
        except OSError as error:
            self._tell(f"How {job.id} stands cannot be written: {error.strerror or error}.")
            self._jobs[job.id] = replace(self._jobs[job.id], state=state, came=came)
            self._notify()

    # ------------------------------------------------------------------------------------- what a person asks for

    async def add(self, job: Job) -> None:
        """Take an upload that is in the spool; it is checked when its turn comes."""
        self._jobs[job.id] = job
        self._notify()

    async def confirm(self, job: Job, agreed: Agreement) -> None:
        """Have an upload imported when its turn comes."""
        await self._ask(
            job, (JobState.CHECKED,), state=JobState.QUEUED, agreed=agreed, turn=self._last_turn()
        )

    async def again(self, job: Job) -> None:
        """Go on with an import that was stopped or failed, when its turn comes."""
        await self._ask(
            job, (JobState.STOPPED, JobState.FAILED), state=JobState.QUEUED, turn=self._last_turn()
        )

    async def correct(self, job: Job, corrected: str) -> None:
        """Feed corrected entries of a complete import, when its turn comes; `corrected` is where they are."""
        await self._ask(
            job, (JobState.DONE,), state=JobState.QUEUED, corrected=corrected, turn=self._last_turn()
        )

    async def withdraw(self, job: Job) -> None:
        """Take an upload out of the queue."""
        is_begun = self._spool.checkpoint(job).exists()
        state = JobState.DONE if job.corrected else JobState.STOPPED if is_begun else JobState.CHECKED
        await self._ask(job, (JobState.QUEUED,), state=state, corrected="")

    async def check_again(self, job: Job) -> None:
        """Check an upload once more, of which no import has begun."""
        await self._ask(job, (JobState.CHECKED, JobState.REFUSED), state=JobState.RECEIVED)

    async def remove(self, job: Job, *, with_checkpoint: bool) -> None:
        """Delete an upload that is not at work; and what was delivered of it from the record, if that is said."""
        async with self._lock:
            now = self._now(job)
            if now.state in (JobState.CHECKING, JobState.QUEUED, JobState.IMPORTING):
                raise Untimely("It is at work, or about to be. Stop that first.")
            if owner := await asyncio.to_thread(lock_owner, self._spool.checkpoint(now)):
                raise Untimely(f"Its checkpoint is in use by {owner}. Stop that first.")
            await asyncio.to_thread(self._spool.remove, now, with_checkpoint=with_checkpoint)
            del self._jobs[job.id]
        self._notify()

    def stop(self, job: Job) -> None:
        """End what goes on with an upload; what is in flight may land."""
        running = self._running.get(job.id)
        if running is not None and running.stop.is_requested:
            raise Untimely("It is stopping already.")  # a second stop would give up what is in flight
        if running is not None and running.controls is None:
            running.stop.request("stopped by page", ExitCode.UNFINISHED)
            self._notify()
        else:
            self.obey(job, Command(do="stop"))

    def obey(self, job: Job, command: Command) -> Standing:
        """Steer an import that goes on; returns how it stands then."""
        running = self._running.get(job.id)
        if running is None or running.controls is None:
            raise Untimely("It has ended by now.")
        answer = running.controls.obey(command, by="page")
        if answer.refused:
            raise Untimely(answer.refused)
        if command.do != "status":
            self._notify()
        return answer.standing

    async def answer(self, job: Job, *, yes: bool) -> None:
        """Answer whether labels may be replaced."""
        running = self._running.get(job.id)
        question = None if running is None else running.question
        if running is None or question is None:
            raise Untimely("Nothing is asked of it by now.")
        if yes:
            await self._change(job, agreed=Agreement(media=question.media))
        running.answer(yes=yes)
        self._notify()

    def subscribe(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have a listener called whenever something changed; what is returned ends that."""
        self._listeners.append(listener)

        def leave() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return leave

    def _now(self, job: Job) -> Job:
        """How it stands by now; another request may have been first."""
        now = self._jobs.get(job.id)
        if now is None:
            raise Untimely("It was removed.")
        return now

    def _last_turn(self) -> int:
        return max((job.turn for job in self._jobs.values()), default=0) + 1

    async def _ask(self, job: Job, while_in: tuple[JobState, ...], **changes: object) -> None:
        async with self._lock:
            now = self._now(job)
            if now.state not in while_in:
                raise Untimely(f"It is {now.state.value} by now.")
            await self._save(replace(now, **changes))
        self._notify()

    async def _change(self, job: Job, **changes: object) -> None:
        async with self._lock:
            await self._save(replace(self._jobs[job.id], **changes))
        self._notify()

    async def _save(self, job: Job) -> None:
        """On disk first, known second."""
        await asyncio.to_thread(self._spool.save, job)
        self._jobs[job.id] = job

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()
