"""`bulk-importer plan`: divides one source among many workers, once it is checked."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.cli.parsing.options import add_settings, gather, refuse_flag
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.model import Severity
from bulk_importer.readable import agreeing, counted
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.distributed.values import Plan
    from bulk_importer.pipeline.check.checking import CheckReport

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "reading", "checking", "sending", "fleet"})
_NOT_OF_A_PLAN = ("limit", "engine", "scheduler")
_MOST_CODES = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `plan`."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="one source that every worker can read: a file that they share, http(s)://, s3://, gs://, az://",
    )
    parser.set_defaults(
        output_metavar="PLACE",
        output_type=str,
        output_help="where the plan is to lie: a folder that all workers share, s3://, gs:// or az://",
    )
    add_settings(parser, _SECTIONS, refused=_NOT_OF_A_PLAN)


def run(arguments: argparse.Namespace) -> int:
    """Make a plan; 0 when it lies at its place, 3 where the source cannot be read to its end."""
    from bulk_importer.machine.malloc import reuse_large_blocks

    for name in _NOT_OF_A_PLAN:
        refuse_flag(arguments, name, "in a plan, whose shards are imported whole, by 'bulk-importer work'")
    settings = gather(arguments).settings
    source, place = _asked(arguments, settings)
    reuse_large_blocks()
    plan, report = run_look_up(_make(source, settings, place))
    facts = _facts(place, plan, report)
    output.print_outcome(facts, _lines(place, plan, report, settings), as_json=arguments.json)
    return ExitCode.DELIVERED


def _asked(arguments: argparse.Namespace, settings: Settings) -> tuple[str, str]:
    """The source and the place of the plan."""
    if len(arguments.source) > 1:
        raise UsageError(
            f"A plan is of one source, and {len(arguments.source)} are named. Make a plan for each, with an "
            "--output of its own."
        )
    if arguments.output is None:
        raise UsageError(
            "Say where the plan is to lie: --output PLACE, a folder that all workers share, or a prefix in a bucket."
        )
    if not settings.server or not settings.project:
        raise UsageError("Say where to: --server URL and --project ID_OR_NAME are needed.")
    return arguments.source[0], arguments.output


async def _make(source: str, settings: Settings, spec: str) -> tuple[Plan, CheckReport | None]:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.distributed.places.open import open_place
    from bulk_importer.distributed.planning.planning import make_plan
    from bulk_importer.transfer.stop import StopSwitch

    reports: list[CheckReport] = []
    place = open_place(spec)
    token = Token.find(settings.token_file)
    stop = StopSwitch()
    with progress_display() as observer, stopping_on_signals(stop, kept="No plan is left half done"):
        async with stop.breaking_off():
            plan = await make_plan(
                source, settings, place, token=token, emit=observer, checked=reports.append
            )
    return plan, reports[0] if reports else None


def _facts(place: str, plan: Plan, report: CheckReport | None) -> dict[str, object]:
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


def _lines(place: str, plan: Plan, report: CheckReport | None, settings: Settings) -> Iterator[str]:
    """The plan for people, line by line; arguments as of `_facts`."""
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
    yield f"  bulk-importer work {shlex.quote(place)} --index 0" + (
        f"    (to {count - 1})" if count > 1 else ""
    )
    yield "and, at any time, for what came of it"
    yield f"  bulk-importer gather {shlex.quote(place)}"


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
        made = "without an entry there is 1, which is empty"
        if plan.entries:
            whole = counted(plan.entries, "entry")
            made = f"{whole} {agreeing(plan.entries, 'makes')} {count:,} of which none is empty"
        yield f"  fewer       {settings.shards:,} shards were asked for; {made}"
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
