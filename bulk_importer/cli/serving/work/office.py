"""What a person can ask of uploads, and what they are told; the rest is done by itself, by `rounds`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.spool.values import Agreement, Job, JobState
from bulk_importer.cli.serving.work.register import Register, Untimely
from bulk_importer.cli.serving.work.rounds import Rounds, Works
from bulk_importer.errors import ExitCode
from bulk_importer.steering.values import Command, Standing

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.work.running import Running
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Office", "Untimely"]


class Office:
    """All uploads, and what is done with them.

    Args:
        works: does it.
        stop: of the whole program; what is in flight may land then, and the next start resumes.
        tell: says something where the program runs.
    """

    def __init__(self, spool: Spool, works: Works, stop: StopSwitch, tell: Callable[[str], object]) -> None:
        self._spool = spool
        self._register = Register(spool)
        self._rounds = Rounds(self._register, works, stop, tell)

    @property
    def jobs(self) -> Mapping[str, Job]:
        """All uploads by their ids, the oldest first."""
        return self._register.jobs

    @property
    def running(self) -> Mapping[str, Running]:
        """What goes on with those that are at work, by their ids."""
        return self._rounds.running

    @property
    def unfinished(self) -> int:
        """How many imports were confirmed, and have not ended."""
        return len(self.queue())

    def queue(self) -> list[Job]:
        """What is being imported, and what waits for that, in order."""
        return self._register.queue()

    async def run(self) -> None:
        """Check and import what there is and what comes, until a stop is requested and what is at work has ended."""
        await self._rounds.run()

    def subscribe(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have a listener called whenever something changed; what is returned ends that."""
        return self._register.subscribe(listener)

    async def add(self, job: Job) -> None:
        """Take an upload that is in the spool; it is checked when its turn comes."""
        self._register.add(job)

    async def confirm(self, job: Job, agreed: Agreement) -> None:
        """Have an upload imported when its turn comes."""
        await self._register.ask(
            job, (JobState.CHECKED,), state=JobState.QUEUED, agreed=agreed, turn=self._register.last_turn()
        )

    async def again(self, job: Job) -> None:
        """Go on with an import that was stopped or failed, when its turn comes."""
        await self._register.ask(
            job, (JobState.STOPPED, JobState.FAILED), state=JobState.QUEUED, turn=self._register.last_turn()
        )

    async def correct(self, job: Job, corrected: str) -> None:
        """Feed corrected entries of a complete import, when its turn comes; `corrected` is where they are."""
        await self._register.ask(
            job, (JobState.DONE,), state=JobState.QUEUED, corrected=corrected, turn=self._register.last_turn()
        )

    async def withdraw(self, job: Job) -> None:
        """Take an upload out of the queue."""
        is_begun = self._spool.checkpoint(job).exists()
        state = JobState.DONE if job.corrected else JobState.STOPPED if is_begun else JobState.CHECKED
        await self._register.ask(job, (JobState.QUEUED,), state=state, corrected="")

    async def check_again(self, job: Job) -> None:
        """Check an upload once more, of which no import has begun."""
        await self._register.ask(job, (JobState.CHECKED, JobState.REFUSED), state=JobState.RECEIVED)

    async def remove(self, job: Job, *, with_checkpoint: bool) -> None:
        """Delete an upload that is not at work; and what was delivered of it from the record, if that is said."""
        await self._register.remove(job, with_checkpoint=with_checkpoint)

    def stop(self, job: Job) -> None:
        """End what goes on with an upload; what is in flight may land."""
        running = self.running.get(job.id)
        if running is not None and running.stop.is_requested:
            raise Untimely("It is stopping already.")  # a second stop would give up what is in flight
        if running is not None and running.controls is None:
            running.stop.request("stopped by page", ExitCode.UNFINISHED)
            self._register.notify()
        else:
            self.obey(job, Command(do="stop"))

    def obey(self, job: Job, command: Command) -> Standing:
        """Steer an import that goes on; returns how it stands then."""
        running = self.running.get(job.id)
        if running is None or running.controls is None:
            raise Untimely("It has ended by now.")
        answer = running.controls.obey(command, by="page")
        if answer.refused:
            raise Untimely(answer.refused)
        if command.do != "status":
            self._register.notify()
        return answer.standing

    async def answer(self, job: Job, *, yes: bool) -> None:
        """Answer whether labels may be replaced."""
        running = self.running.get(job.id)
        question = None if running is None else running.question
        if running is None or question is None:
            raise Untimely("Nothing is asked of it by now.")
        if yes:
            await self._register.change(job, agreed=Agreement(media=question.media))
        running.answer(yes=yes)
        self._register.notify()
