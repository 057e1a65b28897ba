"""In which order things happen between a pool and a server, whatever the server says."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    Refuse,
    Stop,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import BulkImporterError, ExitCode, ServerUnavailable
from bulk_importer.events import BatchSealed, Event, OutageBegan, OutageEnded, RetryScheduled
from bulk_importer.model import Batch, Limits, Rejection
from bulk_importer.packing import Pool
from bulk_importer.transfer.adaptive.gate import Bounds
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.build import Sending
from bulk_importer.transfer.interfaces import Ports
from bulk_importer.transfer.isolation.parts import Refused
from bulk_importer.transfer.options import SendOptions
from bulk_importer.transfer.stop import StopSwitch
from support.around.simulated_time import run_in_simulated_time
from support.entries import run_of
from support.sending import Diary

Answering = Callable[[list[int]], Awaitable[Verdict]]
REFUSAL = Refuse("ex_gen_wrong_entry_id", ("x",), "refused")
CONFLICT = Again(Cause.CONFLICT, "ex_system")
ENDLESS = Again(Cause.GARBLED, "the request did not arrive whole")
TOO_LARGE = Again(Cause.TOO_LARGE, "status 413")
AWAY = Again(Cause.UNREACHABLE, "the connection was refused")
HARDLY_ANY = (
    RetryPolicy(base_seconds=0.0001),
    BreakerPolicy(first_interval_seconds=0.0001, max_outage_seconds=0.25),
)

HOUR = 3600.0


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
        loop = asyncio.get_running_loop()
        self._sending = Sending(
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
            self.stop,
            Timing(loop.time, self.stop.sleep, jitter=lambda: 0.5),
        )
        self.dispatcher = self._sending.dispatcher

    @property
    def learnt_max_bytes(self) -> int | None:
        """What the next run would be told about the size of bodies."""
        return self._sending.remembered().max_bytes

    async def run(self) -> None:
        """Send everything; nothing is under way when this returns."""
        await self.pool.put(run_of(self._lanes))
        self.pool.close()
        try:
            await self.dispatcher.run()
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


async def test_entries_of_one_media_leave_one_after_the_other() -> None:
    """The outcome of the first is on record before the second leaves, although eight may be in flight."""
    world = World("aaaa", refusing(), entries=1, in_flight=8)
    await world.run()
    expected = [(what, (at,)) for at in range(4) for what in ("sent", "delivered")]
    assert world.diary.lines == expected


async def test_what_is_put_into_the_pool_while_it_waits_leaves() -> None:
    """Whoever feeds the pool knows nothing of who empties it."""
    world = World("ab", refusing(), entries=1)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(world.dispatcher.run())
        await asyncio.sleep(0.001)
        await world.pool.put(run_of("ab"))
        while len(world.diary.of("delivered")) < 2:
            await asyncio.sleep(0.001)
        world.pool.close()


async def test_a_refused_batch_is_taken_apart_in_order() -> None:
    """Two of one media in it never overtake each other, and only the culprit is rejected."""
    world = World("abab", refusing(1), entries=4)
    await world.run()
    assert world.diary.of("rejected") == [1]
    assert world.diary.of("delivered") == [0, 2, 3]
    assert [positions for positions in world.sent if 2 in positions and 0 in positions] == [[0, 1, 2, 3]]


async def test_parts_are_sealed_where_people_can_see_it() -> None:
    """Every request has its event, with a number of its own."""
    world = World("abcd", refusing(3), entries=4)
    await world.run()
    sealed = [event.batch for event in world.events if isinstance(event, BatchSealed)]
    assert len(sealed) == len(set(sealed)) == len(world.sent)


async def test_entries_that_the_server_names_are_left_out_at_once() -> None:
    """The others go once more, together."""
    named = AgainInPart({1: {"/labels": ("no",)}, 2: {"": ("no",)}}, "2 errors")
    world = World("abcd", scripted(named), entries=4)
    await world.run()
    assert world.diary.of("rejected") == [1, 2]
    assert world.sent == [[0, 1, 2, 3], [0, 3]]


async def test_a_stop_in_the_middle_of_taking_apart_leaves_the_rest_owed() -> None:
    """Nothing leaves any more, and everything that had left has its outcome on record."""
    parts = 0

    async def answer(positions: list[int]) -> Verdict:
        nonlocal parts
        parts += 1
        if parts == 2:
            world.stop.request("enough", ExitCode.TERMINATED)
        return REFUSAL

    world = World("abcdefgh", answer, entries=8)
    await world.run()
    assert len(world.sent) == 2
    assert not world.diary.of("delivered")
    assert not world.diary.of("rejected")


async def test_after_a_stop_nothing_new_leaves_and_what_is_in_flight_lands() -> None:
    """The batches that were on their way are delivered; the others were never on record as sent."""

    async def answer(positions: list[int]) -> Verdict:
        world.stop.request("enough", ExitCode.TERMINATED)
        await asyncio.sleep(0.01)
        return Accept()

    world = World("abcdefgh", answer, entries=1, in_flight=2)
    await world.run()
    assert set(world.diary.of("sent")) >= set(world.diary.of("delivered"))
    assert len(world.diary.of("delivered")) == len(world.sent) <= 2


async def test_what_is_too_large_is_packed_smaller_for_the_rest_of_the_run() -> None:
    """Nothing is rejected for it, and a later 413 on a larger body does not undo what was learnt."""

    async def answer(positions: list[int]) -> Verdict:
        return TOO_LARGE if len(positions) > 2 else Accept()

    world = World("abcdefghij", answer, entries=8)
    await world.run()
    assert sorted(world.diary.of("delivered")) == list(range(10))
    assert world.learnt_max_bytes is not None
    assert [len(each) for each in world.sent[:2]] == [8, 3]
    assert max(len(each) for each in world.sent[2:]) <= 2


async def test_two_that_are_too_large_at_once_leave_the_smaller_limit() -> None:
    """Whichever of them is told of first."""
    released = asyncio.Event()

    async def answer(positions: list[int]) -> Verdict:
        if len(positions) == 4:
            await released.wait()
            return TOO_LARGE
        if len(positions) == 2:
            released.set()
            return TOO_LARGE
        return Accept()

    world = World("abcdef", answer, entries=4, in_flight=2)
    await world.run()
    assert world.learnt_max_bytes == len("[4,5]") // 2


async def test_a_single_entry_that_is_too_large_is_rejected() -> None:
    """The limit of the others stays as it is."""
    world = World("ab", refusing(0, verdict=TOO_LARGE), entries=1)
    await world.run()
    assert world.diary.of("rejected") == [0]
    assert world.learnt_max_bytes is None


async def test_a_part_that_is_too_large_is_split_and_not_mixed_with_others() -> None:
    """A suspect keeps its group; with one slot the others go on while it waits."""
    said = [CONFLICT, TOO_LARGE]

    async def answer(positions: list[int]) -> Verdict:
        return said.pop(0) if positions == [0, 1, 2, 3] and said else Accept()

    world = World("abcdef", answer, entries=4)
    await world.run()
    assert sorted(world.diary.of("delivered")) == list(range(6))
    assert world.sent == [[0, 1, 2, 3], [4, 5], [0, 1, 2, 3], [0, 1], [2, 3]]


async def test_a_deadlock_goes_again_and_is_split_the_second_time() -> None:
    """Nobody is blamed for it."""
    world = World("abcd", scripted(CONFLICT, CONFLICT), entries=4)
    await world.run()
    assert world.sent == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1], [2, 3]]
    assert world.diary.of("delivered") == [0, 1, 2, 3]


async def test_an_entry_that_always_deadlocks_is_refused_only_after_failing_alone() -> None:
    """As often as the policy says, with nothing else in flight."""
    on_road = 0
    beside: list[int] = []

    async def answer(positions: list[int]) -> Verdict:
        nonlocal on_road
        on_road += 1
        if positions == [0]:
            beside.append(on_road)
        await asyncio.sleep(0.001)
        on_road -= 1
        return CONFLICT if 0 in positions else Accept()

    world = World("abcdefghijkl", answer, entries=1, in_flight=4)
    await world.run()
    assert world.diary.of("rejected") == [0]
    assert beside[-2:] == [1, 1]


async def test_a_lost_answer_shuts_its_media_and_nothing_else() -> None:
    """What comes after it for the same media stays owed, unsent."""
    world = World("abab", scripted(InDoubt(Cause.DISCONNECTED, "lost")), entries=1)
    await world.run()
    assert world.diary.of("in doubt") == [0]
    assert world.diary.of("delivered") == [1, 3]
    assert 2 not in world.diary.of("sent")


async def test_a_lost_answer_in_the_middle_of_taking_apart_leaves_the_rest_to_be_sent() -> None:
    """Entries of other media go again; those behind the doubt do not."""
    world = World("abac", scripted(REFUSAL, InDoubt(Cause.DISCONNECTED, "lost")), entries=4)
    await world.run()
    assert world.diary.of("in doubt") == [0, 1]
    assert world.diary.of("delivered") == [3]


async def test_what_passes_is_sent_again_and_people_are_told() -> None:
    """The same batch, with the record that it left before each time."""
    world = World("ab", scripted(Again(Cause.UNAVAILABLE, "503")), entries=2)
    await world.run()
    assert world.diary.lines == [("sent", (0, 1))] * 2 + [("delivered", (0, 1))]
    assert [event.reason for event in world.events if isinstance(event, RetryScheduled)] == ["503"]


async def test_in_an_outage_batches_are_given_back_and_leave_when_it_is_over() -> None:
    """Everything arrives once; while it lasts nothing is on record as under way but the one that tries."""
    away = [Again(Cause.UNREACHABLE, "refused")] * 6
    world = World("abcdefgh", scripted(*away), entries=1, in_flight=4)
    await world.run()
    assert sorted(world.diary.of("delivered")) == list(range(8))
    assert world.diary.of("owed")


async def test_an_outage_in_the_middle_of_taking_apart_costs_nothing_that_was_learnt() -> None:
    """One culprit among eight costs eight requests at most, however often the server is away in between."""
    answered: list[list[int]] = []
    failures = 0

    async def answer(positions: list[int]) -> Verdict:
        nonlocal failures
        failures += 1
        if failures % 5:  # four times away before each answer
            return Again(Cause.UNREACHABLE, "refused")
        answered.append(positions)
        return Refuse("ex_gen_x", (), "no") if 5 in positions else Accept()

    world = World("abcdefgh", answer, entries=8)
    await world.run()
    assert answered == [[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [4, 5], [4], [5], [6, 7]]
    assert sorted(world.diary.of("delivered")) == [0, 1, 2, 3, 4, 6, 7]
    assert world.diary.of("rejected") == [5]


async def test_batches_that_are_taken_apart_take_turns_at_trying_a_server_that_was_away() -> None:
    """None waits for another for ever, and while it is away one at most is on its way."""
    tries: list[int] = []
    under_way = 0

    async def answer(positions: list[int]) -> Verdict:
        nonlocal under_way
        if len(positions) == 4:
            return Refuse("ex_gen_x", (), "no")
        if len(tries) == 12:
            return Refuse("ex_gen_x", (), "no") if positions[0] % 2 else Accept()
        under_way += 1
        tries.append(under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return Again(Cause.UNREACHABLE, "refused")

    world = World("abcdefghijklmnop", answer, entries=4, in_flight=4)
    await world.run()
    assert sorted([*world.diary.of("delivered"), *world.diary.of("rejected")]) == list(range(16))
    assert tries[4:] == [1] * 8


def test_what_failed_while_the_server_failed_at_everything_does_not_count_against_an_entry() -> None:
    """A server without its database is an outage; that an entry deadlocks once afterwards condemns nobody."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        afterwards: list[Verdict] = [CONFLICT]

        def is_away() -> bool:
            return loop.time() < 600

        async def answer(positions: list[int]) -> Verdict:
            await asyncio.sleep(0.1)
            if is_away():
                return CONFLICT
            return afterwards.pop() if positions == [0] and afterwards else Accept()

        world = World(
            "ab", answer, entries=1, in_flight=2, is_away=is_away, patience=(RetryPolicy(), BreakerPolicy())
        )
        await world.run()
        assert any(isinstance(event, OutageBegan) for event in world.events)
        assert not afterwards
        assert sorted(world.diary.of("delivered")) == [0, 1]

    run_in_simulated_time(run())


async def test_a_stop_while_what_is_taken_apart_waits_for_the_server_leaves_it_owed() -> None:
    """At once, and with nothing on record as under way."""

    async def answer(positions: list[int]) -> Verdict:
        if len(world.sent) > 8:
            world.stop.request("enough", ExitCode.TERMINATED)
        return Refuse("ex_gen_x", (), "no") if len(world.sent) == 1 else Again(Cause.UNREACHABLE, "refused")

    world = World("abcd", answer, entries=4)
    await world.run()
    assert not world.diary.of("delivered")
    assert not world.diary.of("rejected")


def test_a_run_outlives_three_hours_without_a_server_and_ends_by_itself() -> None:
    """With the waits of the real program: what was being taken apart goes on, and everything is settled once."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        began, ended = 2.5, 2.5 + 3 * HOUR
        asked = Counter[bool]()

        def is_away() -> bool:
            return began <= loop.time() < ended

        async def answer(positions: list[int]) -> Verdict:
            asked[is_away()] += 1
            if is_away():
                return AWAY
            await asyncio.sleep(1.0)
            return REFUSAL if 1 in positions else Accept()

        world = World(
            "abcdefghijklmnopqrstuvwxyz",
            answer,
            entries=4,
            in_flight=2,
            is_away=is_away,
            patience=(RetryPolicy(), BreakerPolicy(max_outage_seconds=4 * HOUR)),
        )
        await world.run()
        assert sorted([*world.diary.of("delivered"), *world.diary.of("rejected")]) == list(range(26))
        assert world.diary.of("rejected") == [1]
        assert ended < loop.time() < ended + 120
        assert asked[True] < 40, "batches are not what asks whether a server is back"
        assert [type(event) for event in world.events if isinstance(event, OutageBegan | OutageEnded)] == [
            OutageBegan,
            OutageEnded,
        ]

    run_in_simulated_time(run())


async def test_an_outage_that_lasts_too_long_ends_the_run() -> None:
    """With the last thing that was said, and everything owed."""

    async def answer(positions: list[int]) -> Verdict:
        return Again(Cause.UNREACHABLE, "the connection was refused")

    world = World("abcd", answer, entries=1, in_flight=2)
    with pytest.raises(ServerUnavailable, match="refused"):
        await world.run()
    assert world.stop.exit_code is ExitCode.SERVER
    assert not world.diary.of("delivered")


async def test_a_server_that_will_have_nothing_ends_the_run_and_the_others_land() -> None:
    """A refused token concerns all; what is on its way meanwhile is not given up."""

    async def answer(positions: list[int]) -> Verdict:
        if positions == [0]:
            while [1] not in world.sent:
                await asyncio.sleep(0)
            return Stop(StopKind.NOT_AUTHORISED, "ex_forbidden")
        await asyncio.sleep(0.01)
        return Accept()

    world = World("abcd", answer, entries=1, in_flight=2)
    with pytest.raises(ServerUnavailable, match="ex_forbidden"):
        await world.run()
    assert world.diary.of("delivered") == [1]
    assert world.diary.of("owed") == [0]


FORBIDDEN = TurnedAway(StopKind.NOT_AUTHORISED, "status 403, a page of HTML")
BUSY = Again(Cause.UNAVAILABLE, "status 503, a page of HTML")
LOST = InDoubt(Cause.DISCONNECTED, "the connection broke before an answer came")
TOLD_IN_NOBODYS_WORDS = [
    FORBIDDEN,
    TurnedAway(StopKind.NOT_DATAGYM, "status 400"),
    BUSY,
    Again(Cause.THROTTLED, "status 429"),
    Again(Cause.DISCONNECTED, "the connection broke before the whole request was sent"),
    Again(Cause.TIMED_OUT, "it did not take the whole request in time"),
]


@pytest.mark.parametrize("verdict", TOLD_IN_NOBODYS_WORDS, ids=lambda verdict: verdict.reason)
@pytest.mark.parametrize("in_flight", [1, 4])
async def test_what_nobodys_words_refuse_while_others_pass_costs_one_entry(
    verdict: Verdict, in_flight: int
) -> None:
    """A firewall dislikes one text: its entry is rejected, and all others arrive."""
    world = World("abcdefghijklmnopqrstuvwx", refusing(13, verdict=verdict), entries=8, in_flight=in_flight)
    await world.run()
    assert world.diary.of("rejected") == [13]
    assert sorted(world.diary.of("delivered")) == [each for each in range(24) if each != 13]
    assert len(world.sent) <= 3 + 2 * 3 * 3 + 6, "three levels of halves, three tries each, and six alone"


async def test_the_only_entry_that_is_disliked_is_rejected_although_nothing_else_is_there_to_show_it() -> (
    None
):
    """An upload of nothing shows that uploads pass."""
    world = World("a", refusing(0, verdict=FORBIDDEN), entries=1)
    await world.run()
    assert world.diary.of("rejected") == [0]
    assert world.looks


async def test_what_refuses_everything_in_nobodys_words_ends_the_run_after_a_few_tries() -> None:
    """A gateway that wants another token: nothing passes, and waiting changes nothing."""

    async def answer(positions: list[int]) -> Verdict:
        return FORBIDDEN

    world = World("abcdefghijkl", answer, entries=1, in_flight=2)
    world.nothing = FORBIDDEN
    with pytest.raises(ServerUnavailable, match="403"):
        await world.run()
    assert len(world.sent) <= 5
    assert not world.diary.of("rejected")
    assert world.stop.exit_code is ExitCode.SERVER


async def test_a_gateway_that_dislikes_uploads_of_nothing_does_not_stop_what_it_lets_through() -> None:
    """As long as there are other uploads they show that something passes."""
    world = World("abcdefghijklmnopqrstuvwxyz", refusing(3, verdict=FORBIDDEN), entries=2, in_flight=2)
    world.nothing = FORBIDDEN
    await world.run()
    assert world.diary.of("rejected") == [3]
    assert len(world.diary.of("delivered")) == 25


async def test_in_an_outage_different_batches_try_in_turn() -> None:
    """The first one that failed does not try again and again while others could show that the server is back."""
    tried: list[int] = []

    async def answer(positions: list[int]) -> Verdict:
        tried.extend(positions)
        return BUSY if len(tried) < 12 or positions == [0] else Accept()

    async def busy(positions: list[int]) -> Verdict:
        return BUSY

    world = World("abcdefghijkl", answer, entries=1, rehearsing=busy)
    world.nothing = BUSY
    with pytest.raises(ServerUnavailable):
        await (
            world.run()
        )  # what is left at the end is the one that nobody's words refuse, and no other upload passes
    assert len(set(tried[:8])) >= 4
    assert sorted(world.diary.of("delivered")) == list(range(1, 12))


async def test_a_lost_answer_that_is_about_one_entry_is_explained_at_once() -> None:
    """By rehearsals, which cannot be executed: the batch stays in doubt, and the culprit is on record."""
    lost = refusing(5, verdict=LOST)
    world = World("abcdefghijkl", lost, entries=4, rehearsing=lost)
    await world.run()
    assert world.diary.of("in doubt") == [4, 5, 6, 7]
    assert world.diary.of("condemned") == [5]
    assert not world.diary.of("suspected")
    assert sorted(world.diary.of("delivered")) == [0, 1, 2, 3, 8, 9, 10, 11]


async def test_a_lost_answer_that_rehearsals_do_not_explain_is_remembered() -> None:
    """The request is too much for the server, or it was chance: next time it goes in parts."""
    world = World("abcdefgh", refusing(5, verdict=LOST), entries=4)
    await world.run()
    assert world.diary.of("suspected") == [4, 5, 6, 7]
    assert not world.diary.of("condemned")


async def test_a_gateway_that_asks_for_less_during_rehearsals_condemns_nobody() -> None:
    """Every other request is too much for it: what is rehearsed is told so each time, and looks pass."""
    refused = 0

    async def answer(positions: list[int]) -> Verdict:
        nonlocal refused
        if positions == [0]:
            return Accept()  # what looks are made with
        refused += 1
        return Again(Cause.THROTTLED, "status 429") if refused % 6 else Accept()

    world = World("abcdefgh", scripted(Accept(), LOST), entries=1, rehearsing=answer)
    await world.run()
    assert world.diary.of("in doubt") == [1]
    assert not world.diary.of("condemned")


async def test_answers_that_are_lost_because_the_server_is_gone_suspect_nobody() -> None:
    """Nothing passes."""
    world = World("abcdefgh", scripted(*[LOST] * 3), entries=1)
    world.nothing = LOST
    with pytest.raises(ServerUnavailable):
        await world.run()
    assert not world.diary.of("suspected")
    assert not world.rehearsed


@pytest.mark.parametrize("nothing", [LOST, REFUSAL], ids=["nothing passes", "only uploads of nothing pass"])
@pytest.mark.parametrize("in_flight", [1, 2, 8])
async def test_no_more_is_lost_in_a_row_than_what_was_in_flight_and_three(
    nothing: Verdict, in_flight: int
) -> None:
    """From some moment on every upload gets an answer that nobody understands."""
    sent = 0

    async def answer(positions: list[int]) -> Verdict:
        nonlocal sent
        sent += 1
        await asyncio.sleep(0)
        return LOST if sent > 20 else Accept()

    lanes = [chr(letter) for letter in range(0x4E00, 0x4E00 + 300)]
    world = World("".join(lanes), answer, entries=1, in_flight=in_flight)
    world.nothing = nothing
    with pytest.raises(ServerUnavailable, match="broke"):
        await world.run()
    assert len(world.diary.of("in doubt")) <= in_flight + 3


async def test_bodies_that_are_reset_for_their_size_are_made_smaller() -> None:
    """All that is in them passes in parts, so it is about the size, which is remembered as after a 413."""

    async def answer(positions: list[int]) -> Verdict:
        return Again(Cause.DISCONNECTED, "broken pipe") if len(positions) > 2 else Accept()

    world = World("abcdefghijklmnop", answer, entries=8)
    await world.run()
    assert len(world.diary.of("delivered")) == 16
    assert not world.diary.of("rejected")
    assert world.learnt_max_bytes is not None
    assert world.learnt_max_bytes < len("[0,1,2,3,4,5,6,7]")
