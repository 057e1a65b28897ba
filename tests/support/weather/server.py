"""A server in simulated time, which is in trouble now and then, as seen through everything that stands before it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    Stop,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.errors import BulkImporterError, ServerUnavailable
from support.sending import AWAY, BUSY, ENDLESS, FORBIDDEN, REFUSAL, TOO_LARGE

__all__ = ["Poison", "Server", "Trouble", "Upload", "Window"]


class Trouble(StrEnum):
    """What may be wrong for a while."""

    NO_DATABASE = "reads and uploads end in ex_system"
    UNWRITABLE = "reads are answered, uploads end in ex_system"
    REFUSED = "connections are refused"
    MAINTENANCE = "a gateway answers 503 to everything"
    FORBIDDING = "a gateway answers 403 to everything"
    BAD_GATEWAY = "a gateway answers 502 to everything"
    RESETS = "what has reached the server loses its answer"
    THROTTLED = "a gateway asks uploads to come later"
    NARROW = "a gateway lets only small bodies pass"


class Poison(StrEnum):
    """What may be wrong with one entry, for good."""

    SCHEMA = "the server names it"
    MEANING = "the server refuses it and does not say which it is"
    CRASH = "it always ends in ex_system"
    LARGE = "it is too large by itself"
    FORBIDDEN = "a firewall answers 403 to it"
    BUSY = "a gateway answers 503 to it"
    CUT = "a firewall cuts its connection, also in a rehearsal"
    LOST = "its answer is lost, but not that of a rehearsal"


@dataclass(frozen=True)
class Window:
    """From when on, and for how many seconds, something is wrong."""

    trouble: Trouble
    begin: float
    seconds: float


@dataclass
class Upload:
    """One upload as the server saw it. Times are in seconds; `ended` is None while nobody has its answer."""

    positions: Sequence[int]
    left: float
    ended: float | None = None
    verdict: Verdict | None = None


_EX_SYSTEM = Again(Cause.CONFLICT, "ex_system")
_RESET = InDoubt(Cause.DISCONNECTED, "the connection broke before an answer came")
_BAD_GATEWAY = InDoubt(Cause.UNAVAILABLE, "status 502, a page of HTML")
_IN_THE_WAY: Mapping[Trouble, Verdict] = {
    Trouble.REFUSED: AWAY,
    Trouble.MAINTENANCE: BUSY,
    Trouble.FORBIDDING: FORBIDDEN,
    Trouble.BAD_GATEWAY: _BAD_GATEWAY,
}
_AT_THE_GATE: Mapping[Poison, Verdict] = {
    Poison.LARGE: TOO_LARGE,
    Poison.FORBIDDEN: FORBIDDEN,
    Poison.BUSY: BUSY,
    Poison.CUT: _RESET,
}
_NARROW_BYTES = 12
_PATIENCE_SECONDS = 60.0


@dataclass
class Server:
    """An `UploadRoute`: what it holds, and what was sent to it.

    Attributes:
        poison: of the positions that have one.
        chance: draws latencies, deadlocks, and when in a request it is decided what becomes of it.
        latency: seconds that a request takes, about.
        deadlocks: the share of uploads that end in `ex_system` where another one is in flight.
        held: the positions that are committed, in order of commit.
        uploads: all of them, in the order in which they left.
    """

    windows: Sequence[Window]
    poison: Mapping[int, Poison]
    chance: random.Random
    latency: float
    deadlocks: float
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    held: list[int] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    aborted: asyncio.Event = field(default_factory=asyncio.Event)
    _executing: int = 0

    def is_in(self, *troubles: Trouble) -> bool:
        """Whether one of these is the matter now."""
        now = asyncio.get_running_loop().time()
        return any(
            each.trouble in troubles and each.begin <= now < each.begin + each.seconds
            for each in self.windows
        )

    async def upload(self, body: bytes) -> Verdict:
        """As `UploadRoute` has it; what was given up, or takes too long, is executed all the same."""
        loop = asyncio.get_running_loop()
        upload = Upload(_positions_in(body), loop.time())
        self.uploads.append(upload)
        answer = loop.create_future()

        async def execute() -> None:
            verdict = await self._execute(upload, len(body))
            if not answer.done():
                answer.set_result(verdict)

        async def give_up() -> None:
            await self.aborted.wait()
            if not answer.done():
                answer.set_result(InDoubt(Cause.TIMED_OUT, "we gave the request up"))

        self.spawn(execute())
        giving_up = asyncio.create_task(give_up())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                upload.verdict = await answer
        except TimeoutError:
            upload.verdict = InDoubt(Cause.TIMED_OUT, "no answer began in time")
        finally:
            giving_up.cancel()
        upload.ended = loop.time()
        return upload.verdict

    async def _execute(self, upload: Upload, length: int) -> Verdict:
        met = self._met(upload.positions, length)
        if met is not None:
            await asyncio.sleep(self._seconds() / 10)
            return met
        self._executing += 1
        is_beside = self._executing > 1
        seconds, share = self._seconds(), self.chance.random()
        await asyncio.sleep(seconds * share)
        is_beside = is_beside or self._executing > 1
        verdict = self._decide(upload.positions, is_beside=is_beside)
        if isinstance(verdict, Accept):
            self.held += upload.positions
        await asyncio.sleep(seconds * (1 - share))
        self._executing -= 1
        if self.is_in(Trouble.REFUSED, Trouble.RESETS):
            return _RESET
        return _BAD_GATEWAY if self.is_in(Trouble.BAD_GATEWAY, Trouble.MAINTENANCE) else verdict

    def _decide(self, positions: Sequence[int], *, is_beside: bool) -> Verdict:
        kinds = [self.poison.get(position) for position in positions]
        if Poison.LOST in kinds:
            return _RESET
        named = {at: {"": ("no",)} for at, kind in enumerate(kinds) if kind is Poison.SCHEMA}
        if named:
            return AgainInPart(named, "Schema validation failed")
        if self.is_in(Trouble.NO_DATABASE, Trouble.UNWRITABLE):
            return _EX_SYSTEM
        for kind in kinds:
            if kind is not None:
                return REFUSAL if kind is Poison.MEANING else _EX_SYSTEM
        if is_beside and self.chance.random() < self.deadlocks:
            return _EX_SYSTEM
        return Accept()

    async def rehearse(self, body: bytes) -> Verdict:
        """As `HarmlessRequests` has it."""
        met = self._met(_positions_in(body), len(body))
        await asyncio.sleep(self._seconds() / 10)
        return _RESET if met is None and self.is_in(Trouble.RESETS) else met or ENDLESS

    async def upload_nothing(self) -> Verdict:
        """As `HarmlessRequests` has it."""
        seen = await self.rehearse(b"[]")
        return REFUSAL if seen == ENDLESS else seen

    async def is_working(self) -> bool:
        """As `UploadRoute` has it."""
        await asyncio.sleep(self._seconds() / 10)
        return not self.is_in(Trouble.NO_DATABASE, *_IN_THE_WAY)

    async def probe(self) -> Verdict:
        """As `UploadRoute` has it."""
        await asyncio.sleep(self._seconds() / 10)
        met = self._met((), 0)
        if met is None and not await self.is_working():
            return Again(Cause.UNAVAILABLE, "it cannot list its projects")
        return met or Stop(StopKind.NOT_DATAGYM, "status 405")

    async def light_read(self) -> bool:
        """As `UploadRoute` has it."""
        return await self.is_working()

    def error(self, verdict: Stop | TurnedAway | Again) -> BulkImporterError:
        """As `UploadRoute` has it."""
        return ServerUnavailable("the server", verdict.reason)

    def _met(self, positions: Sequence[int], length: int) -> Verdict | None:
        """What stands in the way of a request; None where it reaches the server."""
        for trouble, verdict in _IN_THE_WAY.items():
            if self.is_in(trouble):
                return verdict
        if self.is_in(Trouble.NARROW) and length > _NARROW_BYTES:
            return TOO_LARGE
        for position in positions:
            kind = self.poison.get(position)
            if kind is not None and kind in _AT_THE_GATE:
                return _AT_THE_GATE[kind]
        if length and self.is_in(Trouble.THROTTLED):
            return Again(Cause.THROTTLED, "status 429", self.chance.choice([None, 1.0, 30.0]))
        return None

    def _seconds(self) -> float:
        return self.chance.expovariate(1 / self.latency)


def _positions_in(body: bytes) -> list[int]:
    return [each for each in json.loads(body) if isinstance(each, int)]
