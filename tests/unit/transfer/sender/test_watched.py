"""Those who watch the server know each verdict before anything is done about it."""

from __future__ import annotations

from msgspec.structs import replace

from bulk_importer.datagym.answers.policy import RetryPolicy
from bulk_importer.datagym.answers.verdicts import Accept, Again, Cause, Verdict
from bulk_importer.datagym.timing import Backoff, Timing
from bulk_importer.packing import Pool
from bulk_importer.transfer.isolation.passage import Passage
from bulk_importer.transfer.sender.watched import Watched
from bulk_importer.transfer.stop import StopSwitch
from support.sending import BATCH, CONTEXT, ENDLESS, FORBIDDEN, FakeSender, admission_of


class HarmlessRequests:
    """A route that says the same to all that is sent to look."""

    def __init__(self, said: Verdict = ENDLESS) -> None:
        self.said = said

    async def upload_nothing(self) -> Verdict:
        return self.said

    async def rehearse(self, body: bytes) -> Verdict:
        return self.said

    async def is_working(self) -> bool:
        return True


def passage_of(harmless: HarmlessRequests | None = None) -> Passage:
    """One that has seen nothing yet, for bodies of ten bytes."""
    stop = StopSwitch()
    return Passage(
        harmless or HarmlessRequests(),
        seal=Pool(1).seal_again,
        backoff=Backoff(RetryPolicy(), Timing(lambda: 0.0, stop.sleep)),
        is_stopping=lambda: False,
        max_bytes=10,
    )


async def test_the_passage_knows_what_passes_and_since_when() -> None:
    """By the time at which the request left."""
    passage, breaker = passage_of(), admission_of(StopSwitch()).breaker
    await Watched(FakeSender(Accept()), passage, breaker).send(BATCH, replace(CONTEXT, left_at=5.0))
    assert passage.has_accepted_since(5.0)
    assert not passage.has_accepted_since(5.1)
    assert passage.has_passed_since(5.0)
    assert not passage.has_passed_since(5.1)


async def test_looks_are_disliked_where_uploads_pass_beside_and_no_look_ever_did() -> None:
    """What passed before the first look was turned away shows nothing; and once one has passed they are believed."""
    harmless = HarmlessRequests(FORBIDDEN)
    passage, breaker = passage_of(harmless), admission_of(StopSwitch()).breaker
    sender = Watched(FakeSender(Accept(), Accept()), passage, breaker)
    await sender.send(BATCH, replace(CONTEXT, left_at=-1.0))
    assert not passage.dislikes_looks(await passage.look(), -1.0)
    await sender.send(BATCH, replace(CONTEXT, left_at=5.0))
    assert passage.dislikes_looks(FORBIDDEN, -1.0)
    assert not passage.dislikes_looks(FORBIDDEN, 5.1)
    harmless.said = ENDLESS
    passage = passage_of(harmless)
    sender = Watched(FakeSender(Accept()), passage, breaker)
    await passage.look()
    await sender.send(BATCH, replace(CONTEXT, left_at=5.0))
    assert not passage.dislikes_looks(FORBIDDEN, 5.0)


async def test_the_breaker_opens_at_a_sign_of_an_outage() -> None:
    """Before whoever sent the batch hears of it."""
    breaker = admission_of(StopSwitch()).breaker
    away = Again(Cause.UNREACHABLE, "refused")
    assert await Watched(FakeSender(away), passage_of(), breaker).send(BATCH, CONTEXT) == away
    assert not breaker.is_closed


async def test_a_body_that_is_too_large_makes_the_next_ones_smaller() -> None:
    """Unless it is one entry, or a part of what is taken apart: that may be too large for what is in it."""
    passage, breaker = passage_of(), admission_of(StopSwitch()).breaker
    too_large = Again(Cause.TOO_LARGE, "status 413")
    watched = Watched(FakeSender(too_large, too_large), passage, breaker)
    await watched.send(replace(BATCH, suspect=True), CONTEXT)
    assert passage.body_limit.bytes == 10
    await watched.send(BATCH, CONTEXT)
    assert passage.body_limit.bytes == len(BATCH.body) // 2
