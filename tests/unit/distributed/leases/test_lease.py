"""One holder at a time, in a real folder: it is lost with its time, taken over after it, and given back at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bulk_importer.distributed.leases.interfaces import Held
from bulk_importer.distributed.leases.lease import Lease, take
from bulk_importer.distributed.leases.waiting import Waiting
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.errors import CheckpointUnusable, ExitCode, Interrupted
from bulk_importer.machine.boot_clock import boot_seconds
from bulk_importer.transfer.stop import StopSwitch

KEY = "work/00017"
LONG, SHORT = 60.0, 0.4


class Stuck(FolderPlace):
    """A folder whose disk can hang, or refuse, when something is replaced."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.refuses = False
        self.refused, self.replaced = asyncio.Event(), asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def replace(self, key: str, content: bytes) -> None:
        self.may_go_on.wait()
        if self.refuses:
            self._loop.call_soon_threadsafe(self.refused.set)
            raise CheckpointUnusable(self.name, "the disk is full")
        super().replace(key, content)
        self._loop.call_soon_threadsafe(self.replaced.set)


@pytest.fixture
async def place(tmp_path: Path) -> Stuck:
    """The place of a plan."""
    return Stuck(tmp_path)


class Patience:
    """Notes who holds the lease, and gives up when `rounds` are over."""

    def __init__(self, rounds: int) -> None:
        self.seen: list[Held] = []
        self._rounds = rounds

    async def __call__(self, held: Held, seconds: float) -> None:
        self.seen.append(held)
        if len(self.seen) >= self._rounds:
            raise TimeoutError
        await asyncio.sleep(seconds)


class Loss:
    """Why a lease was lost."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._came = asyncio.Event()

    def __call__(self, reason: str) -> None:
        self.reasons.append(reason)
        self._came.set()

    async def came(self) -> None:
        """Return when it is known."""
        await self._came.wait()


class UnhurriedClock:
    """A clock that takes no notice of how long this process was not let run."""

    def __init__(self) -> None:
        self._now, self._read_at = 0.0, time.monotonic()

    def __call__(self) -> float:
        before, self._read_at = self._read_at, time.monotonic()
        self._now += min(self._read_at - before, 5 * SHORT / 4)
        return self._now


async def taken(
    place: FolderPlace, seconds: float = LONG, *, clock: Callable[[], float] = boot_seconds
) -> Lease:
    """The lease, where it is to be had at once."""
    return await take(place, KEY, holder="one", seconds=seconds, wait=Patience(1), clock=clock)


async def test_the_first_one_has_it_and_the_second_one_is_told_who(place: Stuck) -> None:
    """By the name that the holder gave, and since when."""
    first = await taken(place)
    assert (first.epoch, first.unbroken_since, first.holds()) == (1, 1, True)
    patience = Patience(2)
    with pytest.raises(TimeoutError):
        await take(place, KEY, holder="two", seconds=SHORT, wait=patience)
    held = patience.seen[-1]
    assert (held.key, held.epoch, held.holder, held.seconds) == (KEY, 1, "one", LONG)
    assert held.since


async def test_what_is_given_back_is_taken_at_once(place: Stuck) -> None:
    """The next holder learns since when nothing was lost."""
    first = await taken(place)
    async with first.kept():
        pass
    await first.give_back()
    assert not first.holds()
    second = await taken(place)
    await second.give_back()
    third = await taken(place)
    assert (third.epoch, third.unbroken_since) == (3, 1)


async def test_what_its_holder_left_is_taken_after_its_time(place: Stuck) -> None:
    """By the time that its holder gave it, and the next one learns that it was lost."""
    first = await taken(place, SHORT)
    second = await take(place, KEY, holder="two", seconds=LONG)
    assert not first.holds()
    assert (second.epoch, second.unbroken_since) == (2, 2)


async def test_a_holder_that_gives_signs_keeps_it(place: Stuck) -> None:
    """For longer than a sign holds, four of which are given in that time."""
    first = await taken(place, 5 * SHORT, clock=UnhurriedClock())
    async with first.kept(pytest.fail):
        with pytest.raises(TimeoutError):
            await take(place, KEY, holder="two", seconds=SHORT, wait=Patience(3))
        for _ in range(5):
            place.replaced.clear()
            await place.replaced.wait()
        with pytest.raises(TimeoutError):
            await take(place, KEY, holder="two", seconds=SHORT, wait=Patience(3))
        assert first.holds()


async def test_a_place_that_hangs_costs_the_lease_and_nothing_else(place: Stuck) -> None:
    """The event loop runs on, the holder knows in time, and what ends late after all changes nothing."""
    first, loss = await taken(place, SHORT), Loss()
    place.may_go_on.clear()
    async with first.kept(loss):
        await loss.came()
        assert not first.holds()
        place.may_go_on.set()
        await asyncio.sleep(SHORT)
        assert not first.holds()
    assert loss.reasons == ["it gave no sign of life for 0.4 s (the place does not answer)"]
    await first.give_back()
    assert not [name for name in place.names(KEY) if "free" in name], "what was lost is not given back"


async def test_a_place_that_refuses_is_asked_again_until_the_time_is_over(place: Stuck) -> None:
    """What it says stands in the reason."""
    first, loss = await taken(place, SHORT), Loss()
    place.refuses = True
    async with first.kept(loss):
        await loss.came()
    assert loss.reasons == ["it gave no sign of life for 0.4 s (the disk is full)"]


async def test_a_refusal_that_passes_costs_nothing(place: Stuck) -> None:
    """The sign is given a little later."""
    first = await taken(place, 10 * SHORT, clock=UnhurriedClock())
    place.refuses = True
    async with first.kept(pytest.fail):
        await place.refused.wait()
        place.refuses = False
        await place.replaced.wait()
        assert first.holds()


async def test_a_clock_that_stood_still_is_noticed_by_the_next_epoch(place: Stuck) -> None:
    """As that of a virtual machine that was suspended."""
    now, loss = [0.0], Loss()
    first = await take(place, KEY, holder="one", seconds=SHORT, clock=lambda: now[0])
    second = await take(place, KEY, holder="two", seconds=LONG)
    assert second.epoch == 2
    now[0] = SHORT / 2
    async with first.kept(loss):
        await loss.came()
    assert loss.reasons == ["another worker has taken it over"]
    assert not first.holds()


async def test_what_is_raised_while_it_is_kept_comes_out_as_it_is(place: Stuck) -> None:
    """And not in a group."""
    first = await taken(place)
    with pytest.raises(KeyError):
        async with first.kept():
            raise KeyError


async def test_waiting_says_once_who_has_it_and_ends_with_the_run(place: Stuck) -> None:
    """With the exit code of the signal."""
    await taken(place)
    stop, told = StopSwitch(), list[str]()

    def tell(held: Held) -> None:
        told.append(held.holder)
        asyncio.get_running_loop().call_later(0.2, stop.request, "SIGTERM", ExitCode.TERMINATED)

    with pytest.raises(Interrupted) as raised:
        await take(place, KEY, holder="two", seconds=SHORT, wait=Waiting(stop, tell))
    assert raised.value.exit_code is ExitCode.TERMINATED
    assert told == ["one"]


async def test_old_epochs_are_tidied_away(place: Stuck) -> None:
    """So that a lease that is often taken does not fill the place."""
    for epoch in range(1, 21):
        lease = await taken(place)
        assert lease.epoch == epoch
        async with lease.kept():
            while f"{KEY}/lease-{lease.epoch - 8:06d}" in place.names(KEY):
                await asyncio.sleep(0)
        await lease.give_back()
    assert len(place.names(KEY)) < 30


async def test_what_is_no_claim_is_not_taken_for_one(place: Stuck) -> None:
    """It is named, with what lets the next one have it, who believes nothing of it."""
    place.create(f"{KEY}/lease-000001", b"nonsense")
    with pytest.raises(
        CheckpointUnusable, match=f"{place.name} .*{KEY}/lease-000001, .* is not what was written"
    ) as told:
        await taken(place)
    assert f"put an empty file {KEY}/free-000001 there" in str(told.value)
    place.create(f"{KEY}/free-000001", b"")
    lease = await taken(place)
    assert (lease.epoch, lease.unbroken_since) == (2, 2)
