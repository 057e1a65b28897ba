"""Parts of the sending side without a server, a disk or a wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    Refuse,
    Stop,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import BulkImporterError, ServerUnavailable
from bulk_importer.events import Event
from bulk_importer.model import Batch, Limits, Rejection
from bulk_importer.packing import Pool
from bulk_importer.spans import Span
from bulk_importer.transfer.adaptive.gate import Bounds
from bulk_importer.transfer.admission.admission import Admission
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.breaker_probe import BreakerProbe
from bulk_importer.transfer.admission.latency_probe import Unlimited
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.build import Sending
from bulk_importer.transfer.interfaces import Ports, SendContext
from bulk_importer.transfer.isolation.parts import Refused
from bulk_importer.transfer.options import SendOptions
from bulk_importer.transfer.stop import StopSwitch
from support.entries import run_of

__all__ = [
    "AWAY",
    "BATCH",
    "BUSY",
    "CONTEXT",
    "ENDLESS",
    "FORBIDDEN",
    "HARDLY_ANY",
    "REFUSAL",
    "TOO_LARGE",
    "Answering",
    "Diary",
    "FakeSender",
    "World",
    "admission_of",
    "positions_in",
    "refusing",
    "scripted",
]

Answering = Callable[[list[int]], Awaitable[Verdict]]
REFUSAL = Refuse("ex_gen_wrong_entry_id", ("x",), "refused")
ENDLESS = Again(Cause.GARBLED, "the request did not arrive whole")
TOO_LARGE = Again(Cause.TOO_LARGE, "status 413")
AWAY = Again(Cause.UNREACHABLE, "the connection was refused")
HARDLY_ANY = (
    RetryPolicy(base_seconds=0.0001),
    BreakerPolicy(first_interval_seconds=0.0001, max_outage_seconds=0.25),
)
FORBIDDEN = TurnedAway(StopKind.NOT_AUTHORISED, "status 403, a page of HTML")
BUSY = Again(Cause.UNAVAILABLE, "status 503, a page of HTML")
BATCH = Batch(number=7, runs=(), body=b"[1,2]", entries=2, weight=10)
CONTEXT = SendContext(generation=0, sealed_at=0.0)


class FakeSender:
    """Says these verdicts in turn, and `Accept` afterwards; keeps the context of each call."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.contexts: list[SendContext] = []
        self._left = list(verdicts)

    async def send(self, batch: Batch, context: SendContext) -> Verdict:
        """As `Sender` has it."""
        self.contexts.append(context)
        return self._left.pop(0) if self._left else Accept()


def admission_of(stop: StopSwitch) -> Admission:
    """The wish to stop, and a breaker that opens at the first sign and waits for nothing."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    async def answered() -> Verdict:
        return Accept()

    steering = Steering(stop)
    breaker = BreakerProbe(
        BreakerPolicy(signs=1),
        probe=answered,
        look=answered,
        steering=steering,
        timing=Timing(lambda: 0.0, sleep),
        emit=lambda _: None,
    )
    return Admission(breaker, Unlimited(), steering, lambda verdict: ServerUnavailable("s", verdict.reason))


class Diary:
    """A ledger that keeps what it is told, in order, as (what, positions).

    Attributes:
        under_way: the positions of each batch that may have left and has no outcome yet, by its number.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[str, tuple[int, ...]]] = []
        self.under_way: dict[int, tuple[int, ...]] = {}

    async def record_sent(self, batch: Batch) -> None:
        """As `Ledger` has it; another task runs meanwhile."""
        await asyncio.sleep(0)
        self.under_way[batch.number] = positions_in(batch)
        self.lines.append(("sent", positions_in(batch)))

    async def record_delivered(self, batch: Batch) -> None:
        """As `Ledger` has it."""
        self._end("delivered", batch)

    async def record_owed(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        self._end("owed", batch)

    async def record_rejected(self, rejections: Sequence[Rejection], batch: Batch) -> None:
        """As `Ledger` has it."""
        del self.under_way[batch.number]
        self.lines.append(("rejected", tuple(each.position for each in rejections)))

    async def record_suspected(self, spans: Sequence[Span], said: str, *, condemned: bool = False) -> None:
        """As `Ledger` has it."""
        positions = tuple(position for start, stop in spans for position in range(start, stop))
        self.lines.append(("condemned" if condemned else "suspected", positions))

    async def record_in_doubt(self, batch: Batch, reason: str) -> None:
        """As `Ledger` has it."""
        self._end("in doubt", batch)

    def _end(self, what: str, batch: Batch) -> None:
        del self.under_way[batch.number]  # an outcome of what is not under way is a defect
        self.lines.append((what, positions_in(batch)))

    def of(self, what: str) -> list[int]:
        """The positions of which something is said, in the order of saying."""
        return [position for said, positions in self.lines if said == what for position in positions]


def positions_in(batch: Batch) -> tuple[int, ...]:
    """The positions of its entries, in order."""
    return tuple(position for run in batch.runs for position in run.positions)


class World:
    """The sending side of a run with everything but the network."""

    def __init__(
        self,
        lanes: str,
        answer: Answering,
        *,
        entries: int,
        in_flight: int = 1,
        is_away: Callable[[], bool] = lambda: False,
        patience: tuple[RetryPolicy, BreakerPolicy] = HARDLY_ANY,
        rehearsing: Answering | None = None,
        max_bytes: int = 1 << 20,
    ) -> None:
        self.diary = Diary()
        self.events: list[Event] = []
        self.stop = StopSwitch()
        loop = asyncio.get_running_loop()
        self.steering = Steering(self.stop, clock=loop.time)
        self.sent: list[list[int]] = []
        self.rehearsed: list[list[int]] = []
        self.looks = 0
        self.nothing: Verdict = REFUSAL
        self._answer = answer
        self._rehearsing = rehearsing or refusing()
        self._lanes = lanes
        self.pool = Pool(1 << 20)
        self._is_away = is_away
        policy, breaker = patience
        self.sending = Sending(
            self,
            Ports(self.pool, self.diary, self.events.append, _rejection),
            SendOptions(
                limits=Limits(entries, max_bytes, max_weight=1 << 62),
                bounds=Bounds(least_in_flight=in_flight, most_in_flight=in_flight, least_weight=1000),
                retry=replace(policy, alone_attempts=2),
                budget=RetryBudget(per_second=1e6),
                max_attempts=8,
                breaker=breaker,
                pacing=Pacing(),
            ),
            self.steering,
            Timing(loop.time, self.stop.sleep, jitter=lambda: 0.5),
        )

    @property
    def learnt_max_bytes(self) -> int | None:
        """What the next run would be told about the size of bodies."""
        return self.sending.remembered().max_bytes

    async def run(self) -> None:
        """Send everything; nothing is under way when this returns."""
        await self.pool.put(run_of(self._lanes))
        self.pool.close()
        try:
            await self.sending.run()
        finally:
            assert not self.diary.under_way

    async def upload(self, body: bytes) -> Verdict:
        """As `UploadRoute` has it."""
        positions = json.loads(body)
        self.sent.append(positions)
        return await self._answer(positions)

    async def is_working(self) -> bool:
        """As `UploadRoute` has it."""
        return not self._is_away()

    async def upload_nothing(self) -> Verdict:
        """As `HarmlessRequests` has it."""
        self.looks += 1
        return AWAY if self._is_away() else self.nothing

    async def rehearse(self, body: bytes) -> Verdict:
        """As `HarmlessRequests` has it: what a gateway dislikes it dislikes without the last bracket, too."""
        positions = json.loads(body)
        if positions and isinstance(positions[0], dict):  # an entry that says nothing
            self.looks += 1
            if self._is_away():
                return AWAY
            return ENDLESS if self.nothing == REFUSAL else self.nothing
        self.rehearsed.append(positions)
        said = await self._rehearsing(positions) if positions else Accept()
        return ENDLESS if isinstance(said, Accept) else said

    async def probe(self) -> Verdict:
        """As `UploadRoute` has it."""
        return AWAY if self._is_away() else Stop(StopKind.NOT_DATAGYM, "status 405")

    async def light_read(self) -> bool:
        """As `UploadRoute` has it."""
        return not self._is_away()

    def error(self, verdict: Stop | TurnedAway | Again) -> BulkImporterError:
        """As `UploadRoute` has it."""
        return ServerUnavailable("the server", verdict.reason)


def _rejection(batch: Batch, refused: Refused) -> Rejection:
    entry = list(batch.each())[refused.index]
    return Rejection(position=entry.position, offset=0, media_id=entry.media_id, findings=(), raw=entry.raw)


def refusing(*culprits: int, verdict: Verdict = REFUSAL) -> Answering:
    """A server that says so to every body with a culprit in it."""

    async def answer(positions: list[int]) -> Verdict:
        await asyncio.sleep(0)
        return verdict if set(culprits).intersection(positions) else Accept()

    return answer


def scripted(*verdicts: Verdict) -> Answering:
    """A server that says these things in turn, and accepts what comes afterwards."""
    left = list(verdicts)

    async def answer(positions: list[int]) -> Verdict:
        return left.pop(0) if left else Accept()

    return answer
