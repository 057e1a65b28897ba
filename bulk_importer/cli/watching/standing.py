"""Says how a run stands, of its events and of what a person asked of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bulk_importer.events import Advanced, AnswerCame, AnswerMissed, Event, RunEnded, RunStarted
from bulk_importer.observe.progress_state import ProgressState
from bulk_importer.steering.values import Limits, Standing
from bulk_importer.transfer.admission.steering import Steering

__all__ = ["Standings"]


class Standings:
    """How the run that is under way stands, whenever somebody asks. `see` its events, in order.

    Args:
        allowed: what the command line allows.
        clock: monotonic, in seconds.
    """

    def __init__(self, steering: Steering, allowed: Limits, clock: Callable[[], float]) -> None:
        self._steering = steering
        self._allowed = allowed
        self._clock = clock
        self.begin(Path())

    def begin(self, folder: Path) -> None:
        """Turn to the next run, over the checkpoint in `folder`."""
        # Changed by `see` alone.
        self._folder = folder
        self._progress = ProgressState(self._clock())
        self._started: RunStarted | None = None
        self._ended = self._unanswered = ""

    def see(self, event: Event) -> None:
        """Take an event into account."""
        match event:
            case Advanced():
                return  # of what is done besides
            case RunStarted():
                self._started, self._ended = event, ""
            case RunEnded():
                self._ended = event.state
            case AnswerMissed():
                self._unanswered = f"the server does not answer: {event.reason}"
            case AnswerCame():
                self._unanswered = ""
            case _:
                pass
        self._progress.see(event, self._clock())

    def now(self, paused_by: str, limited_by: str) -> Standing:
        """How it stands now, with who paused and who limited it; empty: nobody."""
        now, progress, started = self._clock(), self._progress, self._started
        state, waits_for = self._state(now)
        standing = Standing(
            state=state,
            waits_for=waits_for,
            in_flight=self._steering.in_flight,
            limits=self._steering.limits or self._allowed,
            allowed=self._allowed,
            changed_by=paused_by or limited_by,
        )
        if started is None:
            return standing
        from msgspec.structs import replace

        facts = progress.facts(now)
        return replace(
            standing,
            source=started.retry_of or started.source,
            server=started.server,
            project=started.project,
            checkpoint=str(self._folder),
            total=progress.total,
            settled=progress.settled,
            delivered=facts["delivered"],
            rejected=facts["rejected"],
            in_doubt=facts["in_doubt"],
            percent=progress.percent,
            entries_per_second=_rounded(progress.rate(now)),
            seconds_left=_rounded(progress.seconds_left(now)),
        )

    def _state(self, now: float) -> tuple[str, str]:
        """The state, and what it waits for."""
        stop = self._steering.stop
        if self._ended:
            return str(self._ended), ""
        if stop.is_requested:
            return "stopping", stop.reason
        text, reason = (str(self._progress.facts(now)[key]) for key in ("state", "reason"))
        if self._steering.is_paused:
            return "paused", text or "paused"
        if text:
            return "waiting", f"{text}: {reason}" if reason else text
        if self._unanswered and self._started is None:
            return "waiting", self._unanswered  # of a run that goes on an outage says it
        return "running", "" if self._started else "what it needs is looked up, and nothing is sent yet"


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
