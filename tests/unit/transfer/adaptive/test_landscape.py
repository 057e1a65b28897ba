"""What some settings brought says what others can be expected to bring, and how sure that is."""

from __future__ import annotations

import math

import pytest

from bulk_importer.transfer.adaptive.landscape import Landscape


def learnt(answers: dict[tuple[int, int], tuple[float, int]]) -> Landscape:
    """Of answers as (weight, in flight): (seconds, how many of them)."""
    landscape = Landscape()
    for (weight, in_flight), (seconds, many) in answers.items():
        for _ in range(many):
            landscape.add(weight, in_flight, seconds, failed=False)
    landscape.survey()
    return landscape


def test_what_was_measured_often_is_expected() -> None:
    """Four slots, each a hundred in two seconds."""
    mean, error = learnt({(100, 4): (2.0, 40)}).expected(100, 4)
    assert math.exp(mean) == pytest.approx(200, rel=0.05)
    assert error < 0.15


def test_the_error_shrinks_with_answers_and_grows_with_the_distance() -> None:
    """Neighbours are known better than what is far away."""
    few, many = learnt({(100, 4): (2.0, 3)}), learnt({(100, 4): (2.0, 30)})
    assert many.expected(100, 4)[1] < few.expected(100, 4)[1]
    assert many.expected(100, 4)[1] < many.expected(200, 4)[1] < many.expected(1600, 4)[1]


def test_neighbours_lend_each_other_their_answers() -> None:
    """A lucky answer among many settings is doubted more than one that stands alone."""
    lucky = {(200, 4): (0.5, 1)}
    alone = learnt(lucky).expected(200, 4)[0]
    around = {(100, 4): (1.0, 20), (400, 4): (4.0, 20), (200, 2): (1.0, 20), (200, 8): (4.0, 20)}
    assert learnt({**around, **lucky}).expected(200, 4)[0] < alone - 0.3


def test_a_slope_is_followed_beyond_what_was_seen() -> None:
    """Where a request takes as long whatever is in it, twice the weight promises more."""
    landscape = learnt({(100, 4): (1.0, 20), (200, 4): (1.0, 20), (400, 4): (1.0, 20), (800, 4): (1.0, 20)})
    assert landscape.expected(1600, 4)[0] > landscape.expected(800, 4)[0] + 0.2


def test_conflicts_cost_their_time() -> None:
    """One of four is lost."""
    landscape = Landscape()
    for at in range(40):
        landscape.add(100, 4, 2.0, failed=at % 4 == 0)
    landscape.survey()
    assert landscape.lost_share(100, 4) == pytest.approx(0.25, abs=0.03)
    assert math.exp(landscape.expected(100, 4)[0]) == pytest.approx(150, rel=0.1)


def test_conflicts_speak_against_weight_and_number_together() -> None:
    """Fewer of the same, and as many lighter ones, are in less danger; one alone is in none."""
    landscape = Landscape()
    for at in range(20):
        landscape.add(500, 4, 2.0, failed=at % 2 == 0)
    assert landscape.lost_share(500, 4) > landscape.lost_share(500, 2) > landscape.lost_share(125, 2)
    assert landscape.lost_share(500, 4) > landscape.lost_share(125, 4)
    assert landscape.lost_share(5000, 1) == 0


def test_where_light_requests_are_lost_as_often_the_weight_is_not_to_blame() -> None:
    """As on a server that takes so many at a time, whatever they are."""
    landscape = Landscape()
    for weight in (60, 500, 60, 500) * 10:
        landscape.add(weight, 8, 0.1, failed=True)
        landscape.add(weight, 2, 0.1, failed=False)
    assert landscape.lost_share(30, 8) > 0.4


def test_what_fades_counts_less() -> None:
    """A server that became twice as fast is seen as such soon."""
    landscape = learnt({(100, 4): (2.0, 50)})
    for _ in range(30):
        landscape.fade(0.8)
        landscape.add(100, 4, 1.0, failed=False)
    landscape.survey()
    assert math.exp(landscape.expected(100, 4)[0]) == pytest.approx(400, rel=0.1)


def test_when_the_server_changes_how_settings_compare_is_remembered() -> None:
    """Three answers at one setting say what another one brings now; a second change does not take that away."""
    landscape = learnt({(100, 4): (2.0, 30), (400, 2): (3.0, 30)})
    before = landscape.expected(400, 2)[0] - landscape.expected(100, 4)[0]
    for seconds in (4.0, 20.0):
        landscape.renew(8)
        assert landscape.seen(100, 4) == 0
        for _ in range(3):
            landscape.add(100, 4, seconds, failed=False)
        landscape.survey()
        assert math.exp(landscape.expected(100, 4)[0]) == pytest.approx(400 / seconds, rel=0.05)
        assert landscape.expected(400, 2)[0] - landscape.expected(100, 4)[0] == pytest.approx(before, abs=0.1)


def test_a_distant_server_is_known_by_a_few_settings() -> None:
    """Each request takes a second, whatever is in it and however many there are: that will be so of more as well."""
    landscape = learnt({(100, 1): (1.0, 5), (400, 2): (1.0, 5), (400, 4): (1.0, 8), (1600, 8): (1.0, 16)})
    assert math.exp(landscape.expected(3200, 16)[0]) == pytest.approx(3200 * 16, rel=0.3)


def test_what_a_setting_has_to_itself_is_believed_where_it_was_seen_often() -> None:
    """One that brings a third less than all around it, in forty answers each."""
    around = {
        (weight, in_flight): (weight * in_flight / 400, 40)
        for weight in (50, 100, 200)
        for in_flight in (2, 4)
    }
    landscape = learnt({**around, (100, 3): (100 * 3 / 260, 40)})
    assert math.exp(landscape.expected(100, 3)[0]) == pytest.approx(260, rel=0.08)
    assert math.exp(landscape.expected(100, 4)[0]) == pytest.approx(400, rel=0.08)


def test_nothing_is_known_without_answers() -> None:
    """But the shape that most servers have."""
    landscape = learnt({})
    assert landscape.expected(100, 3)[1] > 2
    assert landscape.expected(100, 3)[0] > landscape.expected(100, 1)[0]
    assert landscape.expected(100, 3)[0] > landscape.expected(10_000, 3)[0]
