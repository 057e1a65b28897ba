"""Says in words what came of all shards: did it work, the sums, which shards need something, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bulk_importer.cli.columns import aligned
from bulk_importer.cli.fleet.together.naming import by_need, states_text
from bulk_importer.distributed.gathering.totals import wall_seconds
from bulk_importer.distributed.gathering.values import Gathered, ShardState, Standing
from bulk_importer.observe import finding_lines, media_lines, route_text
from bulk_importer.observe.outcome import FATES, Step, headline, outcome
from bulk_importer.readable import counted
from bulk_importer.summary import RunState, Summary

__all__ = ["count_lines", "gathered_lines", "headline_of", "outcome_of", "worker_of"]

_COLUMNS = ("shard", "state", "entries", "delivered", "rejected", "unconfirmed", "left", "exit")
_MOST_ROWS = 20


def gathered_lines(gathered: Gathered, whole: Summary, steps: Sequence[Step], *, now: float) -> Iterator[str]:
    """For a person, from the outcome to what is to be done.

    Args:
        now: in seconds since 1970.
    """
    facts = whole.to_builtins()
    yield f"{headline_of(gathered, whole)}: {outcome_of(gathered, whole)}"
    yield f"  {route_text(facts)}"
    if whole.message:
        yield f"  {whole.message}"
    yield ""
    yield from count_lines(gathered, whole)
    yield from media_lines(facts)
    yield from _pace(gathered, whole)
    if found := list(finding_lines(whole.findings, whole.severities)):
        yield ""
        yield "  What was found ('bulk-importer explain CODE' says what a code means):"
        yield from found
    yield from _table(gathered, now)
    if steps:
        yield ""
    for step in steps:
        yield f"  {step.text}" + (f": {step.path}" if step.path else "")
        if step.command:
            yield f"      {step.command}"


def count_lines(gathered: Gathered, whole: Summary) -> Iterator[str]:
    """How many shards there are, and where the entries of all of them are."""
    plan, facts = gathered.plan, whole.to_builtins()
    yield f"  {'shards':12} {len(plan.shards):>11,}: {states_text(gathered.standings)}"
    yield f"  {'entries':12} {plan.entries:>11,}"
    for name, word in FATES.items():
        if facts[name] or name == "delivered":
            yield f"  {word:12} {facts[name]:>11,}"
    if unread := plan.entries - whole.entries:
        yield f"  {'not read yet':12} {unread:>11,}"


def headline_of(gathered: Gathered, whole: Summary) -> str:
    """How all stand, in a few words."""
    if whole.state is RunState.STOPPED:
        is_begun = any(each.state is not ShardState.NOT_BEGUN for each in gathered.standings)
        return "Not finished" if is_begun else "Not begun"
    return headline(whole)


def outcome_of(gathered: Gathered, whole: Summary) -> str:
    """What became of the entries of the plan, in a phrase."""
    unread = gathered.plan.entries - whole.entries
    said = outcome(replace(whole, entries=gathered.plan.entries))
    return f"{said}, {unread:,} not read yet" if unread else said


def _row(standing: Standing) -> tuple[str, ...]:
    """One shard, by `_COLUMNS`."""
    summary = standing.summary
    names = ("delivered", "rejected", "in_doubt", "owed")
    counts = [0] * len(names) if summary is None else [getattr(summary, name) for name in names]
    if summary is not None:
        counts[-1] += standing.shard.entries - summary.entries
    else:
        counts[-1] = standing.shard.entries
    return (
        str(standing.shard.index),
        str(standing.state),
        f"{standing.shard.entries:,}",
        *(f"{count:,}" for count in counts),
        str(int(standing.exit_code)),
    )


def worker_of(standing: Standing, now: float) -> str:
    """Who has it, or had it last, and how often it was taken over."""
    holder = standing.holder
    if holder is None:
        return ""
    epochs = f", epoch {holder.epoch}" if holder.epoch > 1 else ""
    silent = holder.silent(now)
    sign = "" if silent is None else f", no sign of life for {silent:,.0f} s"
    return f"{holder.name}{epochs}{sign}"


def _pace(gathered: Gathered, whole: Summary) -> Iterator[str]:
    seconds = wall_seconds(gathered)
    if seconds and whole.delivered:
        yield (
            f"  {'time':12} {seconds:>11,.1f} s from the first record to the last; {whole.seconds:,.1f} s of work, "
            f"{whole.delivered / max(whole.seconds, 0.001):,.0f} delivered in a second of it, "
            f"{counted(whole.requests, 'request')}"
        )


def _table(gathered: Gathered, now: float) -> Iterator[str]:
    """The shards that need something, and who has them."""
    open_ones = [each for each in by_need(gathered.standings) if each.state is not ShardState.COMPLETE]
    if not open_ones:
        return
    yield ""
    for line in aligned([_COLUMNS, *map(_row, open_ones[:_MOST_ROWS])]):
        yield f"  {line}"
    if len(open_ones) > _MOST_ROWS:
        yield f"  and {counted(len(open_ones) - _MOST_ROWS, 'more shard')}; --json has all"
    for each in open_ones[:_MOST_ROWS]:
        if each.state is ShardState.HELD:
            yield f"  {each.shard.index}: {worker_of(each, now)}"
