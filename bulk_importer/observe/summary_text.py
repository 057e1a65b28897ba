"""Says in words what came of a run: did it work, what became of the entries, what was found in them, what to do next.

Pure. Only what applies is said, so that a run without a fault is a few lines.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from bulk_importer.errors import ExitCode
from bulk_importer.observe.tasks import task_lines
from bulk_importer.observe.wording import source_called
from bulk_importer.readable import counted
from bulk_importer.summary import Books, RunState, Summary, Tally

__all__ = ["finding_lines", "media_lines", "origin_text", "route_text", "summary_text"]

# What has to be done before the same command again can go on, the message says.
_SAID = frozenset({ExitCode.USAGE, ExitCode.INPUT, ExitCode.BUDGET, ExitCode.CHECKPOINT, ExitCode.UNFINISHED})

_FATES = {
    "delivered": "delivered",
    "rejected": "rejected",
    "skipped": "skipped",
    "in_doubt": "unconfirmed",
    "owed": "not sent yet",
}
"""What may have become of an entry: the key of the summary, and the word for people."""
_MOST_CODES = 10
_MOST_MEDIA = 5
_MOST_NAMES = 8
_EXPECTED = frozenset({"classification-omitted"})
"""Notes that say nothing is amiss: a classification that need not be filled is not filled, in entry after entry."""


def summary_text(summary: Summary) -> str:
    """A few lines for a person: did it work and why not, counts, findings and where they are, what to do next."""
    return "\n".join(_lines(summary))


def route_text(facts: Mapping[str, Any]) -> str:
    """From where to where: of a summary, a status or a proof, by its keys."""
    project = facts["project_name"] or facts["project"]
    return f"{source_called(facts['source'])} -> project {project} at {facts['server']}"


def origin_text(findings: Mapping[str, int]) -> str:
    """What a source is that holds entries of an export, and what helps; empty for any other."""
    if "exported-entry" not in findings:
        return ""
    return (
        "The source is an export of DataGym, taken as entries because --from entries says so. Without that it is "
        "converted: its media are found by their names. 'bulk-importer explain exported-entry' says more."
    )


def media_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The media by what came of their entries; none where that is not known, or there are none of a kind."""
    numbers = (facts["media_delivered"], facts["media_undelivered"], facts["media_without_entry"])
    kinds = ("with labels from this source", "with an entry, but none delivered", "without an entry")
    words = ("media", "", "")
    known = [(number, kind) for number, kind in zip(numbers, kinds, strict=True) if number is not None]
    if known:
        shown = [known[0], *((number, kind) for number, kind in known[1:] if number)]
        yield from (
            f"  {word:12} {number:>11,} {kind}" for word, (number, kind) in zip(words, shown, strict=False)
        )


def finding_lines(findings: Mapping[str, int], severities: Mapping[str, str]) -> Iterator[str]:
    """The findings: errors first, then warnings, each by how many there are; notes in one line.

    Args:
        severities: what each code counts as: `error`, `warning` or `note`.
    """
    by_number = sorted(findings.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [
        (severity, code, count)
        for severity in ("error", "warning")
        for code, count in by_number
        if severities[code] == severity
    ]
    for severity, code, count in told[:_MOST_CODES]:
        yield f"  {severity:12} {count:>11,} x {code}"
    if len(told) > _MOST_CODES:
        yield f"  and {counted(len(told) - _MOST_CODES, 'more code')}; summary.json has all"
    notes = [
        f"{count:,} x {code}"
        for code, count in by_number
        if severities[code] == "note" and code not in _EXPECTED
    ]
    if notes:
        yield f"  notes        {', '.join(notes)}"


def _lines(summary: Summary) -> Iterator[str]:
    facts = summary.to_builtins()
    yield f"{_headline(summary)}: {_outcome(summary)}"
    yield f"  {route_text(facts)}"
    if summary.message:
        yield f"  {summary.message[0].upper()}{summary.message[1:]}"
    yield ""
    yield f"  {'entries':12} {summary.entries:>11,}"
    for name, word in _FATES.items():
        if facts[name] or name == "delivered":
            yield f"  {word:12} {facts[name]:>11,}"
    yield from media_lines(facts)
    yield from task_lines(summary.tasks)
    if summary.conversion is not None:
        yield from _converted(summary.conversion)
    yield from _this_run(summary)
    found = list(finding_lines(summary.findings, summary.severities))
    if found:
        yield ""
        yield "  What was found ('bulk-importer explain CODE' says what a code means):"
        yield from found
    yield from _next(summary)


def _headline(summary: Summary) -> str:
    is_settled = summary.entries and not (summary.owed or summary.in_doubt)
    if summary.exit_code == ExitCode.INPUT and is_settled:
        return "Complete up to the break in the source"
    if summary.state is RunState.COMPLETE and summary.this_run == Tally():
        return "Already complete; nothing was sent"
    if summary.tasks is not None and summary.state is not RunState.COMPLETE:
        return "Delivered, and tasks are left"
    return {
        RunState.RUNNING: "Running",
        RunState.COMPLETE: "Complete",
        RunState.STOPPED: "Stopped",
        RunState.FAILED: "Failed",
        RunState.KILLED: "Killed",
    }[summary.state]


def _outcome(summary: Summary) -> str:
    """What became of the entries, in a phrase."""
    if summary.delivered == summary.entries > 0:
        every = "the entry is" if summary.entries == 1 else f"all {summary.entries:,} entries are"
        return f"{every} delivered{_but_for(summary.conversion)}"
    parts = [f"{summary.delivered:,} of {counted(summary.entries, 'entry')} delivered"]
    facts = summary.to_builtins()
    parts += [
        f"{facts[name]:,} {word}" for name, word in _FATES.items() if facts[name] and name != "delivered"
    ]
    return ", ".join(parts)


def _but_for(books: Books | None) -> str:
    """What asks for exit code 1 where every entry is delivered."""
    if books is None or books.is_complete:
        return ""
    left = sum(books.left_behind.values())
    return (
        f", but {counted(left, 'object')} of the source left behind"
        if left
        else ", but not all that is said of them"
    )


def _converted(books: Books) -> Iterator[str]:
    """The account of a conversion: objects by class, and what was found, each with the most frequent ones."""
    read, left = sum(books.read.values()), sum(books.left_behind.values())
    yield f"  {'objects':12} {read:>11,} in the source ({books.format})"
    yield f"  {'carried':12} {read - left:>11,}{_named(books.carried)}"
    if left:
        yield f"  {'left behind':12} {left:>11,}{_named(books.left_behind)}"
    if books.findings:
        count = sum(books.findings.values())
        word = "because" if left else "noted"
        yield f"  {word:12} {count:>11,} {'finding' if count == 1 else 'findings'}{_named(books.findings)}"


def _named(counts: Mapping[str, int]) -> str:
    by_number = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [f"{name or '(no class)'} {count:,}" for name, count in by_number[:_MOST_NAMES]]
    more = [f"{len(counts) - _MOST_NAMES:,} more"] if len(counts) > _MOST_NAMES else []
    return f": {', '.join([*shown, *more])}" if counts else ""


def _this_run(summary: Summary) -> Iterator[str]:
    run = summary.this_run
    if run.seconds and run.delivered:
        yield (
            f"  {'this run':12} {run.delivered:>11,} delivered in {run.seconds:.1f} s, "
            f"{run.delivered / run.seconds:,.0f} a second, {counted(run.requests, 'request')}"
        )


def _next(summary: Summary) -> Iterator[str]:
    """Where to look, and what to do."""
    yield ""
    if origin := origin_text(summary.findings):
        yield f"  {origin}"
    if summary.rejected:
        yield f"  Rejected entries, and why: {summary.checkpoint}/rejected.jsonl"
        yield "  To send them again, fix them in a copy of that file, and run"
        yield f"      bulk-importer retry {shlex.quote(summary.checkpoint)} CORRECTED.jsonl"
    else:
        yield f"  Checkpoint: {summary.checkpoint}"
    if summary.in_doubt:
        yield from _unconfirmed(summary)
    if summary.state is not RunState.COMPLETE and summary.exit_code not in _SAID:
        yield "  The same command again resumes where this run stopped."


def _unconfirmed(summary: Summary) -> Iterator[str]:
    fate = "it, and it is" if summary.in_doubt == 1 else "them, and they are"
    yield (
        f"  The answers to {counted(summary.in_doubt, 'entry')} were lost: it is not known whether the server took "
        f"{fate} not sent again."
    )
    shown = ", ".join(summary.media_in_doubt[:_MOST_MEDIA])
    more = len(summary.media_in_doubt) - _MOST_MEDIA
    if shown:
        yield f"  Unconfirmed media: {shown}" + (f" and {more:,} more" if more > 0 else "")
