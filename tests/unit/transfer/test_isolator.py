"""What was refused is taken apart until its culprits are found, and nothing else is lost by it."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    InDoubt,
    Refuse,
    StopKind,
    TurnedAway,
    Verdict,
)
from bulk_importer.errors import ExitCode, ServerUnavailable
from bulk_importer.events import BatchSealed, OutageBegan, OutageEnded
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from support.around.simulated_time import in_simulated_time, run_in_simulated_time
from support.sending import AWAY, BUSY, FORBIDDEN, REFUSAL, TOO_LARGE, World, refusing, scripted

CONFLICT = Again(Cause.CONFLICT, "ex_system")
HOUR = 3600.0
IN_NOBODYS_WORDS = [
    FORBIDDEN,
    TurnedAway(StopKind.NOT_DATAGYM, "status 400"),
    BUSY,
    Again(Cause.THROTTLED, "status 429"),
    Again(Cause.DISCONNECTED, "the connection broke before the whole request was sent"),
    Again(Cause.TIMED_OUT, "it did not take the whole request in time"),
]


@in_simulated_time
async def test_a_refused_batch_is_taken_apart_in_order() -> None:
    """Two of one media in it never overtake each other, and only the culprit is rejected."""
    world = World("abab", refusing(1), entries=4)
    await world.run()
    assert world.diary.of("rejected") == [1]
    assert world.diary.of("delivered") == [0, 2, 3]
    assert [positions for positions in world.sent if 2 in positions and 0 in positions] == [[0, 1, 2, 3]]


@in_simulated_time
async def test_parts_are_sealed_where_people_can_see_it() -> None:
    """Every request has its event, with a number of its own."""
    world = World("abcd", refusing(3), entries=4)
    await world.run()
    sealed = [event.batch for event in world.events if isinstance(event, BatchSealed)]
    assert len(sealed) == len(set(sealed)) == len(world.sent)


@in_simulated_time
async def test_entries_that_the_server_names_are_left_out_at_once() -> None:
    """The others go once more, together."""
    named = AgainInPart({1: {"/labels": ("no",)}, 2: {"": ("no",)}}, "2 errors")
    world = World("abcd", scripted(named), entries=4)
    await world.run()
    assert world.diary.of("rejected") == [1, 2]
    assert world.sent == [[0, 1, 2, 3], [0, 3]]


@in_simulated_time
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


@in_simulated_time
async def test_a_single_entry_that_is_too_large_is_rejected() -> None:
    """The limit of the others stays as it is."""
    world = World("ab", refusing(0, verdict=TOO_LARGE), entries=1)
    await world.run()
    assert world.diary.of("rejected") == [0]
    assert world.learnt_max_bytes is None


@in_simulated_time
async def test_a_part_that_is_too_large_is_split_and_not_mixed_with_others() -> None:
    """A suspect keeps its group; with one slot the others go on while it waits."""
    said = [CONFLICT, TOO_LARGE]

    async def answer(positions: list[int]) -> Verdict:
        return said.pop(0) if positions == [0, 1, 2, 3] and said else Accept()

    world = World("abcdef", answer, entries=4)
    await world.run()
    assert sorted(world.diary.of("delivered")) == list(range(6))
    assert world.sent == [[0, 1, 2, 3], [4, 5], [0, 1, 2, 3], [0, 1], [2, 3]]


@in_simulated_time
async def test_a_deadlock_goes_again_and_is_split_the_second_time() -> None:
    """Nobody is blamed for it."""
    world = World("abcd", scripted(CONFLICT, CONFLICT), entries=4)
    await world.run()
    assert world.sent == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1], [2, 3]]
    assert world.diary.of("delivered") == [0, 1, 2, 3]


@in_simulated_time
async def test_an_entry_that_always_deadlocks_is_refused_only_after_failing_alone() -> None:
    """As often as the policy says, with nothing else in flight."""
    in_flight = 0
    beside: list[int] = []

    async def answer(positions: list[int]) -> Verdict:
        nonlocal in_flight
        in_flight += 1
        if positions == [0]:
            beside.append(in_flight)
        await asyncio.sleep(0.001)
        in_flight -= 1
        return CONFLICT if 0 in positions else Accept()

    world = World("abcdefghijkl", answer, entries=1, in_flight=4)
    await world.run()
    assert world.diary.of("rejected") == [0]
    assert beside[-2:] == [1, 1]


@in_simulated_time
async def test_a_lost_answer_in_the_middle_of_taking_apart_leaves_the_rest_to_be_sent() -> None:
    """Entries of other media go again; those behind the doubt do not."""
    world = World("abac", scripted(REFUSAL, InDoubt(Cause.DISCONNECTED, "lost")), entries=4)
    await world.run()
    assert world.diary.of("in doubt") == [0, 1]
    assert world.diary.of("delivered") == [3]


@in_simulated_time
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


@in_simulated_time
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


def test_what_left_before_an_entry_began_to_fail_shows_nothing_about_the_server() -> None:
    """Its acceptance comes late, when the database that took it is gone."""

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def is_away() -> bool:
            return 0.05 < loop.time() < 600

        async def answer(positions: list[int]) -> Verdict:
            if positions == [0]:
                await asyncio.sleep(0.3)
                return Accept()
            await asyncio.sleep(0.1)
            return CONFLICT if is_away() else Accept()

        world = World(
            "ab", answer, entries=1, in_flight=2, is_away=is_away, patience=(RetryPolicy(), BreakerPolicy())
        )
        await world.run()
        assert world.sent[0] == [0]
        assert sorted(world.diary.of("delivered")) == [0, 1]

    run_in_simulated_time(run())


def test_what_was_accepted_before_an_entry_failed_alone_shows_nothing_about_the_server() -> None:
    """It met others in a deadlock while these were accepted; then the database cannot be written for an hour."""

    async def run() -> None:
        loop = asyncio.get_running_loop()

        async def answer(positions: list[int]) -> Verdict:
            began = loop.time()
            await asyncio.sleep(0.1)
            return CONFLICT if (positions == [0] and began < HOUR) or 0.8 < began < HOUR else Accept()

        lanes = "".join(map(chr, range(0x4E00, 0x4E00 + 100)))
        patience = RetryPolicy(), BreakerPolicy(max_outage_seconds=2 * HOUR)
        world = World(lanes, answer, entries=1, in_flight=2, patience=patience)
        await world.run()
        assert not world.diary.of("rejected")
        assert sorted(world.diary.of("delivered")) == list(range(100))

    run_in_simulated_time(run())


async def test_a_stop_does_not_make_the_last_one_of_an_entry() -> None:
    """What was not read because of it could have shown that it is the server."""

    async def answer(positions: list[int]) -> Verdict:
        if len(world.sent) == 4:
            world.stop.request("enough", ExitCode.TERMINATED)
        return CONFLICT

    world = World("a", answer, entries=1)
    await world.run()
    assert world.sent == [[0]] * 4
    assert not world.diary.of("rejected")


@pytest.mark.parametrize("began", [0.0, 1.0], ids=["from the beginning", "in the middle"])
def test_a_database_that_can_be_read_and_not_written_condemns_nobody_while_more_is_to_come(
    began: float,
) -> None:
    """Its disk is full for an hour: the run waits, and then everything arrives."""

    async def run() -> None:
        loop = asyncio.get_running_loop()

        async def answer(positions: list[int]) -> Verdict:
            await asyncio.sleep(0.1)
            return CONFLICT if began < loop.time() < HOUR else Accept()

        lanes = "".join(map(chr, range(0x4E00, 0x4E00 + 100)))
        patience = RetryPolicy(), BreakerPolicy(max_outage_seconds=2 * HOUR)
        world = World(lanes, answer, entries=1, in_flight=2, patience=patience)
        await world.run()
        said = [event.reason for event in world.events if isinstance(event, OutageBegan)]
        assert said == ["it answers uploads with ex_system; its log says why"]
        assert not world.diary.of("rejected")
        assert sorted(world.diary.of("delivered")) == list(range(100))
        assert len(world.sent) < 400

    run_in_simulated_time(run())


def test_a_database_that_stays_unwritable_ends_the_run_with_everything_owed() -> None:
    """After as long as an outage may last, with the words of its beginning."""

    async def run() -> None:
        async def answer(_: list[int]) -> Verdict:
            await asyncio.sleep(0.1)
            return CONFLICT

        lanes = "".join(map(chr, range(0x4E00, 0x4E00 + 100)))
        world = World(lanes, answer, entries=1, in_flight=2, patience=(RetryPolicy(), BreakerPolicy()))
        with pytest.raises(ServerUnavailable, match="it answers uploads with ex_system; its log says why"):
            await world.run()
        assert not world.diary.of("rejected")

    run_in_simulated_time(run())


@in_simulated_time
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


@pytest.mark.parametrize("verdict", IN_NOBODYS_WORDS, ids=lambda verdict: verdict.reason)
@pytest.mark.parametrize("in_flight", [1, 4])
@in_simulated_time
async def test_what_nobodys_words_refuse_while_others_pass_costs_one_entry(
    verdict: Verdict, in_flight: int
) -> None:
    """A firewall dislikes one text: its entry is rejected, and all others arrive."""
    world = World("abcdefghijklmnopqrstuvwx", refusing(13, verdict=verdict), entries=8, in_flight=in_flight)
    await world.run()
    assert world.diary.of("rejected") == [13]
    assert sorted(world.diary.of("delivered")) == [each for each in range(24) if each != 13]
    assert len(world.sent) <= 3 + 2 * 3 * 3 + 6, "three levels of halves, three tries each, and six alone"


@in_simulated_time
async def test_the_only_entry_that_is_disliked_is_rejected_although_nothing_else_is_there_to_show_it() -> (
    None
):
    """An upload of nothing shows that uploads pass."""
    world = World("a", refusing(0, verdict=FORBIDDEN), entries=1)
    await world.run()
    assert world.diary.of("rejected") == [0]
    assert world.looks


@in_simulated_time
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
