"""`bulk-importer check`: everything that `import` would refuse, found without sending a label."""

from __future__ import annotations

import argparse
import asyncio
import errno
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from bulk_importer.cli import messages, output
from bulk_importer.cli.importing.arguments import NOT_CHECKED, add_source_arguments
from bulk_importer.cli.importing.check_text import report_lines
from bulk_importer.cli.importing.patterns import expanded
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.cli.parsing.options import gather
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.cli.reporting.places import report_path, with_reports
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important
from bulk_importer.files.small_files import reason_unwritten
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.fleet.engine.judging import Judges
    from bulk_importer.cli.reporting.images import Images
    from bulk_importer.cli.reporting.samples import Samples
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Observer
    from bulk_importer.formats.model import Left
    from bulk_importer.model import Finding, Rejection
    from bulk_importer.pipeline.check.checking import CheckReport
    from bulk_importer.pipeline.ruleset import RuleSet
    from bulk_importer.pipeline.wiped.mentions import Mentions

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `check`."""
    parser.add_argument(
        "--findings", type=Path, metavar="FILE", help="write every finding there, as JSON Lines"
    )
    parser.add_argument(
        "--sample", type=_count, metavar="N", help="look at the first N entries, and no further"
    )
    add_source_arguments(parser, dry_run_help="a check sends nothing; as with 'import --dry-run'")


def run(arguments: argparse.Namespace) -> int:
    """Check one source after the other; 0, 1 where there are errors, 3 where a source cannot be read to its end.

    Args:
        arguments: those of `check`, or of `import --dry-run`.
    """
    from bulk_importer.cli.importing.check_json import together
    from bulk_importer.machine.malloc import reuse_large_blocks

    settings = gather(arguments, unused=NOT_CHECKED).settings
    sources = expanded(arguments.source, settings)
    reuse_large_blocks()
    path = report_path(settings, sources, "check")
    if settings.report is not None and path is not None:
        _refuse_unusable(path)
    images = None if path is None else _images(settings)
    with ExitStack() as opened:
        file = opened.enter_context(_created(arguments.findings)) if arguments.findings else None
        heard = _Heard(file, is_sampled=path is not None)
        reports = run_look_up(_check_all(sources, settings, arguments.sample, heard))
    lines = [
        line
        for report in reports
        if report.checked  # else it could not be read, which was said
        for line in report_lines(report, arguments.findings)
    ]
    if settings.report is None and not any(report.checked for report in reports):
        path = None
    is_written = path is not None and images is not None and _report(path, reports, heard.samples, images)
    lines += [f"  Report: {path}"] if is_written else []
    facts = with_reports(together(reports), [path if is_written else None] * len(reports))
    output.print_outcome(facts, lines, as_json=arguments.json)
    return most_important([ExitCode(report.exit_code) for report in reports])


def _refuse_unusable(report: Path) -> None:
    from bulk_importer.cli.reporting.writing import refuse_unusable

    refuse_unusable(report, "--report")


def _images(settings: Settings) -> Images:
    from bulk_importer.cli.reporting.images import Images

    return Images(settings.images)


def _report(path: Path, reports: Sequence[CheckReport], samples: Sequence[Samples], images: Images) -> bool:
    """Write the page that says what was found; whether it is there."""
    from bulk_importer.cli.reporting.checks import chapter_of_check
    from bulk_importer.cli.reporting.writing import try_to_write

    chapters = list(map(chapter_of_check, reports, samples, repeat(images)))
    return try_to_write(path, chapters, image_hosts=images.hosts)


async def _check_all(
    sources: Sequence[str], settings: Settings, sample: int | None, heard: _Heard
) -> list[CheckReport]:
    from bulk_importer.cli.fleet.engine.judging import judges_of
    from bulk_importer.cli.importing.check_json import unread
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.library.rulesets import scratch_folder
    from bulk_importer.pipeline.wiped.mentions import Mentions

    reports: list[CheckReport] = []
    async with AsyncExitStack() as opened:
        folder, observer = opened.enter_context(scratch_folder()), opened.enter_context(progress_display())
        judges = await opened.enter_async_context(judges_of(settings))
        others = Mentions() if len(sources) > 1 else None
        check = _Checks(Token.find(settings.token_file), observer, folder, sample, heard, others)
        await check.gather_rules(settings)
        for number, source in enumerate(sources):
            heard.begin()
            try:
                report = await check.one(source, settings, folder / f"{number}", judges)
            except BulkImporterError as error:
                messages.complain(str(error))
                report = unread(source, error)
            reports.append(report)
    return reports


class _Checks:
    """The checks of one command, one source after the other.

    Args:
        folder: a temporary one, for the index of the media.
        heard: takes what is found.
        others: what the sources so far mention; None where there is only one.
    """

    def __init__(
        self,
        token: Token,
        emit: Observer,
        folder: Path,
        sample: int | None,
        heard: _Heard,
        others: Mentions | None,
    ) -> None:
        self._token = token
        self._emit = emit
        self._folder = folder
        self._sample = sample
        self._heard = heard
        self._others = others
        self._rulesets: dict[Settings, RuleSet] = {}  # filled by `gather_rules`

    async def gather_rules(self, settings: Settings) -> RuleSet:
        """What entries are checked against with these settings; asked for once."""
        from bulk_importer.library.rulesets import ruleset_for

        if settings not in self._rulesets:
            self._rulesets[settings] = await ruleset_for(settings, self._token, self._folder, self._emit)
        return self._rulesets[settings]

    async def one(self, source: str, settings: Settings, folder: Path, judges: Judges) -> CheckReport:
        """The report on one source, converted into `folder` first where another tool wrote it."""
        from bulk_importer.intake import IntakeOptions
        from bulk_importer.library.checking import CheckListener, check_source
        from bulk_importer.library.converting import opened_labels

        async with opened_labels(
            source, settings, folder, token=self._token, emit=self._emit, found=self._heard.found
        ) as labels:
            rules = await self.gather_rules(labels.settings)
            ruleset = await asyncio.to_thread(rules.for_source_in, folder)
            report = await check_source(
                labels.source,
                judges(IntakeOptions.of(labels.settings)),
                ruleset,
                self._emit,
                sample=self._sample,
                listener=CheckListener(found=self._heard.found, rejected=self._heard.rejected),
                others=self._others,
            )
        return report.after(labels.books)


class _Heard:
    """What checks find, as it is found: each finding goes to a file, a few entries are kept for the report.

    Args:
        file: None where nobody asked for one.
        is_sampled: a report is wanted.
    """

    def __init__(self, file: BinaryIO | None, *, is_sampled: bool) -> None:
        self._file = file
        self._is_sampled = is_sampled
        self.samples: list[Samples] = []  # one for each source; added by `begin`, filled by `rejected`

    def begin(self) -> None:
        """The next source begins."""
        if self._is_sampled:
            from bulk_importer.cli.reporting.samples import Samples

            self.samples.append(Samples())

    def found(self, finding: Finding | Left) -> None:
        """Take a finding."""
        if self._file is not None:
            self._file.write(msgspec.json.encode(finding) + b"\n")

    def rejected(self, rejection: Rejection) -> None:
        """Take an entry that would be rejected."""
        if self.samples:
            self.samples[-1].meet(rejection)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of entries, 1 or more")
    return int(text)


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    """The file for the findings; what goes wrong with it is a `UsageError`."""
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        remedy = "Make room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Fix that"
        raise UsageError(
            f"--findings {path} cannot be written: {reason_unwritten(error)}. {remedy}, or name another file."
        ) from error
