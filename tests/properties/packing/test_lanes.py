"""Lanes that are held and given free by the batch do what looking at each entry would do."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bulk_importer.packing import Lanes
from support.entries import run_of
from support.profiles import examples

FEW = "abc"
MANY = "defghijklmnop"


class LanesModel(RuleBasedStateMachine):
    """Drives lanes beside a counter of entries for each lane, and a list of what waits there."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = Lanes()
        self.held: Counter[str] = Counter()
        self.waiting: dict[str, list[int]] = {}
        self.batches: list[list[str]] = []
        self.number = 0

    @rule(wanted=st.text(FEW + MANY, min_size=1, max_size=10))
    def hold(self, wanted: str) -> None:
        """A batch is sealed of entries whose lanes are free; a media may come several times."""
        batch = [lane for lane in wanted if lane not in self.held]
        counts = Counter(batch)
        self.lanes.hold(set(batch), {lane: count for lane, count in counts.items() if count > 1})
        self.held.update(counts)
        self.batches.append(batch)

    @precondition(lambda self: self.held)
    @rule(chosen=st.randoms(use_true_random=False))
    def wait(self, chosen: Random) -> None:
        """An entry comes up behind one that is under way."""
        lane = chosen.choice(sorted(self.held))
        self.lanes.wait(lane, run_of([lane], positions=[self.number]))
        self.waiting.setdefault(lane, []).append(self.number)
        self.number += 1

    @precondition(lambda self: self.batches)
    @rule(chosen=st.randoms(use_true_random=False), part=st.integers(0, 10))
    def release(self, chosen: Random, part: int) -> None:
        """Some entries of a batch are settled, then it has the rest."""
        batch = self.batches.pop(chosen.randrange(len(self.batches)))
        settled, rest = batch[part:], batch[:part]
        if rest:
            self.batches.append(rest)
        expected: list[int] = []
        for lane in settled:
            self.held[lane] -= 1
            if not self.held[lane]:
                del self.held[lane]
                expected += self.waiting.pop(lane, [])
        ready = self.lanes.release(settled)
        assert [run.positions[0] for run in ready] == expected

    @invariant()
    def they_agree(self) -> None:
        """About which lanes are held, and how much waits."""
        assert self.lanes.held == set(self.held)
        assert self.lanes.waiting_bytes == sum(len(str(n)) for each in self.waiting.values() for n in each)


LanesModel.TestCase.settings = settings(max_examples=examples(150), stateful_step_count=30)
TestLanesModel = LanesModel.TestCase
