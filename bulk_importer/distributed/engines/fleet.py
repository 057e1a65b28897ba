"""Gives the shards of a plan to the workers of a Dask scheduler, until all are complete or nothing brings more.

What is complete says the place, and never the scheduler: results get lost, tasks run twice, states come late. So
futures are only looked at, several times a second, and what a task returned is asked for its words alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import msgspec

from bulk_importer.distributed.engines.cluster import Cluster
from bulk_importer.distributed.engines.orders import Ended, Order, Sign
from bulk_importer.distributed.engines.shard_task import import_shard
from bulk_importer.distributed.engines.standing import FleetStanding
from bulk_importer.distributed.engines.turns import Turns, Verdict
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.results import written_result
from bulk_importer.distributed.values import Plan, Result
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.events import Observer
from bulk_importer.machine.aside import aside
from bulk_importer.transfer.stop import StopSwitch

if TYPE_CHECKING:
    from distributed import Future

__all__ = ["FleetOptions", "all_complete", "import_shards"]

_LOOK_SECONDS = 0.25
_WORDS_SECONDS = 5.0
_WORKERS_SECONDS = 5.0
_FAILURES = frozenset(ExitCode) - {
    *(ExitCode.DELIVERED, ExitCode.REJECTIONS, ExitCode.IN_DOUBT, ExitCode.UNFINISHED),
    *(ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED),
}
"""Of a child: what no stop and no entry of the source comes to."""
_OVER = frozenset({"finished", "error", "lost", "cancelled"})


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """How the shards of a plan are given out.

    Attributes:
        program: what a child of a worker calls, as in `Order`.
        arguments: those of the child for a shard.
        silence_seconds: a turn that gives no sign for so long is begun elsewhere; not below the lease.
        outage_seconds: how long workers may be missing, when all have gone.
        grace_seconds: how long the children may take to stop.
        complain: is told of what went wrong with a shard, by its index and in words.
    """

    program: str
    arguments: Callable[[int], tuple[str, ...]]
    silence_seconds: float
    outage_seconds: float
    grace_seconds: float
    complain: Callable[[int, str], None]


@dataclass(slots=True)
class _Turn:
    index: int
    attempt: int
    future: Future[Ended]


async def import_shards(
    cluster: Cluster, plan: Plan, place: Place, options: FleetOptions, stop: StopSwitch, emit: Observer
) -> ExitCode:
    """Have all shards of `plan` imported that are not complete. What came of them is at the place.

    It returns when all are complete, when no turn brings more, or when `stop` was requested and the children have
    stopped; at once when it is aborted. When this is cancelled, or the process dies, the scheduler forgets the tasks,
    and the children stop as well.

    Returns:
        What matters most of why shards are not complete, by what their children said last: a child that cannot begin
        leaves nothing at the place. 0 where nothing but a stop, or the death of workers, kept them from it.

    Raises:
        SchedulerUnavailable: the scheduler, or all of its workers, went away, and did not come back for so long as was
            allowed.
        CheckpointUnusable: the place cannot be read.
    """
    fleet = _Fleet(cluster, plan, place, options, stop, emit)
    await fleet.run()
    return most_important(fleet.failures.values())


def all_complete(place: Place, plan: Plan) -> bool:
    """Whether nothing of a plan is left to do. Blocks, and raises `CheckpointUnusable`, too."""
    return all(_is_complete(written_result(place, plan, shard.index)) for shard in plan.shards)


class _Fleet:
    """The run of `import_shards`.

    Attributes:
        failures: why the shards are not complete whose last turn ended in an error.
    """

    def __init__(
        self,
        cluster: Cluster,
        plan: Plan,
        place: Place,
        options: FleetOptions,
        stop: StopSwitch,
        emit: Observer,
    ) -> None:
        self._cluster = cluster
        self._plan = plan
        self._place = place
        self._options = options
        self._stop = stop
        self._emit = emit
        self._standing = FleetStanding(plan.source, plan.entries)
        # Changed by `_begin_more` and `_end`: the turns that are out, and how often each shard was begun.
        self._turns = Turns([])
        self._out: list[_Turn] = []
        self._attempts: dict[int, int] = {}
        # Changed by `_look` alone: when it is looked again whether there are workers.
        self._workers_at = 0.0
        # Changed by `_end` alone.
        self.failures: dict[int, ExitCode] = {}

    async def run(self) -> None:
        self._turns = Turns(await self._incomplete())
        self._listen()
        try:
            while not self._stop.is_requested:
                self._begin_more()
                if not self._out:
                    return
                await self._stop.sleep(_LOOK_SECONDS)
                await self._look()
        finally:
            await self._leave()

    async def _incomplete(self) -> list[int]:
        found = []
        for index in range(len(self._plan.shards)):
            result = await aside(written_result, self._place, self._plan, index)
            if result is not None:
                self._learn(result)
            if not _is_complete(result):
                found.append(index)
        return found

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()

        def hear(event: tuple[float, Mapping[str, Any]]) -> None:
            told = {name: value for name, value in event[1].items() if name in Sign.__struct_fields__}
            loop.call_soon_threadsafe(self._meet, msgspec.convert(told, Sign))

        self._cluster.client.subscribe_topic(self._topic, hear)

    @property
    def _topic(self) -> str:
        return f"bulk-importer-{self._plan.id}"

    def _meet(self, sign: Sign) -> None:
        self._standing.meet(sign, time.monotonic())

    def _learn(self, result: Result) -> None:
        settled = result.delivered + result.rejected + result.skipped
        self._standing.know(result.index, settled, result.rejected)

    def _begin_more(self) -> None:
        """Give out as many shards as may send at a time: others would only wait for a seat."""
        while len(self._out) < len(self._plan.seats) and (index := self._turns.next()) is not None:
            attempt = self._attempts[index] = self._attempts.get(index, 0) + 1
            order = Order(
                version=version("bulk-importer"),
                program=self._options.program,
                arguments=self._options.arguments(index),
                index=index,
                attempt=attempt,
                topic=self._topic,
            )
            # A second client of the same plan means the same task by it, and does not begin it twice. `retries` of Dask
            # do not count what matters, the death of a worker.
            key = f"{self._topic}-{index}-{attempt}"
            future = self._cluster.client.submit(import_shard, order, key=key, pure=False)
            self._out.append(_Turn(index, attempt, future))
        self._emit(self._standing.advanced())

    async def _look(self) -> None:
        if not self._cluster.is_connected:
            await self._reconnect()
            return
        now, silence = time.monotonic(), self._options.silence_seconds
        if now >= self._workers_at:
            self._workers_at = now + _WORKERS_SECONDS
            await self._cluster.look_for_workers(self._options.outage_seconds)
        for turn in list(self._out):
            if turn.future.status in _OVER:
                await self._end(turn, await _answer(turn.future))
            elif self._standing.is_silent(turn.index, turn.attempt, now, silence):
                self._options.complain(turn.index, "its worker gives no sign of life; it goes to another one")
                await turn.future.cancel()
                await self._end(turn, None)

    async def _reconnect(self) -> None:
        """Begin anew with a scheduler that was restarted, or lost sight of: what is complete says the place."""
        lost = list(self._out)
        await self._cluster.renew()
        self._listen()
        for turn in lost:
            await self._end(turn, None)

    async def _end(self, turn: _Turn, answer: Ended | str | None) -> None:
        """See what the place says of a shard whose turn is over, and decide what becomes of it."""
        self._out.remove(turn)
        self._standing.leave(turn.index, turn.attempt)
        turn.future.release()
        result = await aside(written_result, self._place, self._plan, turn.index)
        if result is not None:
            self._learn(result)
        settled = 0 if result is None else result.delivered + result.rejected + result.skipped
        code = answer.exit_code if isinstance(answer, Ended) else None
        is_complete = _is_complete(result)
        self._turns.ended(turn.index, Verdict(is_complete, settled, code))
        self.failures.pop(turn.index, None)
        if not is_complete and code in _FAILURES:
            self.failures[turn.index] = ExitCode(code)
        if not is_complete and (words := _words(answer)):
            self._options.complain(turn.index, words)

    async def _leave(self) -> None:
        """Let the children stop that are still at work, and see them off."""
        for turn in self._out:
            if self._cluster.is_connected:
                await turn.future.cancel()
        if not self._stop.is_requested:
            return
        aborted = asyncio.ensure_future(self._stop.aborted())
        deadline = time.monotonic() + self._options.grace_seconds
        while self._standing.at_work and time.monotonic() < deadline and not aborted.done():
            self._emit(self._standing.advanced())
            await asyncio.wait([aborted], timeout=_LOOK_SECONDS)
        aborted.cancel()


def _is_complete(result: Result | None) -> bool:
    return result is not None and result.state == "complete"


async def _answer(future: Future[Ended]) -> Ended | str | None:
    """What a task returned, or why there is none: an error in words, or None where it was lost."""
    if future.status == "error":
        error = await future.exception()
        return f"{type(error).__name__}: {error}"
    if future.status != "finished":
        return None
    try:
        async with asyncio.timeout(_WORDS_SECONDS):
            ended = await future
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the result went with its worker: the place knows more
        return None
    return ended if isinstance(ended, Ended) else None


def _words(answer: Ended | str | None) -> str:
    if isinstance(answer, Ended):
        return answer.words
    return answer or ""
