"""A server that never answered is given up, but not for the time in which nobody asked it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from bulk_importer.errors import ExitCode
from bulk_importer.events import AnswerMissed, Event, OutageBegan
from bulk_importer.pipeline.guards.first_contact import FirstContact
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.stop import StopSwitch
from support.around.simulated_time import run_in_simulated_time


class Silent:
    """A client whose server has not answered."""

    server = "http://h"
    has_answered = False


def given_up_at(*asks: tuple[float, str]) -> float:
    """When a run gives up that waits for a minute, and is asked for these things meanwhile."""

    async def wait() -> float:
        loop = asyncio.get_running_loop()
        stop = StopSwitch()
        steering = Steering(stop, clock=loop.time)
        told: list[Event] = []
        contact = FirstContact(cast("Any", Silent()), 60.0, steering, told.append)
        contact(OutageBegan(reason="refused"))
        for at, ask in asks:
            loop.call_later(at, getattr(steering, ask))
        await stop.requested()
        assert stop.exit_code is ExitCode.SERVER
        assert [type(event) for event in told] == [AnswerMissed]
        return loop.time()

    return run_in_simulated_time(wait())


def test_it_is_given_up_when_the_time_is_over() -> None:
    """No sooner, no later."""
    assert given_up_at() == 60.0


def test_a_pause_does_not_count() -> None:
    """However long, and however often; it is not given up during one."""
    assert given_up_at((10.0, "pause"), (10_000.0, "resume")) == 10_050.0
    late = given_up_at((59.5, "pause"), (500.0, "resume"))
    assert 500.5 <= late <= 501.5
    assert given_up_at((1.0, "pause"), (2.0, "resume"), (3.0, "pause"), (300.0, "resume")) == 358.0
