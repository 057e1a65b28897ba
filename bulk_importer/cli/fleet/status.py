"""Says where the work on a plan stands, while workers are at it or after, for `status`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from bulk_importer.cli import output
from bulk_importer.cli.fleet.together.naming import shards_text, steps_of
from bulk_importer.cli.fleet.together.text import count_lines, headline_of, worker_of
from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.holders import seated_in
from bulk_importer.distributed.gathering.totals import facts_of, whole_of
from bulk_importer.distributed.gathering.values import Gathered, Holder, ShardState, Standing
from bulk_importer.distributed.places.open import open_place
from bulk_importer.errors import ExitCode
from bulk_importer.observe import finding_lines, route_text
from bulk_importer.observe.parts import duration
from bulk_importer.readable import counted

__all__ = ["show_plan"]

_MOST_HELD = 20


def show_plan(named: str, every: float | None, *, as_json: bool) -> ExitCode:
    """Print where a plan stands, once or, until no worker is at it, again and again.

    Args:
        every: seconds between two looks; None for one.

    Returns:
        As of `gather`.

    Raises:
        UsageError: there is no plan.
        CheckpointError: the plan, or its place, cannot be read.
    """
    place, found, idle = open_place(named), None, 0
    while True:
        found = gather(place, proves_pieces=False, before=found)
        seats = seated_in(place, len(found.plan.seats))
        _print(found, seats, as_json=as_json, is_watched=every is not None)
        is_held = any(each.state is ShardState.HELD for each in found.standings)
        idle = 0 if is_held else idle + 1
        if every is None or idle > 1:  # between two shards nobody is at work for a moment
            return found.exit_code
        time.sleep(max(0.1, every))


def _print(gathered: Gathered, seats: Sequence[Holder | None], *, as_json: bool, is_watched: bool) -> None:
    if as_json:
        output.print_json(_facts(gathered, seats), indent=not is_watched)
        return
    if is_watched:
        output.clear_screen()
    for line in _lines(gathered, seats, time.time()):
        output.print_report(line)


def _facts(gathered: Gathered, seats: Sequence[Holder | None]) -> dict[str, Any]:
    rate = _rate(gathered)
    return {
        **facts_of(gathered, whole_of(gathered)),
        "entries_per_second": None if rate is None else round(rate, 3),
        "seconds_left": _seconds_left(gathered, rate),
        "seats": [None if each is None else each.name for each in seats],
    }


def _lines(gathered: Gathered, seats: Sequence[Holder | None], now: float) -> Iterator[str]:
    whole, plan = whole_of(gathered), gathered.plan
    facts = whole.to_builtins()
    yield route_text(facts)
    share = 100 * _settled(gathered) // plan.entries if plan.entries else 100
    yield f"  {headline_of(gathered, whole)}, {share}% done"
    if whole.message:
        yield f"  {whole.message}"
    yield from count_lines(gathered, whole)
    rate = _rate(gathered)
    if rate is not None:
        yield f"  entries per second: {rate:,.1f} over the last minute, all workers together"
    if (left := _seconds_left(gathered, rate)) is not None:
        yield f"  about {duration(left)} left"
    yield from finding_lines(whole.findings, whole.severities)
    yield from _workers(gathered, seats, now)
    for step in steps_of(gathered, now=now):
        yield f"  {step.text}" + (f": {step.path}" if step.path else "")
        if step.command:
            yield f"      {step.command}"


def _workers(gathered: Gathered, seats: Sequence[Holder | None], now: float) -> Iterator[str]:
    """Who has which shard, those first that give no sign any more; and who may send."""
    held = [each for each in gathered.standings if each.state is ShardState.HELD]
    held.sort(key=lambda each: each.holder is None or each.holder.silent(now) is None)
    for each in held[:_MOST_HELD]:
        since = f", since {each.holder.since}" if each.holder is not None and each.holder.since else ""
        yield f"  shard {each.shard.index}: {worker_of(each, now) or 'a process of this machine'}{since}{_pace(each)}"
    if len(held) > _MOST_HELD:
        yield f"  and {shards_text([each.shard.index for each in held[_MOST_HELD:]])}"
    taken = sum(each is not None for each in seats)
    if taken:
        yield f"  {taken:,} of {counted(len(seats), 'seat')} taken: so many workers may send at a time"


def _pace(standing: Standing) -> str:
    if standing.summary is None or not standing.shard.entries:
        return ""
    share = 100 * (standing.summary.entries - standing.summary.owed) // standing.shard.entries
    rate = "" if standing.per_second is None else f", {standing.per_second:,.1f} entries a second"
    return f", {share}% done{rate}"


def _rate(gathered: Gathered) -> float | None:
    """Entries settled a second over the last minute, by all who are at work; None where that is unknown."""
    known = [
        each.per_second
        for each in gathered.standings
        if each.state is ShardState.HELD and each.per_second is not None
    ]
    return sum(known) if known else None


def _settled(gathered: Gathered) -> int:
    summaries = [each.summary for each in gathered.standings if each.summary is not None]
    return sum(each.delivered + each.rejected + each.skipped for each in summaries)


def _seconds_left(gathered: Gathered, rate: float | None) -> float | None:
    left = gathered.plan.entries - _settled(gathered)
    return round(left / rate, 1) if rate and left > 0 else None
