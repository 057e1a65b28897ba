"""Keeps by which clock batches were sent, for runs that ask what became of them: it may be that of another machine.

The log has the time of each sending by the clock of the machine that sent it. Whoever goes on with it on another one
has another clock. What both know is the server's: so each run notes, before it sends, how far that is ahead of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bulk_importer.checkpoint import Checkpoint, CheckpointState
from bulk_importer.datagym.reads.server_clock import ServerClock

__all__ = ["clock_of", "note_clock"]

_NOTE = "server_clock"


class _Sender(msgspec.Struct, frozen=True):
    """How far the server's clock was ahead of that of who sent the batches from this number on; None: unknown."""

    batch: int
    least_ahead: float | None = None
    most_ahead: float | None = None


async def note_clock(checkpoint: Checkpoint, clock: ServerClock) -> None:
    """Put on record how far the server's clock is ahead of ours, for the batches that are sent from now on.

    Raises:
        CheckpointError: it cannot be recorded.
    """
    state = checkpoint.state
    bounds = (clock.least_ahead, clock.most_ahead) if clock.is_known else ()
    senders = _senders(state)
    needed = {_number_of(senders, doubt.batch) for doubt in state.doubts()}
    kept = [sender for number, sender in enumerate(senders) if number in needed]
    await checkpoint.record_note(_NOTE, msgspec.to_builtins([*kept, _Sender(state.next_batch, *bounds)]))


def clock_of(state: CheckpointState, batch: int) -> ServerClock:
    """What is on record of the server's clock, against that by which a batch was sent."""
    senders, clock = _senders(state), ServerClock()
    number = _number_of(senders, batch)
    if number is not None:
        least, most = senders[number].least_ahead, senders[number].most_ahead
        if least is not None and most is not None:
            clock.least_ahead, clock.most_ahead = least, most
    return clock


def _senders(state: CheckpointState) -> Sequence[_Sender]:
    return msgspec.convert(state.notes.get(_NOTE, []), list[_Sender])


def _number_of(senders: Sequence[_Sender], batch: int) -> int | None:
    """Which of the senders, the latest last, sent a batch; None where none is on record that did."""
    return next((at for at in range(len(senders) - 1, -1, -1) if senders[at].batch <= batch), None)
