"""Many media are read at a time, handed on in order, in bounded memory, and never two of one lane at once."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from itertools import count
from typing import Any

import pytest

from bulk_importer.backups.gate import ReadGate
from bulk_importer.backups.reading import Hearing, MediaReader, ReadMedia
from bulk_importer.datagym.reads.label_reader import Reading
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import AnswerUnusable, NotAuthorised
from bulk_importer.events import AnswerCame, AnswerMissed, Event

_LATENCY = 0.02


def _tasks(media: int) -> Iterator[TaskRow]:
    return (TaskRow(task_id=f"t{number}", media_id=f"m{number}") for number in range(media))


class FarServer:
    """A server whose answers take their time, by a clock that moves when everybody waits.

    Args:
        seconds: how long the answer for a media takes.
        size: bytes of an answer.
        fails: raised in place of an answer, the so many-th time that a media is asked for.
    """

    server = "http://gym.test"

    def __init__(
        self,
        seconds: Callable[[TaskRow], float] = lambda _: _LATENCY,
        *,
        size: int = 1000,
        fails: Callable[[TaskRow, int], Exception | None] = lambda _, __: None,
    ) -> None:
        self.now = 0.0
        self.asked: Counter[str] = Counter()
        self.most_in_flight = 0
        self._seconds, self._size, self._fails = seconds, size, fails
        self._turns = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    async def read(self, task: TaskRow, kind: type[Any]) -> Reading[Any]:
        del kind
        self.asked[task.media_id] += 1
        await self.sleep(self._seconds(task))
        if (error := self._fails(task, self.asked[task.media_id])) is not None:
            raise error
        return Reading([], self._size)

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.now + seconds, next(self._turns), future))
        self.most_in_flight = max(self.most_in_flight, len(self._waiting))
        await future

    async def run(self, work: Any) -> None:
        """Do the work, and move the clock whenever nothing else can be done."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._waiting and not task.done():
                self.now, _, future = heapq.heappop(self._waiting)
                if not future.done():
                    future.set_result(None)
        await task


async def _read(
    server: FarServer,
    media: int,
    most: int = 16,
    guard: Callable[[str], AbstractAsyncContextManager[object]] = lambda _: nullcontext(),
) -> list[ReadMedia]:
    found: list[ReadMedia] = []

    async def take(each: ReadMedia) -> None:
        found.append(each)

    timing = Timing(lambda: server.now, server.sleep, lambda: 0.5)
    reader = MediaReader(server, ReadGate(most), timing, guard)  # type: ignore[arg-type]  # stands for a LabelReader
    await server.run(reader.read(_tasks(media), lambda each: each, take))
    return found


async def test_far_away_it_is_eight_times_as_fast_as_one_at_a_time() -> None:
    """At 20 ms an answer, the climb included."""
    many, one = FarServer(), FarServer()
    await _read(many, 400)
    await _read(one, 400, most=1)
    assert one.now == pytest.approx(400 * _LATENCY)
    assert one.now / many.now > 8
    assert many.most_in_flight == 16
    assert set(many.asked.values()) == {1}


async def test_media_are_handed_on_in_their_order() -> None:
    """However long each takes."""
    chance = random.Random(3)
    found = await _read(FarServer(lambda _: chance.random()), 200)
    assert [each.task.media_id for each in found] == [f"m{number}" for number in range(200)]


async def _asked_beside(slow: str, media: int, size: int) -> list[int]:
    """The numbers of the media that are asked for while one takes a hundred seconds."""
    asked: list[int] = []

    def seconds(task: TaskRow) -> float:
        if server.now < 90:
            asked.append(int(task.media_id[1:]))
        return 100.0 if task.media_id == slow else _LATENCY

    server = FarServer(seconds, size=size)
    await _read(server, media)
    return asked


async def test_one_that_takes_long_lets_a_bounded_number_wait() -> None:
    """No more are read ahead than twice as many as may be in flight, and fewer where their answers are large."""
    assert max(await _asked_beside("m100", 300, size=1000)) == 100 + 2 * 16 - 1
    assert max(await _asked_beside("m0", 20, size=20 << 20)) < 5


async def test_what_is_of_no_use_is_asked_for_again_and_then_told() -> None:
    """One media whose answers stay of no use costs that media."""

    def fails(task: TaskRow, times: int) -> Exception | None:
        number = int(task.media_id[1:])
        if number == 7 or (number % 5 == 0 and times == 1):
            return AnswerUnusable("http://gym.test", "it answers 500 to a look-up", status=500)
        return AnswerUnusable("http://gym.test", "gone", status=404) if number == 9 else None

    server = FarServer(fails=fails)
    found = await _read(server, 40)
    bad = {each.task.media_id: each for each in found if each.held is None}
    assert bad.keys() == {"m7", "m9"}
    assert (bad["m7"].is_gone, bad["m9"].is_gone) == (False, True)
    assert server.asked["m7"] > 2
    assert server.asked["m9"] == 1
    assert server.asked["m5"] == 2


async def test_a_server_that_fails_for_all_ends_it() -> None:
    """Nobody wants a backup of nothing."""
    broken = AnswerUnusable("http://gym.test", "it answers 500 to a look-up", status=500)
    with pytest.raises(AnswerUnusable, match="whichever media"):
        await _read(FarServer(fails=lambda _, __: broken), 100)
    refused = NotAuthorised("http://gym.test", "it answers 401")
    with pytest.raises(NotAuthorised):
        await _read(FarServer(fails=lambda _, __: refused), 100)


async def test_a_media_is_guarded_while_it_is_read() -> None:
    """Whoever uploads meanwhile holds its lane instead."""
    held: set[str] = set()

    @asynccontextmanager
    async def guard(lane: str) -> AsyncIterator[None]:
        held.add(lane)
        yield
        held.remove(lane)

    server = FarServer(lambda task: _LATENCY if task.media_id in held else 1e9)
    await _read(server, 50, guard=guard)
    assert server.now < 10


def test_what_many_reads_meet_at_the_same_time_is_told_once() -> None:
    """And it slows the gate down once."""
    told: list[Event] = []
    gate = ReadGate(16)
    gate.allowed = 16
    hearing = Hearing(gate, told.append)
    missed = AnswerMissed(server="s", reason="429", has_answered=True, after_seconds=1, patience_seconds=9)
    for _ in range(5):
        hearing(missed)
    hearing(AnswerCame(server="s", seconds=1))
    hearing(AnswerCame(server="s", seconds=1))
    assert told == [missed, AnswerCame(server="s", seconds=1)]
    assert gate.allowed == 8
