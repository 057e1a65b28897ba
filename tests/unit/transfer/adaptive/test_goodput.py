"""What a setting brings is measured without being fooled by failures, idle slots or few answers."""

from __future__ import annotations

import math
import random

import pytest

from bulk_importer.transfer.adaptive.goodput import Goodput


def measured(level: int, answers: list[tuple[float, float]], *, in_flight: int | None = None) -> Goodput:
    """Of answers as (weight delivered, seconds)."""
    score = Goodput(level)
    for weight, seconds in answers:
        score.add(weight, seconds, in_flight or level, failed=weight == 0)
    return score


def test_slots_that_are_kept_busy_deliver_side_by_side() -> None:
    """Four slots, each a hundred in two seconds."""
    assert measured(4, [(100, 2.0)] * 8).rate == pytest.approx(200)


def test_a_failure_costs_its_time() -> None:
    """One in four delivers nothing and takes as long."""
    score = measured(1, [(100, 1.0), (100, 1.0), (100, 1.0), (0, 1.0)] * 3)
    assert score.rate == pytest.approx(75)
    assert score.failed_share == 0.25


def test_slots_that_a_slow_sender_leaves_empty_do_not_count() -> None:
    """Of sixteen only three are ever used."""
    assert measured(16, [(100, 1.0)] * 40, in_flight=3).rate == pytest.approx(300)


def test_the_first_requests_of_a_level_count_as_if_it_were_full() -> None:
    """They leave while it is filling up."""
    score = Goodput(8)
    for in_flight in range(1, 9):
        score.add(100, 1.0, in_flight, failed=False)
    assert score.rate == pytest.approx(800)


def test_the_error_shrinks_with_answers_and_grows_with_their_spread() -> None:
    """By the root of their number; a few that agree prove little."""
    even = [measured(1, [(100, 1.0)] * many).log_error for many in (4, 16, 64)]
    assert even == pytest.approx([0.05, 0.025, 0.0125])
    uneven = measured(1, [(100, 0.5), (100, 1.5)] * 8)
    assert uneven.spread == pytest.approx(0.5)
    assert uneven.log_error > 5 * even[1]


def test_the_error_is_what_repeating_the_measurement_shows() -> None:
    """Two thousand measurements of thirty noisy answers, conflicts among them."""
    chance = random.Random(7)

    def once() -> Goodput:
        return measured(
            1, [(0 if chance.random() < 0.2 else 100, math.exp(chance.gauss(0, 0.5))) for _ in range(30)]
        )

    scores = [once() for _ in range(2000)]
    mean = sum(score.log_rate for score in scores) / len(scores)
    spread = math.sqrt(sum((score.log_rate - mean) ** 2 for score in scores) / len(scores))
    claimed = sum(score.log_error for score in scores) / len(scores)
    assert 0.8 * spread < claimed < 1.3 * spread


def test_what_fades_counts_less() -> None:
    """A server that became twice as fast is seen as such soon."""
    score = measured(1, [(100, 2.0)] * 50)
    for _ in range(30):
        score.fade(0.8)
        score.add(100, 1.0, 1, failed=False)
    assert score.rate == pytest.approx(100, rel=0.05)


def test_nothing_measured_is_no_goodput_and_no_certainty() -> None:
    """Neither is a run of failures."""
    for score in (Goodput(4), measured(4, [(0, 1.0)] * 10)):
        assert score.rate == 0
        assert score.log_error == 1.0
        assert score.log_rate < -10
