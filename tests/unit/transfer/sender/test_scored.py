"""The gate learns from each request."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bulk_importer.datagym.answers.verdicts import Accept, Again, Cause, InDoubt, Refuse, Verdict
from bulk_importer.events import Event, GateMoved
from bulk_importer.transfer.adaptive.gate import Bounds, Flight, Gate, Landing, Setting
from bulk_importer.transfer.sender.scored import Scored
from support.sending import BATCH, CONTEXT, FakeSender


class Listening(Gate):
    """Keeps what it is told."""

    def landed(self, flight: Flight) -> GateMoved | None:
        self.flight = flight
        return super().landed(flight)


@pytest.mark.parametrize(
    ("verdict", "landing"),
    [
        (Accept(), Landing.DELIVERED),
        (Again(Cause.CONFLICT, "ex_system"), Landing.CONFLICT),
        (InDoubt(Cause.TIMED_OUT, "no answer"), Landing.TIMED_OUT),
        (Refuse("ex_gen", (), ""), Landing.REFUSED),
        (Again(Cause.UNREACHABLE, "refused"), Landing.UNAVAILABLE),
    ],
)
async def test_a_request_is_scored_by_its_verdict(verdict: Verdict, landing: Landing) -> None:
    """With its length, its weight, and what was in flight beside it."""
    gate = Listening(Bounds())
    context = replace(CONTEXT, left_at=2.0, in_flight=3)
    assert (
        await Scored(FakeSender(verdict), gate, lambda _: None, lambda: 5.0).send(BATCH, context) == verdict
    )
    flight = gate.flight
    assert (flight.landing, flight.started, flight.ended, flight.in_flight) == (landing, 2.0, 5.0, 3)
    assert (flight.weight, flight.entries) == (BATCH.weight, BATCH.entries)


async def test_people_are_told_when_a_knob_moves() -> None:
    """A server that asks for less has half of it."""
    events: list[Event] = []
    gate = Gate(Bounds(), start=Setting(in_flight=8, weight=10))
    throttled = FakeSender(Again(Cause.THROTTLED, "status 429"))
    context = replace(CONTEXT, in_flight=1)
    await Scored(throttled, gate, events.append, lambda: 1.0).send(BATCH, context)
    assert [type(event) for event in events] == [GateMoved]
    assert gate.setting.in_flight == 4
