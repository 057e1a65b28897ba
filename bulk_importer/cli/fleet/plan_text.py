"""Puts a plan into words: what became of the source, and what to run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.model import Severity
from bulk_importer.readable import agreeing, counted

if TYPE_CHECKING:
    from bulk_importer.distributed.values import Plan
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.settings import Settings

__all__ = ["facts_of_plan", "plan_lines"]

_MOST_CODES = 8


def facts_of_plan(place: str, plan: Plan, report: CheckReport | None) -> dict[str, object]:
    """The object that `bulk-importer plan --json` prints.

    Args:
        report: what the check found; None where the plan lay there already.
    """
    import msgspec

    sizes = [shard.entries for shard in plan.shards]
    return {
        "plan": place,
        "id": plan.id,
        "source": plan.source,
        "server": plan.server,
        "project": plan.project,
        "project_name": plan.project_name,
        "entries": plan.entries,
        "accepted": plan.accepted,
        "rejected": plan.rejected,
        "skipped": plan.skipped,
        "bytes": plan.bytes,
        "shards": len(plan.shards),
        "least_entries": min(sizes),
        "most_entries": max(sizes),
        "moved": sum(shard.moved for shard in plan.shards),
        "at_once": len(plan.seats),
        "is_new": report is not None,
        "check": None if report is None else msgspec.to_builtins(report),
    }


def plan_lines(place: str, plan: Plan, report: CheckReport | None, settings: Settings) -> Iterator[str]:
    """The plan for people, line by line; arguments as of `facts_of_plan`."""
    if report is not None:
        yield from _check_lines(report)
    count = len(plan.shards)
    yield (
        f"{place}: {counted(count, 'shard')}, {_range([shard.entries for shard in plan.shards], 'entry')}"
        + (f" each, {_range([shard.bytes for shard in plan.shards], 'byte')}" if plan.entries else "")
        + ("" if report is not None else "; it lay there already")
    )
    yield from _remarks(plan, settings)
    yield f"  at a time   {counted(len(plan.seats), 'worker')} may send, all others wait for a seat"
    yield ""
    yield "To import it, once for each shard, on machines that see the source and the plan"
    yield f"  bulk-importer work {place} --index 0" + (f"    (to {count - 1})" if count > 1 else "")
    yield "and, at any time, for what came of it"
    yield f"  bulk-importer gather {place}"


def _check_lines(report: CheckReport) -> Iterator[str]:
    """What an import would send, and the findings that are met most often."""
    yield (
        f"{report.source}: {counted(report.entries, 'entry')}, {report.accepted:,} could be sent, "
        f"{report.rejected:,} would be rejected"
        + (f", {report.skipped:,} skipped" if report.skipped else "")
        + f" ({report.bytes / 1e6:,.1f} MB in {report.seconds:.1f} s)"
    )
    for phrase in report.unchecked:
        yield f"  unchecked   {phrase}"
    severities = {group.code: group.severity for group in report.groups}
    told = [
        (severity, code, report.findings.get(code, 0))
        for severity in (Severity.ERROR, Severity.WARNING)
        for code, of_code in severities.items()
        if of_code is severity
    ]
    for severity, code, count in told[:_MOST_CODES]:
        yield f"  {severity.value:11} {count:,} x {code}"
    if told:
        yield f"  'bulk-importer check {shlex.quote(report.source)}' with the same flags says where, and what to do"


def _remarks(plan: Plan, settings: Settings) -> Iterator[str]:
    count = len(plan.shards)
    if settings.shards is not None and count < settings.shards:
        yield (
            f"  fewer       {settings.shards:,} shards were asked for; {counted(plan.entries, 'entry')} "
            f"{agreeing(plan.entries, 'makes')} {count:,} of which none is empty"
        )
    moved = sum(shard.moved for shard in plan.shards)
    if moved:
        yield (
            f"  moved       {counted(moved, 'entry', 'is')} in another shard than the entries around, so that all of "
            "a media are in one"
        )
    if plan.accepted + plan.rejected and settings.max_errors.is_exceeded(plan.rejected, plan.entries):
        yield (
            f"  budget      {counted(plan.rejected, 'entry')} would be rejected, more than --max-errors "
            f"{settings.max_errors} allows: shards will end early; fix the source, or raise it, and plan anew"
        )


def _range(sizes: list[int], noun: str) -> str:
    least, most = min(sizes), max(sizes)
    return counted(most, noun) if least == most else f"{least:,} to {counted(most, noun)}"
