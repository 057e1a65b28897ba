"""Puts what a check found into words: groups of findings, the worst first, and what an import would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli.converting.account_text import account_lines
from bulk_importer.observe import finding_lines, origin_text, source_called
from bulk_importer.readable import counted

if TYPE_CHECKING:
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.pipeline.check.grouping import FindingGroup

__all__ = ["report_lines"]

_MOST_PLACES = 40
_MOST_VALUES = 5
_MOST_CLASSES = 20


def report_lines(report: CheckReport, findings_file: Path | None) -> Iterator[str]:
    """The report for people, line by line; `findings_file` is where all findings are, if anywhere."""
    yield (
        f"{source_called(report.source)}: {counted(report.entries, 'entry')}, {report.accepted:,} could be sent, "
        f"{report.rejected:,} would be rejected"
        + (f", {report.skipped:,} skipped" if report.skipped else "")
        + f" ({report.bytes / 1e6:,.1f} MB in {report.seconds:.1f} s)"
    )
    if report.message:
        yield f"  {report.message}"
    if report.conversion is not None:
        yield from account_lines(report.conversion)
    yield f"  checked     {'; '.join(report.checked)}"
    for phrase in report.unchecked:
        yield f"  unchecked   {phrase}"
    if origin := origin_text(report.findings):
        yield f"\n  {origin}"
    yield from _group_lines(report.groups, findings_file)
    yield from _notes(report)
    yield from _forecast(report)


def _group_lines(groups: Sequence[FindingGroup], findings_file: Path | None) -> Iterator[str]:
    """A paragraph for each code at each place, errors first, with the values that were found most often."""
    places: dict[tuple[str, str], list[FindingGroup]] = {}
    for group in groups:
        places.setdefault((group.code, group.path), []).append(group)
    ordered = sorted(places.values(), key=lambda each: (each[0].severity.value, -_total(each)))
    for at_place in ordered[:_MOST_PLACES]:
        yield from _place_lines(at_place)
    if len(ordered) > _MOST_PLACES:
        where = f"{findings_file} has all" if findings_file else "--findings FILE writes all"
        yield f"\n  and {counted(len(ordered) - _MOST_PLACES, 'more place')}; {where}"


def _notes(report: CheckReport) -> Iterator[str]:
    """What is only counted, in a line."""
    told = {group.code for group in report.groups}
    notes = {code: count for code, count in report.findings.items() if code not in told}
    if lines := list(finding_lines(notes, dict.fromkeys(notes, "note"))):
        yield ""
        yield from lines


def _place_lines(at_place: Sequence[FindingGroup]) -> Iterator[str]:
    from bulk_importer.pipeline.check.grouping import OTHERS

    first = at_place[0]
    yield ""
    yield f"  {_total(at_place):,} x {first.severity.value} {first.code} at {first.path or 'the entry itself'}"
    told_apart = sorted((each for each in at_place if each.found != OTHERS), key=lambda each: -each.count)
    for group in told_apart[:_MOST_VALUES]:
        expected = f", expected {group.expected}" if group.expected else ""
        yield f"      {group.count:,} x {group.found or 'nothing'}{expected}"
    rest = _total(at_place) - _total(told_apart[:_MOST_VALUES])
    if rest:
        yield f"      {rest:,} x {'another value' if rest == 1 else 'other values'}"
    examples = [each.example for each in at_place if each.example is not None]
    if examples:
        example = min(examples, key=lambda each: each.position)
        media = f", media {example.media_id}" if example.media_id else ""
        yield f"      first at position {example.position} (byte {example.offset}){media}: {example.pointer or '/'}"
    yield f"      {first.advice}"


def _total(groups: Sequence[FindingGroup]) -> int:
    return sum(group.count for group in groups)


def _forecast(report: CheckReport) -> Iterator[str]:
    """What an import would do."""
    yield ""
    yield "An import would send"
    yield f"  entries     {report.accepted:,}"
    if report.media_accepted is not None and report.media_rejected is not None:
        parts = [f"{report.media_accepted:,} would get something"]
        parts += (
            [f"{report.media_rejected:,} with nothing but rejected entries"] if report.media_rejected else []
        )
        parts += (
            [] if report.media_without_entry is None else [f"{report.media_without_entry:,} without an entry"]
        )
        yield f"  media       {', '.join(parts)}"
    mix = ", ".join(f"{count:,} x {keep}" for keep, count in report.keep_data.items())
    if mix:
        yield f"  keepData    {mix}"
    if report.replacing:
        yield f"  replaces    existing labels on {report.media_replaced:,} media ({report.replacing:,} entries)"
    shown = list(report.geometries.items())
    classes = ", ".join(f"{count:,} {key}" for key, count in shown[:_MOST_CLASSES])
    more = f" and {counted(len(shown) - _MOST_CLASSES, 'more class')}" if len(shown) > _MOST_CLASSES else ""
    yield f"  geometries  {sum(report.geometries.values()):,}" + (f": {classes}{more}" if classes else "")
