"""An import in simulated time, run after run, until everything is settled, held against what is allowed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy
from bulk_importer.datagym.answers.verdicts import Accept
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import ExitCode, ServerUnavailable
from bulk_importer.events import Event
from bulk_importer.model import Batch, Limits, Rejection
from bulk_importer.packing import Pool, Suspects
from bulk_importer.spans import SpanSet
from bulk_importer.transfer.adaptive.gate import Bounds
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.build import Sending
from bulk_importer.transfer.interfaces import Ports
from bulk_importer.transfer.isolation.parts import Refused
from bulk_importer.transfer.options import Remembered, SendOptions
from bulk_importer.transfer.stop import StopSwitch
from support.entries import run_of
from support.weather.book import Book
from support.weather.server import Poison, Server, Upload, Window

__all__ = ["Interruption", "Story", "tell"]

_MOST_RUNS = 40
_LONGEST_RUN_SECONDS = 48 * 3600.0
_MOST_UPLOADS = 4000
_GRACE_SECONDS = 8.0
# Longer than any request takes.
_REQUEST_LIMIT_SECONDS = 600.0
_POLICY = RetryPolicy()


class Interruption(StrEnum):
    """What happens to a run some seconds after it began."""

    STOP = "stop"
    ABORT = "abort"
    KILL = "kill"
    PAUSE = "pause"


@dataclass(frozen=True)
class Story:
    """What is imported, by what runs, from what kind of server.

    Attributes:
        media: of each entry in turn.
        poison: of positions, as far as there are so many.
        interruptions: of the first run, the second and so on: what, after how many seconds.
        feeding: seconds between two entries that are read.
    """

    media: Sequence[str]
    poison: Mapping[int, Poison] = field(default_factory=dict)
    windows: Sequence[Window] = ()
    interruptions: Sequence[tuple[Interruption, float]] = ()
    max_entries: int = 1
    in_flight: int = 1
    latency: float = 0.1
    deadlocks: float = 0.0
    feeding: float = 0.0
    max_outage: float = 3600.0
    seed: int = 0


@dataclass
class _Told:
    story: Story
    server: Server
    book: Book
    rejected: Counter[int] = field(default_factory=Counter)
    unexcused: list[int] = field(default_factory=list)
    pool: Pool | None = None
    has_read_all: bool = False
    remembered: Remembered | None = None
    failures: list[str] = field(default_factory=list)

    def reject(self, position: int) -> None:
        """Take into account that an entry is being rejected, and whether that is allowed."""
        self.rejected[position] += 1
        if position not in self.story.poison and not self._is_excused(position):
            self.unexcused.append(position)

    def _is_excused(self, position: int) -> bool:
        """Whether nothing could have told that an innocent entry is one.

        It failed by itself as often as the policy says, and meanwhile another one was accepted that left after it had
        begun to: so the server was well in between, and ill again each time. Or the input was read to its end, and no
        entry was left that could have shown that the server is well.
        """
        alone = [each for each in self.server.uploads if each.positions == [position] and each.ended]
        if len(alone) < _POLICY.alone_attempts:
            return False
        first, last = alone[-_POLICY.alone_attempts], alone[-1]
        return self._accepted_between(first, last) or self._is_last

    @property
    def _is_last(self) -> bool:
        """Whether everything was read, and nothing of it waits for its turn."""
        return self.pool is not None and self.has_read_all and self.pool.is_empty

    def _accepted_between(self, first: Upload, last: Upload) -> bool:
        return any(
            isinstance(each.verdict, Accept)
            and first.ended is not None
            and each.ended is not None
            and first.ended <= each.left
            and each.ended <= last.left
            for each in self.server.uploads
        )


async def tell(story: Story) -> None:
    """Import until everything is settled, and see that it is as it should be."""
    chance = random.Random(story.seed)
    async with asyncio.TaskGroup() as executing:
        poison = {at: kind for at, kind in story.poison.items() if at < len(story.media)}
        server = Server(story.windows, poison, chance, story.latency, story.deadlocks, executing.create_task)
        book = Book(
            len(story.media),
            seconds=lambda: chance.choice((0.0, 0.0, 0.01, 0.1)),
            rejecting=lambda position: told.reject(position),  # noqa: PLW0108 - there is none yet
        )
        told = _Told(story, server, book)
        for number in range(_MOST_RUNS):
            if book.state.undecided:
                await asyncio.sleep(_REQUEST_LIMIT_SECONDS)
                book.resolve(server.held.__contains__)
            book.reject_condemned()
            if not any(book.state.owed_within(0, len(story.media))):
                break
            await _run(told, number)
            assert not told.unexcused, f"innocent, and rejected: {told.unexcused}"
        _judge(told)


async def _run(told: _Told, number: int) -> None:
    story, book, server = told.story, told.book, told.server
    loop = asyncio.get_running_loop()
    stop = StopSwitch()
    server.aborted = asyncio.Event()
    told.pool = pool = Pool(
        1 << 20,
        next_number=book.state.next_batch,
        suspects=Suspects((each.spans, each.tries) for each in book.state.suspects if not each.condemned),
    )
    steering = Steering(stop, clock=loop.time)
    events: list[Event] = []
    sending = Sending(
        server,
        Ports(pool, book, events.append, _rejection),
        SendOptions(
            limits=Limits(story.max_entries, 1 << 20, max_weight=1 << 62),
            bounds=Bounds(least_in_flight=story.in_flight, most_in_flight=story.in_flight, least_weight=1000),
            retry=_POLICY,
            budget=RetryBudget(),
            max_attempts=8,
            breaker=BreakerPolicy(max_outage_seconds=story.max_outage),
            pacing=Pacing(),
            remembered=told.remembered,
        ),
        steering,
        Timing(loop.time, stop.sleep, jitter=server.chance.random),
    )
    what, after = dict(enumerate(story.interruptions)).get(number, (None, 0.0))
    try:
        async with asyncio.timeout(_LONGEST_RUN_SECONDS), asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(_feed(told, pool))
            stop.subscribe(lambda: _cancel(feeding))
            minding = tasks.create_task(_mind_grace(stop, server))
            running = tasks.create_task(sending.run())
            interrupting = tasks.create_task(_interrupt(what, after, stop, steering, running))
            with suppress(asyncio.CancelledError):
                await running
            for each in (feeding, minding, interrupting):
                each.cancel()
    except* ServerUnavailable as group:
        told.failures.append(str(group.exceptions[0]))
        await asyncio.sleep(_REQUEST_LIMIT_SECONDS)
    told.remembered = sending.remembered()
    assert len(server.uploads) < _MOST_UPLOADS
    if what is not Interruption.KILL:
        assert all(doubt.reason for doubt in book.state.undecided.values()), "no outcome on record"


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


async def _feed(told: _Told, pool: Pool) -> None:
    story, state = told.story, told.book.state
    told.has_read_all = False
    try:
        pool.shut(story.media[position] for span in state.taken for position in range(*span))
        owed = [position for span in state.owed_within(0, len(story.media)) for position in range(*span)]
        step = 1 if story.feeding else len(owed)
        for at in range(0, len(owed), step):
            await asyncio.sleep(story.feeding)
            positions = owed[at : at + step]
            await pool.put(run_of([story.media[each] for each in positions], positions=positions))
        told.has_read_all = True
    finally:
        pool.close()


async def _mind_grace(stop: StopSwitch, server: Server) -> None:
    await stop.requested()
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_SECONDS):
            await stop.aborted()
    server.aborted.set()


async def _interrupt(
    what: Interruption | None, after: float, stop: StopSwitch, steering: Steering, running: asyncio.Task[None]
) -> None:
    await asyncio.sleep(after)
    match what:
        case Interruption.STOP | Interruption.ABORT:
            stop.request("enough", ExitCode.TERMINATED)
            if what is Interruption.ABORT:
                stop.abort()
        case Interruption.KILL:
            running.cancel()
        case Interruption.PAUSE:
            steering.pause()
            await asyncio.sleep(2 * after)
            steering.resume()
        case None:
            pass


def _judge(told: _Told) -> None:
    story, state, held = told.story, told.book.state, told.server.held
    poison = {at: kind for at, kind in story.poison.items() if at < len(story.media)}
    everything = SpanSet([(0, len(story.media))])
    assert not state.undecided
    settled = state.delivered.copy()
    settled.update(state.rejected)
    assert settled == everything, f"left after {_MOST_RUNS} runs: {told.failures}"
    assert Counter(held) == Counter(position for span in state.delivered for position in range(*span))
    assert set(told.rejected.values()) <= {1}
    assert not [at for at in poison if at not in state.rejected]
    for media in set(story.media):
        order = [position for position in held if story.media[position] == media]
        assert order == sorted(order), "an entry overtook another one of its media"


def _rejection(batch: Batch, refused: Refused) -> Rejection:
    entry = list(batch.each())[refused.index]
    return Rejection(position=entry.position, offset=0, media_id=entry.media_id, findings=(), raw=entry.raw)
