"""Whatever happens to batches, the pool keeps the promises of order, and loses and doubles nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bulk_importer.model import Batch, EntryRun, Limits, Outcome
from bulk_importer.packing import Pool, Suspects
from bulk_importer.spans import Span, SpanSet
from support.entries import run_of
from support.profiles import examples

MEDIA = "abcd"
EACH_ITS_OWN = "efghijklmnopqrstuvwxyz"


def lettered(media: str, first: int) -> EntryRun:
    """A run of entries with these one-letter media."""
    positions = range(first, first + len(media))
    raws = [json.dumps([letter, at]).encode() for letter, at in zip(media, positions, strict=True)]
    return run_of(media, raws, positions=positions)


class PoolOrder(RuleBasedStateMachine):
    """Drives a pool beside a model that knows only the fate of each position."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = Pool(1 << 30)
        self.suspects = Suspects()
        self.media: list[str] = []
        self.settled: set[int] = set()
        self.doubted: set[str] = set()
        self.under_way: dict[int, tuple[Batch, list[int]]] = {}

    @initialize(groups=st.lists(st.sets(st.integers(0, 60), min_size=1, max_size=24), max_size=3))
    def keep_apart(self, groups: list[set[int]]) -> None:
        """Some entries failed in an earlier run."""
        seen: set[int] = set()
        disjoint: list[tuple[tuple[Span, ...], int]] = []
        for group in groups:
            disjoint.append((SpanSet.of(sorted(group - seen)).spans, len(disjoint) + 1))
            seen |= group
        self.suspects = Suspects(disjoint)
        self.pool = Pool(1 << 30, suspects=self.suspects)

    @rule(media=st.text(alphabet=MEDIA, min_size=1, max_size=12))
    def put(self, media: str) -> None:
        """A run comes in; the pool is wide enough not to block."""
        putting = self.pool.put(lettered(media, len(self.media)))
        try:
            putting.send(None)
        except StopIteration:
            self.media += media
        else:
            raise AssertionError("the pool blocked although there is room")

    @rule(media=st.text(alphabet=MEDIA, min_size=1, max_size=12), left=st.sets(st.integers(0, 11)))
    def put_with_holes(self, media: str, left: set[int]) -> None:
        """A run comes in of which some entries were rejected when they were read."""
        first = len(self.media)
        out = {at for at in left if at < len(media)}
        run = lettered(media, first).take([at for at in range(len(media)) if at not in out])
        with suppress(StopIteration):
            self.pool.put(run).send(None)
        self.media += media
        self.settled |= {first + at for at in out}

    @rule(letters=st.permutations(EACH_ITS_OWN), count=st.integers(1, 20))
    def put_each_once(self, letters: list[str], count: int) -> None:
        """A run comes in as they mostly are: no media twice."""
        self.put("".join(letters[:count]))

    @rule(entries=st.integers(1, 5))
    def seal(self, entries: int) -> None:
        """A batch is sealed: whole media runs in order, none of which is under way or in doubt."""
        batch = self.pool.seal(Limits(entries, 1 << 20, 1 << 20))
        if batch is None:
            return
        inside = [at for _, at in json.loads(batch.body)]
        busy = {self.media[at] for _, others in self.under_way.values() for at in others}
        assert len(inside) <= entries
        (part,) = {self.suspects.part_of(at) for at in inside}
        assert batch.suspect == (part > 0)
        assert batch.tries == self.suspects.tries(part)
        for at in inside:
            assert self.media[at] not in busy | self.doubted
            earlier = {other for other in range(at) if self.media[other] == self.media[at]}
            assert earlier <= self.settled | set(inside[: inside.index(at)]), (
                "an entry overtook another of its media"
            )
        self.under_way[batch.number] = (batch, inside)

    @precondition(lambda self: self.under_way)
    @rule(chosen=st.randoms(use_true_random=False), outcome=st.sampled_from(Outcome))
    def settle(self, chosen: Random, outcome: Outcome) -> None:
        """The outcome of a whole batch is known."""
        batch, inside = self.under_way.pop(chosen.choice(sorted(self.under_way)))
        if outcome is Outcome.IN_DOUBT:
            self.doubted |= {self.media[at] for at in inside}
        if outcome is not Outcome.OWED:
            self.settled |= set(inside)
        self.pool.settle(batch, outcome)

    @precondition(lambda self: self.under_way)
    @rule(chosen=st.randoms(use_true_random=False))
    def settle_in_parts(self, chosen: Random) -> None:
        """A refused batch is taken apart: its first half is rejected, its second delivered."""
        batch, inside = self.under_way.pop(chosen.choice(sorted(self.under_way)))
        middle = len(inside) // 2
        if middle:
            self.pool.settle(batch, Outcome.REJECTED, range(middle))
        self.pool.settle(batch, Outcome.DELIVERED, range(middle, len(inside)))
        self.settled |= set(inside)

    @invariant()
    def nothing_is_lost(self) -> None:
        """What is neither settled nor under way nor behind a doubt is still in the pool, byte for byte."""
        under_way = {at for _, inside in self.under_way.values() for at in inside}
        left = [
            at
            for at in range(len(self.media))
            if at not in self.settled | under_way and self.media[at] not in self.doubted
        ]
        if not left:
            assert self.pool.bytes >= 0
        else:
            assert self.pool.bytes >= sum(len(json.dumps([self.media[at], at])) for at in left)

    def teardown(self) -> None:
        """Settled one by one, everything that is left comes out, once."""
        for batch, inside in self.under_way.values():
            self.pool.settle(batch, Outcome.DELIVERED)
            self.settled |= set(inside)
        while rest := self.pool.seal(Limits(3, 1 << 20, 1 << 20)):
            inside = [at for _, at in json.loads(rest.body)]
            assert not self.settled & set(inside), "an entry came out twice"
            self.settled |= set(inside)
            self.pool.settle(rest, Outcome.DELIVERED)
        expected = {at for at, letter in enumerate(self.media) if letter not in self.doubted}
        assert expected <= self.settled
        assert self.pool.bytes == 0


PoolOrder.TestCase.settings = settings(max_examples=examples(150), stateful_step_count=30)
TestPoolOrder = PoolOrder.TestCase
