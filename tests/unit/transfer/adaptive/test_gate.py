"""The gate starts carefully, keeps what pays, retreats at once, and is not misled by what says nothing."""

from __future__ import annotations

import pytest

from bulk_importer.events import GateMoved
from bulk_importer.transfer.adaptive.gate import Bounds, Flight, Gate, Landing, Setting

ENTRY = 50


class Sky:
    """Lands flights at a gate one by one, each sealed under the gate's setting of that moment."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.moves: list[GateMoved] = []
        self.now = 0.0

    def land(
        self,
        landing: Landing = Landing.DELIVERED,
        *,
        seconds: float = 1.0,
        weight: int | None = None,
        entries: int = 2,
        generation: int | None = None,
        suspect: bool = False,
        starved: bool = False,
        paced: bool = False,
    ) -> GateMoved | None:
        """One flight that took so long, of the knob's weight unless told otherwise."""
        setting = self.gate.setting
        self.now += seconds
        moved = self.gate.landed(
            Flight(
                generation=self.gate.generation if generation is None else generation,
                weight=setting.weight if weight is None else weight,
                entries=entries,
                started=self.now - seconds,
                ended=self.now,
                in_flight=setting.in_flight,
                landing=landing,
                suspect=suspect,
                starved=starved,
                paced=paced,
            )
        )
        if moved:
            self.moves.append(moved)
        return moved


def settled(setting: Setting, **bounds: int) -> Sky:
    """At a gate that stands on this setting; two of the three answers before its first trial are in."""
    sky = Sky(Gate(Bounds(**bounds), start=setting))
    sky.land()
    sky.land()
    return sky


def test_it_starts_with_one_small_request() -> None:
    """Nothing is known of the server yet."""
    gate = Gate(Bounds())
    assert gate.setting == (1, 64)
    assert gate.allows(0)
    assert not gate.allows(1)


def test_it_starts_where_it_was_told_to_within_its_bounds() -> None:
    """A setting that an earlier run remembered, under the bounds of this one."""
    assert Gate(Bounds(most_in_flight=8, most_weight=500), start=Setting(16, 4096)).setting == (8, 500)
    assert Gate(Bounds(least_in_flight=2, least_weight=100)).setting == (2, 100)


def test_equal_bounds_fix_it() -> None:
    """Whatever lands, nothing moves."""
    sky = Sky(Gate(Bounds(least_in_flight=3, most_in_flight=3, least_weight=100, most_weight=100)))
    for landing in list(Landing) * 40:
        sky.land(landing)
    assert sky.moves == []
    assert sky.gate.setting == (3, 100)


def test_what_pays_is_kept_and_said() -> None:
    """Four times the weight in the same time."""
    sky = settled(Setting(1, 100))
    first = sky.land()
    assert first is not None
    assert (first.max_in_flight, first.max_weight, first.reason) == (1, 400, "trying heavier batches")
    kept = [sky.land() for _ in range(3)][-1]
    assert kept is not None
    assert kept.reason == "kept: heavier batches bring +300%"
    assert sky.gate.base == (1, 400)


def test_what_does_not_pay_is_given_up() -> None:
    """Four times the weight in four times the time."""
    sky = settled(Setting(1, 100))
    sky.land()
    for _ in range(30):
        if sky.land(seconds=4.0):
            break
    assert sky.moves[-1].reason == "back: not better"
    assert sky.gate.setting == (1, 100)


def test_what_is_hopeless_is_given_up_after_one_answer() -> None:
    """Four times the weight in sixteen times the time."""
    sky = settled(Setting(1, 100))
    sky.land()
    moved = sky.land(seconds=16.0)
    assert moved is not None
    assert moved.reason == "back: much worse"


def test_a_trial_that_meets_conflicts_ends_at_once() -> None:
    """And a smaller step the same way is tried next."""
    sky = settled(Setting(1, 100), most_weight=100)
    assert sky.land() is not None
    assert sky.gate.setting == (2, 100)
    moved = sky.land(Landing.CONFLICT)
    assert moved is not None
    assert moved.reason == "back: conflicts"
    assert sky.gate.setting == (1, 100)


@pytest.mark.parametrize("landing", [Landing.THROTTLED, Landing.UNAVAILABLE])
def test_a_server_that_asks_for_less_gets_half_as_many(landing: Landing) -> None:
    """The weight of a batch is not what it complains about."""
    sky = settled(Setting(8, 1000))
    assert sky.land(landing) is not None
    assert sky.gate.setting == (4, 1000)


def test_requests_that_take_too_long_are_made_lighter() -> None:
    """Half as heavy, while they hold several entries."""
    sky = settled(Setting(4, 1000))
    sky.land(Landing.TIMED_OUT)
    assert sky.gate.setting == (4, 500)


def test_several_bad_answers_of_one_round_cost_one_step() -> None:
    """All that left before the step belong to what was before it."""
    sky = settled(Setting(8, 1000))
    generation = sky.gate.generation
    for _ in range(8):
        sky.land(Landing.THROTTLED, generation=generation)
    assert sky.gate.setting == (4, 1000)


def test_at_the_floor_there_is_nowhere_to_go() -> None:
    """A move that moves nothing is not reported."""
    sky = settled(Setting(1, 100), most_in_flight=1)
    assert [sky.land(Landing.THROTTLED) for _ in range(20)] == [None] * 20
    assert sky.gate.setting == (1, 100)


def test_a_base_with_many_conflicts_is_left() -> None:
    """A server that got labels meanwhile deadlocks where it did not before."""
    sky = settled(Setting(4, 100), least_weight=100, most_weight=100)
    for _ in range(12):
        sky.land(Landing.CONFLICT)
    assert sky.gate.base.in_flight < 4


def test_after_an_outage_it_climbs_back_at_once() -> None:
    """The server was away; it had not too much."""
    sky = settled(Setting(8, 100), least_weight=100, most_weight=100)
    for _ in range(4):
        sky.land(Landing.UNAVAILABLE)
    assert sky.gate.setting == (1, 100)
    for _ in range(60):
        sky.land()
    assert sky.gate.base == (8, 100)


@pytest.mark.parametrize("flag", ["suspect", "starved", "paced"])
def test_what_says_nothing_about_the_setting_moves_nothing(flag: str) -> None:
    """Not even if it takes for ever."""
    sky = settled(Setting(4, 100))
    for _ in range(100):
        match flag:
            case "suspect":
                sky.land(seconds=50.0, suspect=True)
            case "starved":
                sky.land(seconds=50.0, starved=True)
            case _:
                sky.land(seconds=50.0, paced=True)
    assert sky.moves == []


def test_poison_moves_nothing() -> None:
    """A batch that was refused for what was in it is no news about the server."""
    sky = settled(Setting(4, 100))
    assert [sky.land(Landing.REFUSED, seconds=0.01) for _ in range(100)] == [None] * 100


def test_a_trial_without_answers_ends() -> None:
    """Where every heavier batch is refused, the knob goes back."""
    sky = settled(Setting(1, 100))
    sky.land()
    for _ in range(10):
        sky.land(Landing.REFUSED)
    assert sky.gate.setting == (1, 100)
    assert sky.moves[-1].reason == "back: no batch of that weight"


def test_an_answer_of_another_leg_is_not_scored() -> None:
    """It left under another setting."""
    sky = settled(Setting(1, 100))
    sky.land()
    generation = sky.gate.generation
    assert [sky.land(Landing.CONFLICT, generation=generation - 1) for _ in range(20)] == [None] * 20
    assert sky.gate.generation == generation


def test_the_knob_comes_to_entries_that_are_all_heavier() -> None:
    """Each travels alone, so a lighter knob is without effect."""
    sky = Sky(Gate(Bounds()))
    moved = [sky.land(weight=500, entries=1) for _ in range(3)][-1]
    assert moved is not None
    assert (moved.max_weight, moved.reason) == (500, "what batches really weigh")


def test_a_few_giants_do_not_pull_the_knob_after_them() -> None:
    """Three in a row among others."""
    sky = settled(Setting(1, 64), most_in_flight=1, least_weight=64)
    for _ in range(10):
        sky.land(weight=64)
    for _ in range(3):
        sky.land(weight=5000, entries=1, seconds=60.0)
    assert sky.gate.base.weight <= 4 * 64


def test_entries_above_the_bound_are_scored_for_what_they_are() -> None:
    """The knob may not come to them, but the number in flight can still be tuned."""
    sky = Sky(Gate(Bounds(most_weight=64, most_in_flight=2)))
    for _ in range(60):
        sky.land(weight=500, entries=1)
    assert sky.gate.base == (2, 64)


def test_a_remembered_weight_that_no_batch_reaches_comes_down() -> None:
    """Other bounds, on entries or bytes, keep the batches lighter."""
    sky = Sky(Gate(Bounds(), start=Setting(1, 1_000_000)))
    for _ in range(3):
        sky.land(weight=5000, entries=1000)
    assert sky.gate.base == (1, 5000)
