"""Says at once that a server does not answer a question, and until when it is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable

from bulk_importer.events import AnswerCame, AnswerDelayed, AnswerMissed, Event, OutageBegan, OutageEnded
from bulk_importer.levels import Level
from bulk_importer.observe.line import plain

__all__ = ["SilentServerNotice"]

_A_DAY = 86_400


class SilentServerNotice:
    """An observer that writes a line when a wait for the server begins, changes its reason, or is over.

    During an outage it is silent: that is told by whoever shows the progress of the run.

    Args:
        clock: seconds since 1970.
    """

    def __init__(
        self, write_line: Callable[[str, Level], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._write_line = write_line
        self._clock = clock
        # Changed by `__call__` alone.
        self._is_outage = False

    def __call__(self, event: Event) -> None:
        """Write a line where the event says that a wait begins, changes, or is over."""
        match event:
            case OutageBegan():
                self._is_outage = True
            case OutageEnded():
                self._is_outage = False
            case AnswerMissed() if not self._is_outage:
                self._write_line(
                    plain(
                        f"{event.server} does not answer: {event.reason}. Asking again until "
                        f"{self._at(event.patience_seconds)}."
                    ),
                    Level.WARNING,
                )
            case AnswerDelayed():
                self._write_line(
                    f"{event.server} has not answered for {event.seconds:.0f} s. Waiting until "
                    f"{self._at(event.patience_seconds)} at most.",
                    Level.WARNING,
                )
            case AnswerCame() if not self._is_outage:
                self._write_line(f"{event.server} answers.", Level.INFO)
            case _:
                pass

    def _at(self, seconds: float) -> str:
        """The time in so many seconds by the clock on the wall, with the day where that is another one."""
        now = self._clock()
        then = time.localtime(now + seconds)
        is_today = seconds < _A_DAY and then.tm_yday == time.localtime(now).tm_yday
        return time.strftime("%H:%M:%S" if is_today else "%a %d %b %H:%M", then)
