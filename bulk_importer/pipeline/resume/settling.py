"""Finds out what became of requests whose answer was lost, and waits until that can be known.

While the run is paused nothing is asked: the server may be away for what the run was paused for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from bulk_importer.checkpoint import Checkpoint
from bulk_importer.errors import CheckpointMismatch, InputError, Interrupted, ServerError
from bulk_importer.events import DoubtsAwaited, Observer
from bulk_importer.intake import Intake
from bulk_importer.model import ReadPlan
from bulk_importer.readback.doubts import Doubts
from bulk_importer.transfer.admission.steering import Steering

__all__ = ["Settling"]


class Settling:
    """Settles the doubts of one checkpoint, for as long as a person is willing to wait.

    Args:
        wait_seconds: how long is waited for requests that may still be running, in all.
        emit: receives that it is waited.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        doubts: Doubts,
        steering: Steering,
        emit: Observer,
        clock: Callable[[], float],
        *,
        wait_seconds: float,
    ) -> None:
        self._checkpoint = checkpoint
        self._doubts = doubts
        self._steering = steering
        self._stop = steering.stop
        self._emit = emit
        self._clock = clock
        # Changed by `one_ended`.
        self._wait_left = wait_seconds

    async def ask_first(self, intake: Callable[[ReadPlan], Intake]) -> None:
        """Ask about what is in doubt since an earlier run. What is wrong with the source, the first pass will say.

        Args:
            intake: reads the source again, as far as it is asked for.
        """
        state, doubts = self._checkpoint.state, self._doubts
        if not doubts.exist:
            return
        keys = tuple(key for key in state.segments if state.taken.meets(key.first, key.first + key.count))
        plan = ReadPlan(keys, state.position, state.offset, ended=True)
        with suppress(InputError, CheckpointMismatch):
            async with intake(plan) as reading:
                async for segment in reading:
                    first, last = segment.key.first, segment.key.first + segment.key.count
                    doubts.note(segment.run.at(state.taken.within(first, last)))
        await self._steering.passes()
        with suppress(ServerError, Interrupted):
            await doubts.ask()

    async def one_ended(self, *, can_read_again: bool = True) -> bool:
        """Find out about doubts; whether one ended, so that what was in it or waited behind it can be sent.

        Args:
            can_read_again: else what was in it cannot be sent, and no end of a doubt is one.
        """
        doubts, stop = self._doubts, self._stop
        with suppress(ServerError, Interrupted):
            while doubts.exist and not stop.is_requested:
                if await self._steering.passes():
                    continue
                # Before it asks: an answer is final only where the requests were over when the question was put.
                left = doubts.seconds_until_known()
                if await doubts.ask() and can_read_again:
                    return True
                if not left or left > self._wait_left or not doubts.exist:
                    return False
                began = self._clock()
                entries = self._checkpoint.state.counts.in_doubt
                self._emit(DoubtsAwaited(entries=entries, seconds=round(left, 3)))
                await stop.sleep(left)
                self._wait_left -= self._clock() - began
        return False
