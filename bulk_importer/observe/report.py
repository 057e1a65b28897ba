"""Says in words what came of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bulk_importer.errors import ExitCode
from bulk_importer.summary import RunState, Summary

__all__ = ["origin_text", "summary_text"]

# What has to be done before the same command again can go on, the message says.
_SAID = frozenset({ExitCode.USAGE, ExitCode.INPUT, ExitCode.BUDGET, ExitCode.CHECKPOINT, ExitCode.UNFINISHED})


def summary_text(summary: Summary) -> str:
    """A few lines for a person: how it stands, what became of the entries, where to look, what to run next."""
    return "\n".join(_lines(summary))


def origin_text(findings: Mapping[str, int]) -> str:
    """What a source is that holds entries of an export, and what helps; empty for any other."""
    if "exported-entry" not in findings:
        return ""
    return (
        "The source is an export of DataGym, taken as entries because --from entries says so. Without that it is "
        "converted: its media are found by their names. 'bulk-importer explain exported-entry' says more."
    )


def _lines(summary: Summary) -> Iterator[str]:
    yield f"{_headline(summary)}: {summary.source} -> project {summary.project} at {summary.server}"
    yield f"  entries     {summary.entries:>12,}"
    for name in ("delivered", "rejected", "skipped", "in_doubt", "owed"):
        count = getattr(summary, name)
        if count or name == "delivered":
            yield f"  {name.replace('_', ' '):11} {count:>12,}"
    if summary.media is not None:
        others = summary.media_not_mentioned
        rest = "" if others is None else f"; {others:,} of the project are not mentioned"
        yield f"  media       {summary.media:>12,} mentioned{rest}"
    seconds = summary.this_run.seconds
    if seconds and summary.this_run.delivered:
        yield (
            f"  this run    {summary.this_run.delivered:>12,} delivered in {seconds:.1f} s, "
            f"{summary.this_run.delivered / seconds:,.0f} a second, {summary.this_run.requests:,} requests"
        )
    if summary.findings:
        yield "  findings ('bulk-importer explain CODE' says what one means):"
        for code, count in sorted(summary.findings.items(), key=lambda pair: -pair[1]):
            yield f"    {count:>10,}  {code}"
    yield f"  checkpoint  {summary.checkpoint}"
    if summary.message:
        yield f"  {summary.message}"
    yield from _advice(summary)


def _headline(summary: Summary) -> str:
    if summary.state is RunState.COMPLETE and summary.exit_code == ExitCode.INPUT:
        return "Complete up to the break in the source"
    return {
        RunState.RUNNING: "Running",
        RunState.COMPLETE: "Complete",
        RunState.STOPPED: "Stopped",
        RunState.FAILED: "Failed",
    }[summary.state]


def _advice(summary: Summary) -> Iterator[str]:
    if origin := origin_text(summary.findings):
        yield f"  {origin}"
    if summary.rejected:
        yield f"  What was rejected, and why: {summary.checkpoint}/rejected.jsonl"
        yield "  Later entries of the same media were sent all the same; 'retry' feeds the rejected ones behind them."
    if summary.in_doubt:
        shown = ", ".join(summary.media_in_doubt[:5])
        more = len(summary.media_in_doubt) - 5
        yield (
            f"  The answers to {summary.in_doubt:,} entries were lost: it is not known whether the server took them, "
            "and they are not sent again."
        )
        if shown:
            yield f"  Media in doubt: {shown}" + (f" and {more:,} more" if more > 0 else "")
    if summary.state is not RunState.COMPLETE and summary.exit_code not in _SAID:
        yield "  The same command again goes on where this run stopped."
