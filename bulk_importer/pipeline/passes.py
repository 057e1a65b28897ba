"""The loop of a run: passes over the source, until nothing more can be sent or known.

What is in doubt since an earlier run is asked about before anything is sent. What comes to be in doubt holds its media
back until the pass is over. Then the server is asked what became of it, and the answer is waited for as long as
`doubt_wait` allows: a request may still be running until `server_request_limit` after it was sent, and before that
absence proves nothing. Where something turned out to be owed, another pass sends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from bulk_importer.errors import (
    BulkImporterError,
    NotVerified,
    SourceUnreadable,
)
from bulk_importer.pipeline.one_pass.flow import PassResult, go_once
from bulk_importer.pipeline.resume.settling import Settling
from bulk_importer.pipeline.run import Run

__all__ = ["Passes"]


class Passes:
    """The passes of one run over its source. `run` them once.

    Args:
        go: goes over the source once.
    """

    def __init__(self, run: Run, *, go: Callable[[Run], Awaitable[PassResult]] = go_once) -> None:
        self._run = run
        self._go = go
        # A source that can be read once only cannot give again what turned out to be owed.
        self._can_read_again = run.source.repeatable
        self._settling = Settling(
            run.checkpoint,
            run.doubts,
            run.steering,
            run.emit,
            run.clock,
            wait_seconds=run.settings.doubt_wait,
        )

    async def run(self) -> PassResult:
        """Run passes until nothing more can be sent or known, or something ends the run.

        Returns:
            The sums over the passes; what one of them says by itself is that of the last.
        """
        began = self._run.clock()
        if self._can_read_again:
            await self._settling.ask_first(self._run.intake)
        requests = retries = 0
        while True:
            last = await self._go(self._run)
            requests += last.requests
            retries += last.retries
            errors = [*last.errors]
            if self._run.doubts.not_verified:
                errors.append(NotVerified(self._run.doubts.not_verified))
            is_ended = bool(errors) or self._run.stop.is_requested or last.is_limited
            if is_ended or not await self._one_ended():
                errors += [] if is_ended else self._left_behind()
                seconds = self._run.clock() - began
                return replace(
                    last, errors=tuple(errors), requests=requests, retries=retries, seconds=seconds
                )

    async def _one_ended(self) -> bool:
        return await self._settling.one_ended(can_read_again=self._can_read_again)

    def _left_behind(self) -> list[BulkImporterError]:
        """The error where entries are owed after a doubt that ended, and cannot be read again in this run."""
        run = self._run
        if self._can_read_again or run.doubts.exist or not run.checkpoint.state.counts.owed:
            return []
        why = "answers were lost, entries have to be sent again, and it can be read once only"
        advice = "Run the same command again with the same input."
        return [SourceUnreadable(run.source.name, why, advice=advice)]
