"""The gate starts carefully, keeps what pays, retreats at once, and is not misled by what says nothing."""

from __future__ import annotations

import re

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
        entries: int | None = None,
        generation: int | None = None,
        suspect: bool = False,
        starved: bool = False,
        paced: bool = False,
    ) -> GateMoved | None:
        """One flight that took so long, of as many entries as the knob allows unless told otherwise."""
        setting = self.gate.setting
        self.now += seconds
        weight = max(ENTRY, setting.weight // ENTRY * ENTRY) if weight is None else weight
        moved = self.gate.landed(
            Flight(
                generation=self.gate.generation if generation is None else generation,
                weight=weight,
                entries=max(1, weight // ENTRY) if entries is None else entries,
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
    """A request takes a second whatever is in it."""
    sky = Sky(Gate(Bounds(), start=Setting(1, 100)))
    for _ in range(200):
        sky.land()
    assert sky.gate.base.in_flight == 8
    assert sky.gate.base.weight >= 100 * 16
    assert any(move.reason.startswith("heavier batches promise +") for move in sky.moves)
    assert any(re.fullmatch(r"kept: .*heavier batches.* bring \+\d+%", move.reason) for move in sky.moves)


def test_what_does_not_pay_is_left() -> None:
    """A request takes the longer the more there are, and twice the weight four times as long."""
    sky = Sky(Gate(Bounds(), start=Setting(4, 400)))
    for _ in range(200):
        in_flight, weight = sky.gate.setting
        sky.land(seconds=in_flight * (weight / 100) ** 2)
    assert sky.gate.base.weight <= 150
    assert any(move.reason.startswith("back: ") or "promise" in move.reason for move in sky.moves)


def test_a_lucky_answer_is_doubted() -> None:
    """Three quick answers of a heavy batch among slow ones do not keep it there for long."""
    sky = Sky(Gate(Bounds(most_in_flight=2), start=Setting(2, 100)))
    for _ in range(40):
        sky.land(seconds=2 * max(1.0, sky.gate.setting.weight / 100))
    lucky = 0
    for _ in range(120):
        heavy = sky.gate.setting.weight > 150
        lucky += heavy
        sky.land(seconds=0.5 if heavy and lucky <= 3 else 2 * max(1.0, (sky.gate.setting.weight / 100) ** 2))
    assert sky.gate.base.weight <= 150


def test_conflicts_teach_about_weight_and_number_together() -> None:
    """Where heavy batches beside others deadlock, it does not give up having several in flight."""
    sky = Sky(Gate(Bounds(), start=Setting(4, 600)))
    for landed in range(200):
        in_flight, weight = sky.gate.setting
        danger = (in_flight - 1) * weight > 500
        sky.land(
            Landing.CONFLICT if danger and landed % 2 else Landing.DELIVERED,
            seconds=weight / 100 * max(1.0, in_flight / 3),
        )
    assert sky.gate.base.in_flight in {2, 3, 4, 6}
    assert (sky.gate.base.in_flight - 1) * sky.gate.base.weight <= 500


def test_one_conflict_is_no_reason_to_stand_alone() -> None:
    """One in a hundred costs a hundredth."""
    sky = Sky(Gate(Bounds(), start=Setting(4, 100)))
    for landed in range(300):
        in_flight, weight = sky.gate.setting
        lost = landed % 100 == 50
        sky.land(
            Landing.CONFLICT if lost else Landing.DELIVERED,
            seconds=(20 + weight) / 100 * max(1.0, in_flight / 3),
        )
    assert sky.gate.base.in_flight >= 3


def test_where_most_is_lost_it_does_not_ask_for_more() -> None:
    """Neither more in flight nor heavier batches, whatever they promise."""
    sky = Sky(Gate(Bounds(most_in_flight=64), start=Setting(4, 100)))
    for _ in range(12):
        sky.land(Landing.CONFLICT, seconds=0.01)
    assert all(move.max_in_flight <= 4 for move in sky.moves)


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
    """Where every batch of another weight is refused, the knob goes back."""
    sky = Sky(Gate(Bounds(most_in_flight=1, least_weight=100), start=Setting(1, 100)))
    for _ in range(100):
        if sky.land(seconds=0.1):
            break
    assert sky.gate.setting.weight > 100
    assert sky.gate.base == (1, 100)
    for _ in range(20):
        sky.land(Landing.REFUSED)
    assert sky.gate.setting == (1, 100)
    assert sky.moves[-1].reason == "back: no answers to judge it by"


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
    for _ in range(20):
        sky.land(weight=500, entries=1)
    assert sky.gate.base.weight >= 500
    assert len({move.max_weight for move in sky.moves if move.max_weight < 500}) == 0


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
    for _ in range(8):
        sky.land(weight=5000, entries=1000)
    assert sky.gate.base == (1, 5000)


def test_a_person_can_have_less_in_flight_and_back() -> None:
    """Below what must be in flight as well; what was best before is what it comes back to, and what is remembered."""
    gate = Gate(Bounds(least_in_flight=2, most_in_flight=8), start=Setting(8, 100))
    moved = gate.limit(1)
    assert moved is not None
    assert (gate.setting, gate.base) == ((1, 100), (8, 100))
    assert moved.max_in_flight == 1
    assert gate.limit(1) is None
    gate.limit(4)
    assert gate.setting == (4, 100)
    gate.limit(None)
    assert gate.setting == (8, 100)
    assert gate.limit(100) is None


def test_under_a_limit_it_learns_no_more_than_the_limit_allows() -> None:
    """However much a setting beyond it would promise; and an alarm then counts for afterwards, too."""
    sky = Sky(Gate(Bounds(), start=Setting(4, 100)))
    sky.gate.limit(2)
    for _ in range(200):
        sky.land()
        assert sky.gate.setting.in_flight <= 2
    sky.land(Landing.THROTTLED)
    sky.gate.limit(None)
    assert sky.gate.setting.in_flight == 1


def test_answers_from_before_a_pause_are_not_scored_after_it() -> None:
    """They left while others were in flight that landed in the pause."""
    sky = settled(Setting(4, 100))
    before = sky.gate.generation
    sky.gate.resumed(3600.0)
    assert sky.gate.generation != before
    assert sky.land(generation=before) is None
    assert sky.gate.setting == (4, 100)
    assert not sky.moves
