"""Runs a flow, finds out what became of lost answers, and runs another one over what turned out to be owed.

What is in doubt since an earlier run is asked about before anything is sent. What comes to be in doubt holds its media
back until the flow is over; then it is asked about, and waited for as long as `doubt_wait` allows: a request may
still be running until `server_request_limit` after it was sent, and before that absence proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.errors import (
    BulkImporterError,
    CheckpointMismatch,
    InputError,
    Interrupted,
    NotVerified,
    ServerError,
    SourceUnreadable,
)
from bulk_importer.events import DoubtsAwaited, Observer
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.model import ReadPlan
from bulk_importer.pipeline.flow import Flow
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import Settings
from bulk_importer.sources import Source
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Passes"]


class Passes:
    """The flows of one run over one checkpoint. `run` it once.

    Args:
        flow: makes a flow; told whether it is the first one.
        emit: told what is waited for when all is sent.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        checkpoint: Checkpoint,
        rules: Rules,
        doubts: Doubts,
        stop: StopSwitch,
        *,
        flow: Callable[[bool], Flow],
        emit: Observer,
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._settings = settings
        self._checkpoint = checkpoint
        self._rules = rules
        self._doubts = doubts
        self._stop = stop
        self._flow = flow
        self._emit = emit
        self._clock = clock
        # A source that can be read once only cannot give again what turned out to be owed.
        self._can_read_again = source.repeatable
        # Sums over the flows, and seconds of waiting that are left; changed by `run` and what it calls.
        self.requests = 0
        self.retries = 0
        self.is_limited = False
        self.held_back = 0
        self._wait_left = settings.doubt_wait

    async def run(self) -> list[BulkImporterError]:
        """Run until nothing more can be sent or known, or something ends the run.

        Returns:
            What made the run less than whole, in the order in which it happened.
        """
        await self._ask_first()
        first = True
        while True:
            flow = self._flow(first)
            errors = await flow.run()
            self.requests += flow.requests
            self.retries += flow.retries
            self.is_limited, self.held_back = flow.is_limited, flow.held_back
            first = False
            if self._doubts.not_verified:
                errors.append(NotVerified(self._doubts.not_verified))
            if errors or self._stop.is_requested or self.is_limited:
                return errors
            if not await self._owes_again():
                return self._held_back()

    def _held_back(self) -> list[BulkImporterError]:
        """What to say where entries are owed after a doubt which has ended, and cannot be read again in this run."""
        if self._can_read_again or self._doubts.exist or not self._checkpoint.state.counts.owed:
            return []
        why = "answers were lost, entries have to be sent again, and it can be read once only"
        return [
            SourceUnreadable(self._source.name, why, advice="Run the same command again with the same input.")
        ]

    async def _ask_first(self) -> None:
        """Ask about what is in doubt since an earlier run. What is wrong with the source, the flow will say."""
        state = self._checkpoint.state
        if not (self._doubts.exist and self._can_read_again):
            return
        keys = tuple(key for key in state.segments if state.taken.meets(key.first, key.first + key.count))
        plan = ReadPlan(keys, state.position, state.offset, ended=True)
        with suppress(InputError, CheckpointMismatch):
            async with Intake(self._source, plan, self._rules, IntakeOptions.of(self._settings)) as intake:
                async for segment in intake:
                    first, last = segment.key.first, segment.key.first + segment.key.count
                    self._doubts.note(segment.run.at(state.taken.within(first, last)))
        with suppress(ServerError, Interrupted):
            await self._doubts.ask()

    async def _owes_again(self) -> bool:
        """Find out about doubts; whether one ended, so that what was in it or waited behind it can be sent."""
        with suppress(ServerError, Interrupted):
            while self._doubts.exist and not self._stop.is_requested:
                left = self._doubts.seconds_until_known()
                if await self._doubts.ask() and self._can_read_again:
                    return True
                if not left or left > self._wait_left or not self._doubts.exist:
                    return False
                began = self._clock()
                entries = self._checkpoint.state.counts.in_doubt
                self._emit(DoubtsAwaited(entries=entries, seconds=round(left, 3)))
                await self._stop.sleep(left)
                self._wait_left -= self._clock() - began
        return False
