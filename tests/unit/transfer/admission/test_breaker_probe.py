"""A run pauses while its server is away, asks with reads, and gives up when that lasts too long."""

from __future__ import annotations

import asyncio

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    InDoubt,
    Refuse,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import ExitCode
from bulk_importer.events import Event, OutageBegan, OutageEnded
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.stop import StopSwitch

AWAY = Again(Cause.UNREACHABLE, "the connection was refused")
HOUR = 3600.0


class World:
    """A clock that sleeping moves on, and a server that is back at a certain time."""

    def __init__(self, back_at: float, policy: BreakerPolicy | None = None) -> None:
        self.now = 0.0
        self.back_at = back_at
        self.looks = 0
        self.nothing: Verdict = Refuse("schema", (), "")
        self.probes: list[float] = []
        self.events: list[Event] = []
        self.woken = asyncio.Event()
        self.steering = Steering(StopSwitch(), clock=lambda: self.now)
        self.breaker = BreakerProbe(
            policy or BreakerPolicy(),
            probe=self.probe,
            look=self.look,
            steering=self.steering,
            timing=Timing(lambda: self.now, self.sleep),
            emit=self.events.append,
        )

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    async def look(self) -> Verdict:
        self.looks += 1
        return AWAY if self.now < self.back_at else self.nothing

    async def probe(self) -> Verdict:
        self.probes.append(self.now)
        # What a DataGym answers to a GET of the upload route.
        if self.now < self.back_at:
            return AWAY
        return TurnedAway(StopKind.NOT_DATAGYM, "status 405, an empty body")

    def fail(self, times: int = 3, verdict: Verdict = AWAY) -> None:
        for _ in range(times):
            self.breaker.saw(verdict)

    async def until_a_batch_may_try(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.breaker.run(self.woken.set))
            while not self.breaker.may_acquire:
                await self.woken.wait()
                self.woken.clear()
            running.cancel()


async def test_an_outage_of_three_hours_is_waited_out() -> None:
    """Probes come ever more slowly, about one a minute; then one batch tries, and with its answer all is well."""
    world = World(back_at=3 * HOUR, policy=BreakerPolicy(max_outage_seconds=4 * HOUR))
    world.fail()
    assert not world.breaker.may_acquire
    await world.until_a_batch_may_try()
    assert 3 * HOUR <= world.now <= 3 * HOUR + 60
    assert len(world.probes) < 200
    assert world.breaker.acquire_trial()
    assert not world.breaker.may_acquire, "a second one would try, too"
    world.breaker.saw(Accept())
    world.breaker.release_trial()
    assert world.breaker.is_closed
    began, ended = world.events
    assert began == OutageBegan(reason=AWAY.reason)
    assert isinstance(ended, OutageEnded)
    assert ended.seconds >= 3 * HOUR


async def test_an_outage_that_lasts_too_long_ends_the_run() -> None:
    """What the last failure said is what the message will say."""
    world = World(back_at=1e9, policy=BreakerPolicy(max_outage_seconds=HOUR))
    world.fail()
    last = await world.breaker.run(world.woken.set)
    assert last == Again(Cause.UNAVAILABLE, AWAY.reason)
    assert HOUR <= world.now <= HOUR + 60


async def test_a_server_that_answers_reads_but_no_batch_is_still_away() -> None:
    """Batches try one at a time, more and more rarely, until the patience is over."""
    world = World(back_at=0.0, policy=BreakerPolicy(max_outage_seconds=HOUR))
    world.fail()
    tries = 0
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(world.breaker.run(world.woken.set))
        while not running.done():
            await asyncio.sleep(0)
            if world.breaker.may_acquire:
                world.breaker.acquire_trial()
                tries += 1
                world.breaker.saw(AWAY)
                world.breaker.release_trial()
    assert running.result().reason == AWAY.reason
    assert 20 < tries < 100


async def test_answers_in_the_servers_words_are_no_sign_of_an_outage() -> None:
    """Refusals and deadlocks come from the server itself, however many they are."""
    world = World(back_at=0.0)
    for verdict in (Refuse("ex_gen", (), ""), Again(Cause.CONFLICT, "ex_system"), Accept()):
        world.fail(times=2)
        world.breaker.saw(verdict)
    assert world.breaker.is_closed
    assert not world.events


async def test_lost_answers_in_a_row_are_a_sign_and_so_are_429s() -> None:
    """Each leaves something in doubt or undone, so a run does not go on as if nothing were."""
    for verdict in (
        InDoubt(Cause.TIMED_OUT, "no answer began in time"),
        InDoubt(Cause.DISCONNECTED, "the connection broke"),
        Again(Cause.THROTTLED, "status 429"),
    ):
        world = World(back_at=0.0)
        world.fail(verdict=verdict)
        assert not world.breaker.is_closed


async def test_only_the_batch_that_tries_passes_while_the_server_is_away() -> None:
    """Those that were sealed before are held back."""
    world = World(back_at=0.0)
    world.fail()
    assert not world.breaker.allows(is_trial=False)
    await world.until_a_batch_may_try()
    assert world.breaker.acquire_trial()
    assert world.breaker.allows(is_trial=True)
    assert not world.breaker.allows(is_trial=False)


async def test_a_batch_that_was_to_try_and_did_not_leave_lets_another_one() -> None:
    """A 413, or a stop of that batch alone, must not block the way for ever."""
    world = World(back_at=0.0)
    world.fail()
    await world.until_a_batch_may_try()
    world.breaker.acquire_trial()
    world.breaker.saw(Again(Cause.TOO_LARGE, "status 413"))
    world.breaker.release_trial()
    assert world.breaker.may_acquire


async def test_what_was_lost_in_an_earlier_run_too_does_not_use_up_what_may_be_lost_in_a_row() -> None:
    """What comes behind it may show that it is about what is in those batches; a look has to pass before each."""
    world = World(back_at=0.0)
    lost = InDoubt(Cause.DISCONNECTED, "the connection broke before an answer came")
    for _ in range(3):
        world.breaker.saw(lost, failed_before=True)
    for _ in range(8):
        await world.until_a_batch_may_try()
        world.breaker.saw(lost, failed_before=True)
    assert world.looks == 8
    assert not world.breaker.is_closed
    world.breaker.saw(Accept())
    assert world.breaker.is_closed


async def test_nothing_is_asked_once_the_run_is_to_stop() -> None:
    """A stop ends each wait at once, and lets no probe leave: to go on asking would let nobody else run."""
    world = World(back_at=HOUR)
    world.fail()
    world.steering.stop.request("enough", ExitCode.TERMINATED)
    asking = asyncio.create_task(world.breaker.run(world.woken.set))
    await asyncio.sleep(0)
    asking.cancel()
    assert not world.probes
