"""What goes on with one upload at this moment: how far it is, and what it asks of a person."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bulk_importer.events import AnswerCame, AnswerMissed, RunStarted
from bulk_importer.observe.progress_state import ProgressState
from bulk_importer.observe.timeline.accumulating import Timeline
from bulk_importer.steering.values import Command
from bulk_importer.transfer.stop import StopSwitch

if TYPE_CHECKING:
    from bulk_importer.errors import ExitCode
    from bulk_importer.events import Event, ReplacementForeseen
    from bulk_importer.observe.timeline.values import Course
    from bulk_importer.steering.values import Controls, Standing

__all__ = ["Running"]


class Running:
    """A check or an import that goes on. It is an observer of the events of that.

    Args:
        asking: called when something is asked of a person.
    """

    def __init__(self, asking: Callable[[], object] = lambda: None) -> None:
        self.stop = StopSwitch()
        self._asking = asking
        # Changed by `__call__`, `ask`, `answer` and `cut` alone.
        self._progress = ProgressState(time.monotonic())
        self._timeline = Timeline()
        self._unanswered = ""
        self._answer: asyncio.Future[bool] | None = None
        self.question: ReplacementForeseen | None = None
        self.is_cut = False
        # Set by what goes on, once it can be steered.
        self.controls: Controls | None = None

    def __call__(self, event: Event) -> None:
        """Take an event into account."""
        self._progress.see(event, time.monotonic())
        self._timeline.see(event, time.time())
        match event:
            case AnswerMissed():
                self._unanswered = f"the server does not answer: {event.reason}"
            case AnswerCame() | RunStarted():
                self._unanswered = ""
            case _:
                pass

    def facts(self) -> dict[str, object]:
        """How far it is, as `ProgressState.facts` says it; also that a server does not answer a check."""
        facts = self._progress.facts(time.monotonic())
        if self._unanswered and not facts["state"]:
            return facts | {"state": self._unanswered, "per_second": None, "seconds_left": None}
        return facts

    def course(self) -> Course:
        """How it went so far."""
        return self._timeline.course()

    def standing(self) -> Standing | None:
        """How the import stands; None where nothing can be steered yet."""
        return None if self.controls is None else self.controls.obey(Command(do="status"), by="page").standing

    async def ask(self, question: ReplacementForeseen) -> bool:
        """Ask a person whether labels may be replaced; a stop is no."""
        self.question, self._answer = question, asyncio.get_running_loop().create_future()
        self.stop.subscribe(lambda: self.answer(yes=False))
        self._asking()
        try:
            return await self._answer
        finally:
            self.question = None

    def answer(self, *, yes: bool) -> None:
        """Answer what is asked; the first answer counts."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(yes)

    def cut(self, reason: str, code: ExitCode) -> None:
        """Request the stop because the program ends; unless a person did, the next start resumes."""
        self.is_cut = self.is_cut or not self.stop.is_requested
        self.stop.request(reason, code)
