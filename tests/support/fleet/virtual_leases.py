"""Workers that ask for one lease in a world where nothing is prompt: a place, clocks, and who moves when, all virtual.

What the program does is the real thing. Each call that it makes of the outside stops it until the world lets it go on:
so a worker is frozen as long as that does not, an answer is slow as long as it does not come, and may be lost. What was
asked for by a worker that does not wait for it any more may still be done, at any time.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import Any, cast

from bulk_importer.distributed.leases.claims import Claim, Names, standing
from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.distributed.leases.keeping import give_back, keep
from bulk_importer.distributed.leases.taking import Taken, Taking
from bulk_importer.errors import CheckpointUnusable

__all__ = ["Event", "Pace", "Worker", "World"]

KEY = "work/00000"


class Pace(Enum):
    """How a worker fares for a while."""

    PROMPT = "all that it waits for comes at once"
    ONE = "the next thing that it waits for comes, and then it is frozen"
    SLOW = "what it asks for is done, and it does not learn of it"
    LOSING = "each answer is an error, whether or not the thing was done"
    STUCK = "it asks, and nothing is done yet"
    FROZEN = "nothing comes, not even the time that it waits for"


class Event(Enum):
    """What happens to a worker."""

    NOTHING = "it goes on"
    CRASH = "it dies; another process begins in its place"
    GIVE_BACK = "it gives its lease back"
    LATE = "something that nobody waits for any more is done after all"


@dataclass
class Call:
    """Something that a worker waits for: of the place, or `rest` until a time of its own clock."""

    verb: str
    arguments: tuple[Any, ...] = ()
    until: float = inf
    is_done: bool = False
    result: object = None

    def __await__(self) -> Generator[Call, Any, Any]:
        return (yield self)


class World:
    """A place, real time, and workers."""

    def __init__(self, leases: Sequence[float], rates: Sequence[float], tick: float) -> None:
        """Begin with as many workers as there are leases: for how long each holds, and how fast its clock goes."""
        self.tick = tick
        self.now = 0.0
        self.files: dict[str, bytes] = {}
        self.late: list[Call] = []
        self.epoch = 0
        self._marks = 0
        self._rates = rates
        self._leases = leases
        self.workers = [self.new_worker(number) for number in range(len(leases))]
        self.paces = [Pace.PROMPT for _ in leases]

    def new_worker(self, number: int) -> Worker:
        """A process that asks for the lease; its clock has nothing to do with any other."""
        self._marks += 1
        offset = 1000.0 * self._marks * (-1) ** self._marks
        return Worker(self, f"{self._marks}", self._leases[number], _Clock(self, offset, self._rates[number]))

    def happen(self, event: Event, number: int) -> None:
        """Let it happen to the worker of that number."""
        worker = self.workers[number]
        match event:
            case Event.NOTHING:
                pass
            case Event.CRASH:
                worker.crash()
            case Event.GIVE_BACK:
                worker.give_back()
            case Event.LATE:
                if self.late:
                    self.perform(self.late.pop(number % len(self.late)))
        self._look()

    def run(self, seconds: float) -> None:
        """Let time pass, in ticks, with each worker at its pace."""
        until = self.now + seconds
        while self.now < until:
            self.now += self.tick
            for number, pace in enumerate(self.paces):
                self.workers[number].act(pace)
                if pace is Pace.ONE:
                    self.paces[number] = Pace.FROZEN
                self._look()

    def _look(self) -> None:
        """See that nobody holds what another one holds, and replace those that are over."""
        for number, worker in enumerate(self.workers):
            if worker.is_over:
                self.workers[number] = self.new_worker(number)
        holders = [worker.name for worker in self.workers if worker.holds]
        assert len(holders) <= 1, f"{holders} all hold the lease"

    def perform(self, call: Call) -> None:
        """Do what was asked for, unless it is done."""
        if call.is_done:
            return
        call.is_done = True
        match call.verb, call.arguments:
            case "create", (key, content):
                call.result = key not in self.files
                self.files.setdefault(key, content)
            case "replace", (key, content):
                self.files[key] = content
            case "remove", (key,):
                self.files.pop(key, None)
            case "read", (key,):
                call.result = self.files.get(key)
            case "names", (prefix,):
                call.result = sorted(name for name in self.files if name.startswith(prefix))
            case _:  # a rest needs nobody
                pass

    def is_free(self) -> bool:
        """Whether the lease was given back."""
        return standing(KEY, self.files).is_free

    def took(self, epoch: int) -> None:
        """A worker has it."""
        assert epoch > self.epoch
        self.epoch = epoch


@dataclass(frozen=True)
class _Clock:
    """The clock of one machine."""

    world: World
    offset: float
    rate: float

    def __call__(self) -> float:
        return self.offset + self.world.now * self.rate


@dataclass
class Worker:
    """A process that takes the lease, and keeps it until it loses it or gives it back."""

    world: World
    name: str
    seconds: float
    now: _Clock
    taken: Taken | None = None
    is_over: bool = False
    waits_for: Call = field(init=False)

    def __post_init__(self) -> None:
        self._run(self._life())

    @property
    def holds(self) -> bool:
        """Whether it may send."""
        return self.taken is not None and self.taken.tenure.holds(self.now())

    @property
    def can_go_on(self) -> bool:
        """Whether what it waits for can come now: all but time that has not passed."""
        return self.waits_for.verb != "rest" or self.now() >= self.waits_for.until

    def act(self, pace: Pace) -> None:
        """Fare so, for a moment."""
        match pace:
            case Pace.PROMPT:
                while self.can_go_on and not self.is_over:
                    self.go_on()
            case Pace.SLOW | Pace.STUCK:
                if self.waits_for.verb == "rest" and self.can_go_on:
                    self.go_on()
                if pace is Pace.SLOW:
                    self.world.perform(self.waits_for)
            case Pace.LOSING:
                self.lose()
            case Pace.ONE:
                self.go_on()
            case Pace.FROZEN:
                pass

    def go_on(self) -> None:
        """What it waits for comes; a call whose time is over ends without it, if its answer is not there by then."""
        call = self.waits_for
        if call.verb != "rest" and not call.is_done and self.now() >= call.until:
            self._abandon()
            self._resume(error=TimeoutError())
        elif self.can_go_on:
            self.world.perform(call)
            self._resume(call.result)

    def lose(self) -> None:
        """The place answers with an error; what was asked for may still be done."""
        if self.waits_for.verb != "rest":
            self._abandon()
            self._resume(error=CheckpointUnusable("place", "it does not answer"))

    def crash(self) -> None:
        """It is no more, but for what is under way."""
        self._abandon()
        self._coroutine.close()
        self.taken, self.is_over = None, True

    def give_back(self) -> None:
        """Stop giving signs, and give the lease back."""
        if self.taken is not None and self.holds:
            self._abandon()
            self._coroutine.close()
            self._run(give_back(cast("Any", self), self.taken))

    def _abandon(self) -> None:
        if not self.waits_for.is_done and self.waits_for.verb != "rest":
            self.world.late.append(self.waits_for)

    def _run(self, coroutine: Coroutine[Call, Any, object]) -> None:
        self._coroutine = coroutine
        self._resume()

    def _resume(self, result: object = None, error: Exception | None = None) -> None:
        try:
            self.waits_for = (
                self._coroutine.throw(error) if error is not None else self._coroutine.send(result)
            )
        except StopIteration:
            self.is_over = True
        except CheckpointUnusable:
            self.is_over = True

    async def _life(self) -> None:
        claim = Claim(mark=self.name, holder=self.name, seconds=self.seconds, at="")
        self.taken = await Taking(cast("Any", self), [KEY], Names(KEY, 0).prefixes, claim).taken()
        self.world.took(self.taken.names.epoch)
        await keep(cast("Any", self), self.taken)
        assert not self.holds

    async def rest(self, seconds: float) -> None:
        await Call("rest", until=self.now() + seconds)

    async def wait(self, _: Held, seconds: float) -> None:
        await self.rest(seconds)

    async def read(self, key: str, until: float = inf) -> bytes | None:
        return cast("bytes | None", await Call("read", (key,), until))

    async def create(self, key: str, content: bytes, until: float = inf) -> bool:
        return cast("bool", await Call("create", (key, content), until))

    async def replace(self, key: str, content: bytes, until: float = inf) -> None:
        await Call("replace", (key, content), until)

    async def remove(self, key: str, until: float = inf) -> None:
        await Call("remove", (key,), until)

    async def names(self, prefix: str, until: float = inf) -> Sequence[str]:
        return cast("Sequence[str]", await Call("names", (prefix,), until))
