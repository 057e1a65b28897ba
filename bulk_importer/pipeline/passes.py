"""The loop of a run: passes over the source, until nothing more can be sent or known.

What is in doubt since an earlier run is asked about before anything is sent. What comes to be in doubt holds its media
back until the pass is over. Then the server is asked what became of it, and the answer is waited for as long as
`doubt_wait` allows: a request may still be running until `server_request_limit` after it was sent, and before that
absence proves nothing. Where something turned out to be owed, another pass sends it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from msgspec.structs import replace

from bulk_importer.errors import (
    BulkImporterError,
    CheckpointMismatch,
    InputError,
    Interrupted,
    NotVerified,
    ServerError,
    SourceUnreadable,
)
from bulk_importer.events import DoubtsAwaited
from bulk_importer.model import ReadPlan
from bulk_importer.pipeline.one_pass.flow import PassResult, go_once
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
        # Seconds of waiting for the end of doubts that are left; changed by `_owes_again`.
        self._wait_left = run.settings.doubt_wait

    async def run(self) -> PassResult:
        """Run passes until nothing more can be sent or known, or something ends the run.

        Returns:
            The sums over the passes; what one of them says by itself is that of the last.
        """
        began = self._run.clock()
        await self._ask_first()
        requests = retries = 0
        while True:
            last = await self._go(self._run)
            requests += last.requests
            retries += last.retries
            errors = [*last.errors]
            if self._run.doubts.not_verified:
                errors.append(NotVerified(self._run.doubts.not_verified))
            is_ended = bool(errors) or self._run.stop.is_requested or last.is_limited
            if is_ended or not await self._owes_again():
                errors += [] if is_ended else self._left_behind()
                seconds = self._run.clock() - began
                return replace(
                    last, errors=tuple(errors), requests=requests, retries=retries, seconds=seconds
                )

    def _left_behind(self) -> list[BulkImporterError]:
        """The error where entries are owed after a doubt that ended, and cannot be read again in this run."""
        run = self._run
        if self._can_read_again or run.doubts.exist or not run.checkpoint.state.counts.owed:
            return []
        why = "answers were lost, entries have to be sent again, and it can be read once only"
        advice = "Run the same command again with the same input."
        return [SourceUnreadable(run.source.name, why, advice=advice)]

    async def _ask_first(self) -> None:
        """Ask about what is in doubt since an earlier run. What is wrong with the source, the first pass will say."""
        state, doubts = self._run.checkpoint.state, self._run.doubts
        if not (doubts.exist and self._can_read_again):
            return
        keys = tuple(key for key in state.segments if state.taken.meets(key.first, key.first + key.count))
        plan = ReadPlan(keys, state.position, state.offset, ended=True)
        with suppress(InputError, CheckpointMismatch):
            async with self._run.intake(plan) as intake:
                async for segment in intake:
                    first, last = segment.key.first, segment.key.first + segment.key.count
                    doubts.note(segment.run.at(state.taken.within(first, last)))
        with suppress(ServerError, Interrupted):
            await doubts.ask()

    async def _owes_again(self) -> bool:
        """Find out about doubts; whether one ended, so that what was in it or waited behind it can be sent."""
        run, doubts = self._run, self._run.doubts
        with suppress(ServerError, Interrupted):
            while doubts.exist and not run.stop.is_requested:
                # Before it asks: an answer is final only where the requests were over when the question was put.
                left = doubts.seconds_until_known()
                if await doubts.ask() and self._can_read_again:
                    return True
                if not left or left > self._wait_left or not doubts.exist:
                    return False
                began = run.clock()
                entries = run.checkpoint.state.counts.in_doubt
                run.emit(DoubtsAwaited(entries=entries, seconds=round(left, 3)))
                await run.stop.sleep(left)
                self._wait_left -= run.clock() - began
        return False
