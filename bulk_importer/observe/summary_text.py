"""Says in words what came of a run: did it work, what became of the entries, what was found in them, what to do next.

Pure. Only what applies is said, so that a run without a fault is a few lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bulk_importer.observe.outcome import FATES, headline, next_steps, outcome
from bulk_importer.observe.tasks import task_lines
from bulk_importer.observe.wording import capitalized, source_called
from bulk_importer.readable import counted
from bulk_importer.summary import Books, RunState, Summary, Tally

__all__ = ["finding_lines", "media_lines", "route_text", "summary_text"]

_MOST_CODES = 10
_MOST_NAMES = 8
_EXPECTED = frozenset({"classification-omitted"})
"""Notes that say nothing is amiss: a classification that need not be filled is not filled, in entry after entry."""


def summary_text(summary: Summary, *, plan: str = "") -> str:
    """A few lines for a person: did it work and why not, counts, findings and where they are, what to do next.

    Args:
        plan: as of `next_steps`.
    """
    return "\n".join(_lines(summary, plan))


def route_text(facts: Mapping[str, Any]) -> str:
    """From where to where: of a summary, a status or a proof, by its keys."""
    project = facts["project_name"] or facts["project"]
    return f"{source_called(facts['source'])} -> project {project} at {facts['server']}"


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


def _lines(summary: Summary, plan: str) -> Iterator[str]:
    facts = summary.to_builtins()
    yield f"{_headline(summary)}: {outcome(summary)}"
    yield f"  {route_text(facts)}"
    if summary.message:
        yield f"  {capitalized(summary.message)}"
    yield ""
    yield f"  {'entries':12} {summary.entries:>11,}"
    for name, word in FATES.items():
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
    yield from _next(summary, plan)


def _headline(summary: Summary) -> str:
    """How it stands; of a run that found nothing to do, that too."""
    if summary.state is RunState.COMPLETE and summary.this_run == Tally():
        return "Already complete; nothing was sent"
    return headline(summary)


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


def _next(summary: Summary, plan: str) -> Iterator[str]:
    """Where to look, and what to do."""
    yield ""
    for step in next_steps(summary, plan=plan):
        yield f"  {step.text}" + (f": {step.path}" if step.path else "")
        if step.command:
            yield f"      {step.command}"
