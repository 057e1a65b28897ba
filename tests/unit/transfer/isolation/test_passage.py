"""Whether other uploads pass says whom a failure is about: a request, its size, or the server."""

from __future__ import annotations

import asyncio

import pytest

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    Cause,
    InDoubt,
    Verdict,
)
from bulk_importer.errors import ServerUnavailable
from support.around.simulated_time import in_simulated_time
from support.sending import FORBIDDEN, REFUSAL, TOO_LARGE, World, refusing, scripted

LOST = InDoubt(Cause.DISCONNECTED, "the connection broke before an answer came")


@in_simulated_time
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


@in_simulated_time
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


@in_simulated_time
async def test_a_gateway_that_dislikes_uploads_of_nothing_does_not_stop_what_it_lets_through() -> None:
    """As long as there are other uploads they show that something passes."""
    world = World("abcdefghijklmnopqrstuvwxyz", refusing(3, verdict=FORBIDDEN), entries=2, in_flight=2)
    world.nothing = FORBIDDEN
    await world.run()
    assert world.diary.of("rejected") == [3]
    assert len(world.diary.of("delivered")) == 25


@in_simulated_time
async def test_a_lost_answer_that_is_about_one_entry_is_explained_at_once() -> None:
    """By rehearsals, which cannot be executed: the batch stays in doubt, and the culprit is on record."""
    lost = refusing(5, verdict=LOST)
    world = World("abcdefghijkl", lost, entries=4, rehearsing=lost)
    await world.run()
    assert world.diary.of("in doubt") == [4, 5, 6, 7]
    assert world.diary.of("condemned") == [5]
    assert not world.diary.of("suspected")
    assert sorted(world.diary.of("delivered")) == [0, 1, 2, 3, 8, 9, 10, 11]


@in_simulated_time
async def test_a_lost_answer_that_rehearsals_do_not_explain_is_remembered() -> None:
    """The request is too much for the server, or it was chance: next time it goes in parts."""
    world = World("abcdefgh", refusing(5, verdict=LOST), entries=4)
    await world.run()
    assert world.diary.of("suspected") == [4, 5, 6, 7]
    assert not world.diary.of("condemned")


@in_simulated_time
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


@in_simulated_time
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
@in_simulated_time
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


@in_simulated_time
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
