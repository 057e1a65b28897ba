"""Makes the chapter of a report that is about all shards of a plan."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from bulk_importer.cli.fleet.together.naming import by_need, states_text
from bulk_importer.cli.fleet.together.text import headline_of, outcome_of, worker_of
from bulk_importer.cli.reporting.kinds import found_of, verdict_of
from bulk_importer.distributed.gathering.totals import wall_seconds
from bulk_importer.distributed.gathering.values import Gathered, ShardState, Standing
from bulk_importer.observe import route_text, source_called
from bulk_importer.observe.outcome import FATES, Step
from bulk_importer.observe.report import Chapter, Count, Example, Particulars, Table
from bulk_importer.observe.timeline.values import Course
from bulk_importer.readable import counted
from bulk_importer.settings import definitions
from bulk_importer.summary import RunState, Summary

__all__ = ["chapter_of_all"]

_ASKS = frozenset({"rejected", "in_doubt", "owed"})
_MOST_ROWS = 200
_COLUMNS = ("shard", "state", "worker", "takeovers", "entries", "delivered", "rejected", "left", "seconds")


def chapter_of_all(
    gathered: Gathered, whole: Summary, steps: Sequence[Step], course: Course, examples: Sequence[Example]
) -> Chapter:
    """All that there is to say of a plan.

    Args:
        whole: what the shards add up to.
        steps: what to do.
        course: of all shards together.
        examples: of rejected entries.
    """
    return Chapter(
        name=source_called(gathered.plan.source),
        verdict=verdict_of(whole),
        headline=headline_of(gathered, whole),
        outcome=outcome_of(gathered, whole),
        route=route_text(whole.to_builtins()),
        message=whole.message,
        counts=list(_counts(gathered, whole)),
        missing=list(_missing(gathered, whole)),
        steps=steps,
        kept=list(_kept(whole)),
        classes_title="Labels by class",
        classes_caption=f"Geometries of {counted(course.classes_of, 'entry')} that passed the checks, by class",
        classes=course.classes,
        tables=[_table(gathered.standings)],
        course=course,
        total=gathered.plan.entries,
        findings=found_of(whole.findings, whole.severities),
        examples=examples,
        particulars=Particulars(facts=list(_facts(gathered, whole)), settings=list(_settings(gathered))),
    )


def _counts(gathered: Gathered, whole: Summary) -> Iterator[Count]:
    facts, is_over = whole.to_builtins(), whole.state is not RunState.RUNNING
    yield Count("entries", gathered.plan.entries)
    for name, word in FATES.items():
        if facts[name] or name in ("delivered", "rejected"):
            yield Count(word, facts[name], is_bad=name in _ASKS and (is_over or name == "rejected"))
    if unread := gathered.plan.entries - whole.entries:
        yield Count("not read yet", unread, is_bad=is_over)
    complete = sum(each.state is ShardState.COMPLETE for each in gathered.standings)
    yield Count("shards", len(gathered.standings))
    yield Count("complete", complete)
    if whole.media_delivered is not None:
        yield Count("media with labels", whole.media_delivered)


def _missing(gathered: Gathered, whole: Summary) -> Iterator[str]:
    yield from (f"What is on record does not add up: {it.text}." for it in gathered.claims if not it.holds)
    if whole.rejected:
        yield f"{counted(whole.rejected, 'entry', 'was')} rejected; 'What was found' says why."
    if whole.in_doubt:
        yield f"{counted(whole.in_doubt, 'entry', 'is')} unconfirmed: the answers of the server were lost."
    if doubted := sum(each.in_doubt_in_retries for each in gathered.standings):
        yield f"{counted(doubted, 'entry', 'is')} unconfirmed in a retry."
    if whole.owed:
        yield f"{counted(whole.owed, 'entry', 'is')} not sent yet."
    if unread := gathered.plan.entries - whole.entries:
        yield f"{counted(unread, 'entry', 'was')} not read yet."
    if whole.media_undelivered:
        yield f"{counted(whole.media_undelivered, 'media', 'has')} an entry, and none was delivered."
    if whole.media_without_entry:
        yield f"{counted(whole.media_without_entry, 'media')} of the project without an entry."


def _kept(whole: Summary) -> Iterator[Step]:
    """What is known of the labels that were deleted."""
    replacement = whole.replacement
    if replacement is None:
        return
    if replacement.media is None:
        yield Step("It is not known which media held labels that were replaced.")
    else:
        bound = "" if replacement.is_exact else "at most "
        yield Step(
            f"Labels of {bound}{counted(replacement.media, 'media')} were to be replaced (keepData false). Each shard "
            "keeps what its media held before, where that was asked for: see 'bulk-importer undo'."
        )


def _table(standings: Sequence[Standing]) -> Table:
    """The shards that need something first; of very many not all."""
    now, shown = time.time(), by_need(standings)
    more = len(shown) - _MOST_ROWS
    note = f"And {counted(more, 'more shard')}: {states_text(shown[_MOST_ROWS:])}." if more > 0 else ""
    return Table(
        title="Shards",
        caption=f"The shards, those first that need something: {states_text(standings)}",
        columns=_COLUMNS,
        rows=[_row(each, now) for each in shown[:_MOST_ROWS]],
        numbers=len(_COLUMNS) - 3,
        note=note,
    )


def _row(standing: Standing, now: float) -> tuple[str, ...]:
    summary, holder = standing.summary, standing.holder
    left = standing.shard.entries
    counts: tuple[int, ...] = (0, 0)
    if summary is not None:
        left += summary.owed + summary.in_doubt - summary.entries
        counts = (summary.delivered, summary.rejected)
    return (
        str(standing.shard.index),
        str(standing.state),
        worker_of(standing, now),
        str(0 if holder is None else holder.epoch - 1),
        f"{standing.shard.entries:,}",
        *(f"{count:,}" for count in counts),
        f"{left:,}",
        "" if summary is None else f"{summary.seconds:,.1f}",
    )


def _facts(gathered: Gathered, whole: Summary) -> Iterator[tuple[str, str]]:
    plan, seconds = gathered.plan, wall_seconds(gathered)
    workers = {each.holder.name for each in gathered.standings if each.holder is not None}
    known = {
        "source": source_called(plan.source),
        "server": plan.server,
        "project": f"{plan.project_name} ({plan.project})" if plan.project_name else plan.project,
        "plan": f"{gathered.place} ({plan.id})",
        "seats": f"{counted(len(plan.seats), 'worker')} at a time, {sum(it.max_in_flight for it in plan.seats):,} "
        "requests in flight",
        "workers": f"{len(workers):,}" if workers else "",
        "first begun": whole.started,
        "latest record": whole.ended,
        "from then to then": "" if seconds is None else f"{seconds:,.1f} s",
        "time of all workers": f"{whole.seconds:,.1f} s" if whole.seconds else "",
        "requests": f"{whole.requests:,}, {whole.retries:,} of them sent again" if whole.requests else "",
        "read": f"{whole.bytes:,} bytes",
        "version": f"bulk-importer {version('bulk-importer')}, Python {platform.python_version()}",
    }
    yield from ((key, value) for key, value in known.items() if value)
    yield from (("proven", claim.text) for claim in gathered.claims if claim.holds)


def _settings(gathered: Gathered) -> Iterator[tuple[str, str]]:
    """Those that the plan was made with, where they are not as they are by default."""
    flags = {each.name: (each.flag, each.default) for each in definitions()}
    for name, value in gathered.plan.settings.items():
        flag, default = flags.get(name, (name, None))
        if value != default:
            yield flag, str(value)
