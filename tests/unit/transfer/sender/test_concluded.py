"""The outcome of a batch is on record when the sender is through with it."""

from __future__ import annotations

import pytest

from bulk_importer.datagym.answers.verdicts import Accept, Again, Cause, InDoubt, Refuse, Verdict
from bulk_importer.events import BatchDelivered, BatchDoubted, BatchSealed, Event
from bulk_importer.model import Batch, Rejection
from bulk_importer.packing import Pool
from bulk_importer.transfer.adaptive.gate import Bounds, Gate
from bulk_importer.transfer.interfaces import Ports
from bulk_importer.transfer.isolation.parts import Refused
from bulk_importer.transfer.sender.concluded import Concluded
from bulk_importer.transfer.slots import Slots
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, Diary, FakeSender, admission_of

AWAY = Again(Cause.UNREACHABLE, "refused")


def _rejection(batch: Batch, refused: Refused) -> Rejection:
    raise AssertionError("nothing is rejected here")


@pytest.mark.parametrize(
    ("verdict", "line", "event"),
    [
        (Accept(), ["delivered"], BatchDelivered),
        (InDoubt(Cause.DISCONNECTED, "lost"), ["in doubt"], BatchDoubted),
        (Refuse("ex_gen", (), "no"), [], None),
        (AWAY, [], None),
    ],
)
async def test_what_is_final_is_recorded_and_told(
    verdict: Verdict, line: list[str], event: type[Event] | None
) -> None:
    """What is not is left to whoever sent it."""
    diary, events, admission = Diary(), list[Event](), admission_of(StopSwitch())
    pool = Pool(1)
    slots = Slots(pool, Gate(Bounds()), admission, lambda: 0.0)
    ports = Ports(pool, diary, events.append, _rejection)
    await diary.record_sent(BATCH)
    context = slots.take(starved=False)
    concluded = Concluded(FakeSender(verdict), ports, slots, lambda: 0.0)
    assert await concluded.send(BATCH, context) == verdict
    assert [what for what, _ in diary.lines[1:]] == line
    assert [type(each) for each in events] == [BatchSealed, *([event] if event else [])]
