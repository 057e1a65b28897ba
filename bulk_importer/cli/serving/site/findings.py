"""Makes of what a check found what the page of an upload shows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bulk_importer.cli.serving.site.wording import for_labellers
from bulk_importer.observe.markup import Markup
from bulk_importer.observe.page.upload.values import Picture, Wrong
from bulk_importer.pipeline.check.grouping import OTHERS
from bulk_importer.readable import counted

if TYPE_CHECKING:
    from bulk_importer.cli.serving.work.checking import Example, Found
    from bulk_importer.model import Finding
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.pipeline.check.grouping import FindingGroup

__all__ = ["MOST_PLACES", "account_of", "forecast_of", "pictures_of", "wrong_in"]

MOST_PLACES = 40
_MOST_VALUES = 5
_MOST_CLASSES = 20
_MOST_WRONG = 6
_LARGEST_PICTURE = 48 << 10


def wrong_in(report: CheckReport) -> list[Wrong]:
    """What was found, a value for each code at each place, errors first, and then what there is most of."""
    places: dict[tuple[str, str], list[FindingGroup]] = {}
    for group in report.groups:
        places.setdefault((group.code, group.path), []).append(group)
    ordered = sorted(
        places.values(), key=lambda each: (each[0].severity.value, -sum(group.count for group in each))
    )
    return [_wrong(each) for each in ordered]


def _wrong(groups: Sequence[FindingGroup]) -> Wrong:
    first = groups[0]
    most = sorted((each for each in groups if each.found != OTHERS), key=lambda each: -each.count) or groups
    shown = [(each.found, each.count) for each in most[:_MOST_VALUES] if each.found and each.found != OTHERS]
    others = sum(each.count for each in groups) - sum(count for _, count in shown)
    return Wrong(
        code=first.code,
        severity=first.severity.value,
        count=sum(each.count for each in groups),
        place=first.path,
        found=(*shown, *([("other values", others)] if shown and others else [])),
        expected=most[0].expected,
        advice=for_labellers(first.advice),
    )


def pictures_of(found: Found) -> tuple[Picture, ...]:
    """The examples of rejected entries, drawn."""
    return tuple(map(_picture, found.examples))


def _picture(example: Example) -> Picture:
    from msgspec import to_builtins

    from bulk_importer.observe.drawing.pictures import picture_of

    first = example.findings[0]
    drawn = picture_of(example.entry, [to_builtins(each) for each in example.findings])
    media = f", media {first.media_id}" if first.media_id else ""
    wrong = [_said(each) for each in example.findings]
    more = len(wrong) - _MOST_WRONG
    return Picture(
        title=f"Entry {first.position}{media}",
        svg=Markup(drawn.svg) if drawn is not None and len(drawn.svg) <= _LARGEST_PICTURE else None,
        text="" if drawn is None else drawn.text,
        wrong=(*wrong[:_MOST_WRONG], *([f"and {more:,} more"] if more > 0 else [])),
    )


def _said(finding: Finding) -> str:
    """What is wrong, in a line."""
    values = [f"found {finding.found}"] if finding.found else []
    values += [f"expected {finding.expected}"] if finding.expected else []
    compared = f"{', '.join(values)}. " if values else ""
    return f"{finding.code} at {finding.pointer or 'the entry itself'}: {compared}{for_labellers(finding.advice)}"


def forecast_of(report: CheckReport) -> Iterator[tuple[str, str]]:
    """What an import would do, in numbers, by what they count."""
    yield "Entries", f"{report.entries:,}"
    yield "Would be sent", f"{report.accepted:,}"
    yield "Would be rejected", f"{report.rejected:,}"
    if report.skipped:
        yield "Hold no labels of a media", f"{report.skipped:,}"
    if report.media_accepted is not None:
        yield "Media that would get something", f"{report.media_accepted:,}"
    if report.media_rejected:
        yield "Media with nothing but rejected entries", f"{report.media_rejected:,}"
    if report.media_without_entry is not None:
        yield "Media of the project without an entry", f"{report.media_without_entry:,}"
    if report.replacing:
        yield "Media whose labels would be replaced", f"{report.media_replaced:,}"
    shown = list(report.geometries.items())
    if shown:
        classes = ", ".join(f"{count:,} {key}" for key, count in shown[:_MOST_CLASSES])
        more = (
            f" and {counted(len(shown) - _MOST_CLASSES, 'more class')}" if len(shown) > _MOST_CLASSES else ""
        )
        yield "Geometries", f"{sum(report.geometries.values()):,}: {classes}{more}"
    yield "Checked", "; ".join(report.checked)
    if report.unchecked:
        yield "Not checked", "; ".join(report.unchecked)


def account_of(report: CheckReport) -> tuple[tuple[str, int, int], ...]:
    """What becomes of the labels of another tool: class, read, carried; nothing where there are none."""
    books = report.conversion
    if books is None:
        return ()
    ordered = sorted(books.read, key=lambda each: -books.read[each])
    return tuple((label, books.read[label], books.carried.get(label, 0)) for label in ordered[:MOST_PLACES])
