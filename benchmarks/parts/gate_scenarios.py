"""What a gate is put through on servers from traces, and what the best fixed setting brings there.

Each kind and state of a campaign is a server as it was recorded; one that is smooth from cell to cell, on a machine
whose speed wanders; and one that deadlocks as that of protocol 5.1 did. Besides, servers that change in mid-run. The
best fixed setting is the best of the cells of the campaign, by the mean of many seeds, for each window of time by
itself; where the machine wanders, it is measured in the same weather.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.parts.trace_servers import Conflicts, Phase, delivered_until, deliveries
from benchmarks.parts.traces import Surface, read_campaign
from bulk_importer.transfer.adaptive.gate import Bounds, Gate, Setting

__all__ = ["AFTER_A_CHANGE", "STEADY", "Best", "Scenario", "best_fixed_cells", "gate_brings", "scenarios"]

Window = tuple[float, float]

STEADY: Mapping[Window, float] = {(0, 15): 0.70, (0, 60): 0.85, (0, 300): 0.93}
"""Windows of seconds, and the share of the best fixed setting that is wanted in each."""
AFTER_A_CHANGE = 0.85

_WANDERS = 0.15
_CHANGE = 60.0
_FEW_SEEDS, _MANY_SEEDS = 6, 16


@dataclass(frozen=True)
class Scenario:
    """A server in the course of time, and the windows in which what was delivered counts, with what is wanted."""

    name: str
    phases: Sequence[Phase]
    windows: Mapping[Window, float]

    @property
    def seconds(self) -> float:
        """How long it goes on."""
        return max(until for _, until in self.windows)

    @property
    def settings(self) -> list[Setting]:
        """The fixed settings that were measured on any of its servers."""
        cells = {
            Setting(cell.in_flight, cell.batch * phase.entry)
            for phase in self.phases
            for cell in phase.surface.cells
        }
        return sorted(cells)


@dataclass(frozen=True)
class Best:
    """The best fixed setting of a window: what it delivers for each seed on the average, and in its own worst run."""

    setting: Setting
    delivered: Sequence[float]
    worst_share: float


def scenarios(campaigns: Sequence[Path], *, only: str = "") -> Iterator[Scenario]:
    """All of them for these campaigns, or those whose names hold a text."""
    for scenario in _scenarios(campaigns):
        if only in scenario.name:
            yield scenario


def _scenarios(campaigns: Sequence[Path]) -> Iterator[Scenario]:
    for path in campaigns:
        surfaces = read_campaign(path)
        for (kind, state), surface in surfaces.items():
            name = f"{path.stem}, {kind} {state}"
            smooth = Surface(surface.cells, smooth=True)
            yield Scenario(f"{name}, as recorded", [Phase(surface)], STEADY)
            yield Scenario(f"{name}, wandering", [Phase(smooth, wanders=_WANDERS)], STEADY)
            yield Scenario(f"{name}, conflicts", [Phase(surface, conflicts=Conflicts())], STEADY)
            if state == "filled":
                many = Phase(surface, conflicts=Conflicts(300))
                yield Scenario(f"{name}, many conflicts", [many], STEADY)
        # A campaign may have looked at media of one state alone.
        for kind in sorted(
            kind for kind, state in surfaces if state == "fresh" and (kind, "filled") in surfaces
        ):
            yield from _changes(f"{path.stem}, {kind}", surfaces[kind, "fresh"], surfaces[kind, "filled"])


def _changes(name: str, fresh: Surface, filled: Surface) -> Iterator[Scenario]:
    """A minute as before, then another server: half a minute to find back, and half a minute that counts."""
    after: Mapping[Window, float] = {(_CHANGE + 30, _CHANGE + 60): AFTER_A_CHANGE}
    first = Phase(fresh)
    yield Scenario(f"{name}: fresh become filled", [first, Phase(filled, begins=_CHANGE)], after)
    deadlocking = Phase(filled, begins=_CHANGE, conflicts=Conflicts())
    yield Scenario(f"{name}: fresh become filled, conflicts", [first, deadlocking], after)
    yield Scenario(f"{name}: ten times heavier", [first, Phase(fresh, begins=_CHANGE, heavier=10)], after)
    slower = [first, Phase(fresh, begins=_CHANGE, slower=2.0), Phase(fresh, begins=2 * _CHANGE)]
    again: Mapping[Window, float] = {**after, (2 * _CHANGE + 30, 3 * _CHANGE): AFTER_A_CHANGE}
    yield Scenario(f"{name}: slower by half for a minute", slower, again)
    yield Scenario(
        f"{name}: people work on it", [Phase(filled), Phase(filled, begins=_CHANGE, people=2)], after
    )


def gate_brings(scenario: Scenario, seeds: int) -> list[list[int]]:
    """What a gate delivers in each window, for each seed."""
    return [_delivered(scenario, Gate(Bounds()), seed, seed) for seed in range(seeds)]


def best_fixed_cells(scenario: Scenario, seeds: int) -> list[Best]:
    """The best fixed setting for each window."""
    quick = {
        setting: [_delivered(scenario, setting, 1000 + seed, seed) for seed in range(_FEW_SEEDS)]
        for setting in scenario.settings
    }
    return [_best(scenario, at, quick, seeds) for at in range(len(scenario.windows))]


def _best(
    scenario: Scenario, window: int, quick: Mapping[Setting, Sequence[Sequence[int]]], seeds: int
) -> Best:
    def mean(runs: Sequence[Sequence[int]]) -> float:
        return fmean(run[window] for run in runs)

    few = sorted(quick, key=lambda setting: mean(quick[setting]))[-3:]
    upto = list(scenario.windows)[window][1]
    more = {
        setting: [_delivered(scenario, setting, 2000 + seed, seed, upto) for seed in range(_MANY_SEEDS)]
        for setting in few
    }
    setting = max(few, key=lambda setting: mean(more[setting]))
    if any(phase.wanders for phase in scenario.phases):
        delivered = [
            mean([_delivered(scenario, setting, 3000 + 10 * seed + again, seed, upto) for again in range(3)])
            for seed in range(seeds)
        ]
    else:
        delivered = [mean(more[setting])] * seeds
    own = (_delivered(scenario, setting, seed, seed, upto)[window] / delivered[seed] for seed in range(seeds))
    return Best(setting, delivered, min(own))


def _delivered(
    scenario: Scenario, pilot: Gate | Setting, seed: int, weather: int, seconds: float | None = None
) -> list[int]:
    seen = deliveries(scenario.phases, pilot, seconds or scenario.seconds, seed, weather=weather)
    return [delivered_until(seen, until, since=since) for since, until in scenario.windows]
