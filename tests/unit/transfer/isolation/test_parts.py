"""A refused batch is taken apart until only the culprits are left out, in few requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil, log2

import pytest

from bulk_importer.datagym.answers.verdicts import (
    Accept,
    Again,
    AgainInPart,
    Cause,
    Refuse,
    StopKind,
    TurnedAway,
)
from bulk_importer.transfer.isolation.parts import TURNED_AWAY, Isolation, Part, Settled

Judge = Callable[[Part], Accept | Again | AgainInPart | Refuse]
NO_TASK = Refuse("ex_gen_json_upload_not_found_task", (), "no task")


def semantic(culprits: Iterable[int]) -> Judge:
    """A server that refuses what holds a culprit, without saying which."""
    guilty = frozenset(culprits)
    return lambda part: NO_TASK if guilty.intersection(part.indexes) else Accept()


def schema(culprits: Iterable[int]) -> Judge:
    """A server that names the culprits by their index in the request."""
    guilty = frozenset(culprits)

    def judge(part: Part) -> Accept | AgainInPart:
        named = {at: {"/labels": ("no",)} for at, index in enumerate(part.indexes) if index in guilty}
        return AgainInPart(named, "Schema validation failed") if named else Accept()

    return judge


def take_apart(entries: int, judge: Judge, **policy: int) -> tuple[int, list[int], list[int]]:
    """Run an isolation to its end: requests after the first refusal, delivered and refused indexes in order."""
    isolation = Isolation(entries, **policy)
    requests, delivered, refused = -1, list[int](), list[int]()
    while (part := isolation.part) is not None:
        requests += 1
        settled = isolation.judged(judge(part))
        delivered += settled.delivered
        refused += [each.index for each in settled.refused]
    assert list(isolation.remaining()) == []
    return requests, delivered, refused


@pytest.mark.parametrize("entries", [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 50, 64, 100])
def test_one_culprit_costs_two_requests_a_level_at_most(entries: int) -> None:
    """Wherever it stands: at most 2·⌈log2 n⌉ + 2, and everybody else is delivered."""
    for culprit in range(entries):
        requests, delivered, refused = take_apart(entries, semantic([culprit]))
        assert requests <= 2 * ceil(log2(entries)) + 2
        assert refused == [culprit]
        assert delivered == [index for index in range(entries) if index != culprit]


def test_one_culprit_among_a_thousand_costs_about_fifteen_requests() -> None:
    """Half of the right halves need not be sent, because their guilt is known."""
    requests = [take_apart(1000, semantic([culprit]))[0] for culprit in range(0, 1000, 7)]
    assert max(requests) <= 20
    assert sum(requests) / len(requests) < 16


@pytest.mark.parametrize("culprits", [2, 4, 8, 16, 32, 64])
def test_several_culprits_share_the_work(culprits: int) -> None:
    """Far less than so many times the cost of one."""
    spread = range(0, 1024, 1024 // culprits)
    requests, _, refused = take_apart(1024, semantic(spread))
    assert refused == list(spread)
    assert requests <= culprits * (2 * ceil(log2(1024 / culprits)) + 2) + 2 * culprits
    assert requests < culprits * (2 * ceil(log2(1024)) + 2) * (0.9 if culprits < 8 else 0.8)


@pytest.mark.parametrize("culprits", [2, 8, 32])
def test_neighbours_share_nearly_all_of_the_work(culprits: int) -> None:
    """A stretch of bad entries costs the way down once and then about two requests an entry."""
    stretch = range(500, 500 + culprits)
    requests, _, refused = take_apart(1024, semantic(stretch))
    assert refused == list(stretch)
    assert requests <= 2 * 2 * ceil(log2(1024)) + 2 * culprits


def test_a_batch_of_nothing_but_culprits_costs_less_than_two_requests_an_entry() -> None:
    """The worst there is: a tree with a request at each node."""
    requests, delivered, refused = take_apart(256, semantic(range(256)))
    assert requests <= 2 * 256
    assert delivered == []
    assert refused == list(range(256))


def test_named_culprits_cost_one_request_together() -> None:
    """They are left out, and the rest goes once."""
    assert take_apart(100, schema([3, 50, 99])) == (
        1,
        [i for i in range(100) if i not in (3, 50, 99)],
        [3, 50, 99],
    )


def test_a_batch_whose_entries_are_all_named_needs_no_request() -> None:
    """There is no rest."""
    assert take_apart(3, schema([0, 1, 2])) == (0, [], [0, 1, 2])


def test_a_refused_entry_carries_the_server_s_words() -> None:
    """The key and params of its own refusal, not of the batch it came in."""
    isolation = Isolation(2)
    isolation.judged(Refuse("ex_gen_wrong_entry_id", ("bus",), "first"))
    (only,) = isolation.judged(Refuse("ex_gen_wrong_entry_id", ("truck",), "own")).refused
    assert (only.index, only.key, only.params) == (0, "ex_gen_wrong_entry_id", ("truck",))


def test_a_named_entry_carries_its_pointers() -> None:
    """They are what the finding is made of."""
    isolation = Isolation(3)
    settled = isolation.judged(AgainInPart({1: {"/keepData": ("no",)}}, "Schema validation failed"))
    assert [(each.index, dict(each.pointers)) for each in settled.refused] == [(1, {"/keepData": ("no",)})]
    assert isolation.remaining() == [0, 2]


def test_a_pointer_beside_the_request_is_not_believed() -> None:
    """A text about entries that were not sent condemns nobody; bisection finds the culprit."""
    isolation = Isolation(2)
    assert isolation.judged(AgainInPart({0: {"": ()}, 7: {"": ()}}, "Schema")).refused == ()
    assert isolation.part is not None
    assert list(isolation.part.indexes) == [0]


def test_guilt_by_inference_still_gets_a_hearing() -> None:
    """The last one left is sent alone, and may turn out innocent."""
    isolation = Isolation(2)
    isolation.judged(NO_TASK)
    isolation.judged(Accept())
    assert isolation.part is not None
    assert list(isolation.part.indexes) == [1]
    assert list(isolation.judged(Accept()).delivered) == [1]


def test_a_deadlock_sends_the_same_part_again_before_it_is_split() -> None:
    """Two failures, then halves; nobody is called refused."""
    isolation = Isolation(4, split_after=2)
    sent: list[Sequence[int]] = []
    script: list[Accept | Again] = [Again(Cause.CONFLICT, ""), Again(Cause.CONFLICT, ""), Accept(), Accept()]
    for verdict in script:
        assert isolation.part is not None
        sent.append(list(isolation.part.indexes))
        assert isolation.judged(verdict).refused == ()
    assert sent == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1], [2, 3]]
    assert isolation.part is None


def test_a_part_knows_how_often_it_failed() -> None:
    """The wait before it grows with that."""
    isolation = Isolation(1, split_after=2, alone_attempts=2)
    seen = []
    settled = Settled()
    while (part := isolation.part) is not None:
        seen.append((part.failures, part.alone))
        settled = isolation.judged(Again(Cause.CONFLICT, "ex_system"))
    assert seen == [(0, False), (1, False), (2, True), (3, True)]
    assert [(each.index, each.key) for each in settled.refused] == [(0, "ex_system")]


def test_a_permanent_crash_is_found_and_only_a_single_entry_alone_is_condemned() -> None:
    """An entry that makes the server fail with `ex_system` each time, among innocents."""
    alone_before: dict[int, int] = {}

    def judge(part: Part) -> Accept | Again:
        if 5 not in part.indexes:
            return Accept()
        if part.alone:
            alone_before[part.indexes[0]] = alone_before.get(part.indexes[0], 0) + 1
        return Again(Cause.CONFLICT, "ex_system")

    _, delivered, refused = take_apart(8, judge, split_after=2, alone_attempts=4)
    assert refused == [5]
    assert delivered == [0, 1, 2, 3, 4, 6, 7]
    assert alone_before == {5: 4}


def test_nobody_is_condemned_by_a_server_that_fails_at_everything() -> None:
    """Without its database it says `ex_system` to all; what counts is how often the entry fails when it works again."""
    isolation = Isolation(1, split_after=2, alone_attempts=2)
    for _ in range(50):
        assert isolation.judged(Again(Cause.CONFLICT, "ex_system"), server_works=False) == Settled()
    assert isolation.part is not None
    assert isolation.part.alone
    assert isolation.judged(Again(Cause.CONFLICT, "ex_system")) == Settled()
    (only,) = isolation.judged(Again(Cause.CONFLICT, "ex_system")).refused
    assert only.key == "ex_system"


def test_a_server_that_cannot_be_reached_says_nothing_about_the_part() -> None:
    """It is sent again as it is, as often as that takes."""
    isolation = Isolation(8)
    isolation.judged(NO_TASK)
    before = isolation.part
    for _ in range(50):
        isolation.judged(Again(Cause.UNREACHABLE, ""))
    assert isolation.part == before


@pytest.mark.parametrize("cause", [Cause.THROTTLED, Cause.UNAVAILABLE, Cause.DISCONNECTED, Cause.TIMED_OUT])
def test_what_passes_for_others_and_not_for_an_entry_condemns_it_after_it_failed_alone(cause: Cause) -> None:
    """As often as for a deadlock: what is said in nobody's words may be chance a few times."""
    isolation = Isolation(2, split_after=2, alone_attempts=2)
    said = Again(cause, "status 503, an empty body")
    for _ in range(2):
        assert isolation.judged(said) == Settled()
    assert isolation.judged(Accept()).delivered == range(1)
    for _ in range(3):
        assert isolation.judged(said) == Settled()
    (only,) = isolation.judged(said).refused
    assert (only.index, only.key, only.params) == (1, TURNED_AWAY, (said.reason,))


def test_what_failed_with_something_else_before_counts_anew() -> None:
    """A server that is started again says `ex_system` for a while, and then its gateway a page."""
    isolation = Isolation(1, split_after=2, alone_attempts=2)
    page, conflict = Again(Cause.UNAVAILABLE, "status 503"), Again(Cause.CONFLICT, "ex_system")
    forbidden = TurnedAway(StopKind.NOT_AUTHORISED, "status 403")
    story: list[Again | TurnedAway] = [
        *[conflict] * 3,
        *[page] * 3,
        *[conflict] * 3,
        forbidden,
        *[conflict] * 3,
    ]
    for verdict in story:
        assert not isolation.would_refuse(verdict)
        assert isolation.judged(verdict) == Settled()
    assert isolation.would_refuse(conflict)
    assert [each.key for each in isolation.judged(conflict).refused] == ["ex_system"]


def test_what_is_turned_away_is_bisected_and_condemned_alone() -> None:
    """Guilt is inferred on the way, as for refusals, and never condemns."""
    isolation = Isolation(8, alone_attempts=2)
    said = TurnedAway(StopKind.NOT_AUTHORISED, "status 403, an empty body")
    sent: list[list[int]] = []
    refused: list[int] = []
    while (part := isolation.part) is not None:
        sent.append(list(part.indexes))
        verdict = said if 5 in part.indexes else Accept()
        refused += [each.index for each in isolation.judged(verdict).refused]
    assert refused == [5]
    assert sent == [[*range(8)], [0, 1, 2, 3], [4, 5], [4], [5], [5], [6, 7]]


def test_what_failed_in_earlier_runs_is_split_sooner() -> None:
    """The tries before count."""
    isolation = Isolation(4, split_after=2, failures=1)
    isolation.judged(Again(Cause.UNAVAILABLE, "503"))
    assert isolation.part is not None
    assert list(isolation.part.indexes) == [0, 1]


def test_an_outage_between_the_halves_forgets_nothing() -> None:
    """The inference that the right half is guilty survives that."""
    isolation = Isolation(8)
    isolation.judged(NO_TASK)
    isolation.judged(Again(Cause.UNREACHABLE, "refused"))
    isolation.judged(Accept())
    assert isolation.part is not None
    assert list(isolation.part.indexes) == [4, 5]


def test_a_body_that_is_too_large_is_split_at_once() -> None:
    """And an entry that is too large by itself is refused."""

    def judge(part: Part) -> Accept | Again:
        return Again(Cause.TOO_LARGE, "413") if 3 in part.indexes or len(part.indexes) > 2 else Accept()

    requests, delivered, refused = take_apart(8, judge)
    assert (delivered, refused) == ([0, 1, 2, 4, 5, 6, 7], [3])
    assert requests <= 8


def test_what_is_not_settled_is_owed() -> None:
    """A doubt or a stop ends the isolation; `remaining` tells what the pool gets back."""
    isolation = Isolation(8)
    isolation.judged(NO_TASK)
    isolation.judged(Accept())
    assert list(isolation.remaining()) == [4, 5, 6, 7]


def test_an_empty_batch_has_no_parts() -> None:
    """Nothing to send, nothing owed."""
    assert Isolation(0).part is None
