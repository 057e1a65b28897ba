"""Makes a chapter of what a check found in one source."""

from __future__ import annotations

from collections.abc import Iterator

from bulk_importer.cli.reporting.accounts import ledger_of_books
from bulk_importer.cli.reporting.images import Images
from bulk_importer.cli.reporting.kinds import found_of, verdict_of_code
from bulk_importer.cli.reporting.samples import Samples
from bulk_importer.errors import ExitCode
from bulk_importer.observe import source_called
from bulk_importer.observe.outcome import Step, origin_text
from bulk_importer.observe.report import Chapter, Count, Particulars, Place
from bulk_importer.pipeline.check.checking import CheckReport
from bulk_importer.readable import counted

__all__ = ["chapter_of_check"]

_HEADLINES = {
    ExitCode.DELIVERED: "All of it could be sent",
    ExitCode.REJECTIONS: "Not all of it could be sent",
}


def chapter_of_check(report: CheckReport, samples: Samples, images: Images) -> Chapter:
    """All that there is to say of a source that was checked."""
    severities = {group.code: group.severity.value for group in report.groups}
    books = report.conversion
    fates = f"{report.accepted:,} could be sent, {report.rejected:,} would be rejected"
    return Chapter(
        name=source_called(report.source),
        verdict=verdict_of_code(report.exit_code),
        headline=_HEADLINES.get(ExitCode(report.exit_code), "The check could not be finished"),
        outcome=f"{counted(report.entries, 'entry')}: {fates}",
        route=_route(report),
        message=report.message,
        counts=list(_counts(report)),
        missing_title="What an import would leave out",
        missing=list(_missing(report)),
        steps=list(_steps(report)),
        ledgers=[] if books is None else [ledger_of_books(books)],
        classes=report.geometries,
        findings=found_of(report.findings, severities),
        places=[
            Place(
                code=each.code,
                path=each.path,
                found=each.found,
                expected=each.expected,
                count=each.count,
                first=None if each.example is None else each.example.position,
            )
            for each in report.groups
        ],
        examples_title="Entries that would be rejected",
        examples=samples.examples(report.findings, images.known_by(None)),
        particulars=Particulars(
            facts=list(_facts(report)), checked=report.checked, unchecked=report.unchecked
        ),
    )


def _route(report: CheckReport) -> str:
    """What was checked, and against which project of which server."""
    against = f" against project {report.project_name} at {report.server}" if report.server else ""
    return f"{source_called(report.source)}{against}"


def _counts(report: CheckReport) -> Iterator[Count]:
    yield Count("entries", report.entries)
    yield Count("could be sent", report.accepted)
    yield Count("would be rejected", report.rejected, is_bad=True)
    if report.skipped:
        yield Count("skipped", report.skipped)
    if report.media_accepted is not None:
        yield Count("media that would get labels", report.media_accepted)
    if report.media_replaced is not None:
        yield Count("media whose labels would be replaced", report.media_replaced)


def _missing(report: CheckReport) -> Iterator[str]:
    if report.rejected:
        yield f"{counted(report.rejected, 'entry')} with errors."
    if report.media_rejected:
        yield f"{counted(report.media_rejected, 'media')} with nothing but rejected entries."
    if report.media_without_entry:
        yield f"{counted(report.media_without_entry, 'media')} of the project without an entry."
    if report.conversion is not None and (left := sum(report.conversion.left_behind.values())):
        yield f"{counted(left, 'object')} left behind by the conversion."
    if report.message and report.checked:
        yield "What stands behind the place where the source breaks off."
    elif report.message:
        yield "All of it: nothing could be read."


def _steps(report: CheckReport) -> Iterator[Step]:
    if origin := origin_text(report.findings):
        yield Step(origin)
    if report.message:
        broken = "Fix the source where it breaks off" if report.checked else "Do what is said above"
        yield Step(f"{broken}, and check it again.")
    if report.rejected:
        fixing = "Fix what was found, in the source, and check it again"
        importing = "; or import it: what is right is sent, unless --max-errors is exceeded"
        yield Step(f"{fixing}{importing if report.accepted else ''}.")
    if not report.entries and not report.message:
        yield Step("There is nothing to import: the source has no entries.")
    elif not report.rejected and not report.message:
        yield Step("The same command with 'import' in place of 'check' sends it.")


def _facts(report: CheckReport) -> list[tuple[str, str]]:
    keeps = ", ".join(f"{count:,} x {keep}" for keep, count in report.keep_data.items())
    known = {
        "source": source_called(report.source),
        "server": report.server,
        "project": f"{report.project_name} ({report.project})" if report.project else "",
        "exit code": str(int(report.exit_code)),
        "read": f"{report.bytes:,} bytes in {report.seconds:,.1f} s",
        "keepData": keeps,
        "media replaced by": f"{counted(report.replacing, 'entry')}" if report.replacing else "",
    }
    return [(key, value) for key, value in known.items() if value]
