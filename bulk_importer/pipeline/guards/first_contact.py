"""Ends a run soon whose server has never answered, where an upload is the first request.

A look-up gives such a server up by itself (see `datagym.reads.queries`). With `--label-config none --no-check-media`
nothing is looked up, and the sending side waits as long as it does for a server that is known to be there. While a
person pauses the run nobody asks the server, and that time does not count.
"""

from __future__ import annotations

import asyncio

from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import ServerUnavailable
from bulk_importer.events import AnswerMissed, Event, Observer, OutageBegan, RetryScheduled
from bulk_importer.transfer.admission.steering import Steering

__all__ = ["FirstContact"]


_LOOK_SECONDS = 1.0
"""Between two looks at whether the time is over, while the run is paused."""


class FirstContact:
    """An observer of one run. `close` it when the run is over.

    Args:
        wait_seconds: how long after the first failure the server may take to answer anything.
        steering: its stop is requested when that time is over.
        emit: receives `AnswerMissed` at the first failure.

    Attributes:
        error: why the run was ended; None where it was not.
    """

    def __init__(self, client: Client, wait_seconds: float, steering: Steering, emit: Observer) -> None:
        self._client = client
        self._wait_seconds = wait_seconds
        self._steering = steering
        self._stop = steering.stop
        self._emit = emit
        # Set by the first failure, and `error` when it goes off.
        self._timer: asyncio.TimerHandle | None = None
        self.error: ServerUnavailable | None = None

    def __call__(self, event: Event) -> None:
        """See an event, in the event loop."""
        if self._client.has_answered or self._timer is not None:
            return
        match event:
            case RetryScheduled(reason=reason, after_seconds=after):
                self._missed(reason, after)
            case OutageBegan(reason=reason):
                self._missed(reason, 0.0)
            case _:
                pass

    def _missed(self, reason: str, after_seconds: float) -> None:
        self._wait(self._wait_seconds, self._steering.patience() + self._wait_seconds, reason)
        self._emit(
            AnswerMissed(
                server=self._client.server,
                reason=reason,
                has_answered=False,
                after_seconds=round(after_seconds, 3),
                patience_seconds=self._wait_seconds,
            )
        )

    def _wait(self, seconds: float, until: float, reason: str) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._look, until, reason)

    def _look(self, until: float, reason: str) -> None:
        """Give up, or go on waiting for as long as the run was paused meanwhile."""
        left = until - self._steering.patience()
        if self._steering.is_paused:
            self._wait(max(left, _LOOK_SECONDS), until, reason)
        elif left > 0:
            self._wait(left, until, reason)
        else:
            self._give_up(reason)

    def _give_up(self, reason: str) -> None:
        if not self._client.has_answered and not self._stop.is_requested:
            self.error = ServerUnavailable(
                self._client.server,
                reason,
                advice=f"Check --server; 'bulk-importer doctor --server {self._client.server}' looks closer. "
                "--wait-for-server waits longer, for a server that is still to start.",
            )
            self._stop.request(str(self.error), self.error.exit_code)

    def close(self) -> None:
        """End the waiting: the run is over."""
        if self._timer is not None:
            self._timer.cancel()
