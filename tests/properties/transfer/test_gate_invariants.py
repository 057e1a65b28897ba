"""Whatever lands, the gate stays within its bounds, lets something through, and never fails."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.transfer.adaptive.gate import Bounds, Flight, Gate, Landing, Setting


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    """Bounds that make sense, equal ones among them."""
    in_flight = sorted(draw(st.tuples(st.integers(1, 100), st.integers(1, 100))))
    weight = sorted(draw(st.tuples(st.integers(1, 10_000), st.integers(1, 10_000))))
    return Bounds(in_flight[0], in_flight[1], weight[0], draw(st.sampled_from([None, weight[1]])))


@st.composite
def flights(draw: st.DrawFn) -> tuple[float, Flight]:
    """A flight; its generation counts from the gate's current one, and its weight is a share of the knob."""
    return draw(st.sampled_from([0.1, 0.5, 1.0, 1.0, 1.0, 1.5, 20.0])), Flight(
        generation=draw(st.sampled_from([0, 0, 0, 0, -1])),
        weight=0,
        entries=draw(st.integers(1, 1000)),
        started=0.0,
        ended=draw(st.sampled_from([0.0, 1e-9, 0.01, 0.1, 1.0, 30.0, 1e6])),
        in_flight=draw(st.integers(1, 120)),
        landing=draw(st.sampled_from([*Landing, *[Landing.DELIVERED] * 10])),
        suspect=draw(st.booleans()) and draw(st.booleans()),
        starved=draw(st.booleans()) and draw(st.booleans()),
        paced=draw(st.booleans()) and draw(st.booleans()),
    )


@given(
    bounds(),
    st.none() | st.builds(Setting, st.integers(1, 200), st.integers(1, 100_000)),
    st.lists(flights(), max_size=200),
)
def test_it_stays_within_its_bounds(
    limits: Bounds, start: Setting | None, landings: list[tuple[float, Flight]]
) -> None:
    """And reports exactly the moves that it makes."""
    gate = Gate(limits, start=start)
    for share, flight in landings:
        before = gate.setting
        moved = gate.landed(
            Flight(
                gate.generation + flight.generation,
                max(1, round(before.weight * share)),
                flight.entries,
                flight.started,
                flight.ended,
                flight.in_flight,
                flight.landing,
                flight.suspect,
                flight.starved,
                flight.paced,
            )
        )
        for setting in (gate.setting, gate.base):
            assert limits.least_in_flight <= setting.in_flight <= limits.most_in_flight
            assert limits.least_weight <= setting.weight
            assert limits.most_weight is None or setting.weight <= limits.most_weight
        assert gate.allows(0)
        assert not gate.allows(gate.setting.in_flight)
        assert (gate.setting == before) or moved is not None
        if moved:
            assert (moved.max_in_flight, moved.max_weight) == gate.setting
