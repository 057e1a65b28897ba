"""`bulk-importer check`: everything that `import` would refuse, found without sending a label."""

from __future__ import annotations

import argparse
import errno
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bulk_importer.cli import messages, output
from bulk_importer.cli.importing.arguments import NOT_CHECKED, add_source_arguments
from bulk_importer.cli.importing.check_text import report_lines
from bulk_importer.cli.importing.patterns import expanded
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.cli.parsing.options import gather
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important
from bulk_importer.files.small_files import reason_of
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.model import Finding
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
    sources = expanded(arguments.source)
    reuse_large_blocks()
    with ExitStack() as opened:
        file = opened.enter_context(_created(arguments.findings)) if arguments.findings else None
        reports = run_look_up(_check_all(sources, settings, arguments.sample, file))
    lines = (
        line
        for report in reports
        if report.checked  # else it could not be read, which was said
        for line in report_lines(report, arguments.findings)
    )
    output.print_outcome(together(reports), lines, as_json=arguments.json)
    return most_important([ExitCode(report.exit_code) for report in reports])


async def _check_all(
    sources: Sequence[str], settings: Settings, sample: int | None, file: BinaryIO | None
) -> list[CheckReport]:
    from bulk_importer.cli.importing.check_json import unread
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.library.rulesets import ruleset_for, scratch_folder
    from bulk_importer.pipeline.wiped.mentions import Mentions

    reports: list[CheckReport] = []
    others = Mentions() if len(sources) > 1 else None
    token = Token.find(settings.token_file)
    with scratch_folder() as folder, progress_display() as observer:
        ruleset = await ruleset_for(settings, token, folder, observer)
        for source in sources:
            try:
                report = await _check_one(source, settings, ruleset, sample, file, observer, others)
            except BulkImporterError as error:
                messages.complain(str(error))
                report = unread(source, error)
            reports.append(report)
    return reports


async def _check_one(
    source: str,
    settings: Settings,
    ruleset: RuleSet,
    sample: int | None,
    file: BinaryIO | None,
    observer: Observer,
    others: Mentions | None,
) -> CheckReport:
    import msgspec

    from bulk_importer.library.checking import check_source
    from bulk_importer.sources import open_source

    encode = msgspec.json.Encoder().encode

    def write(finding: Finding) -> None:
        if file is not None:
            file.write(encode(finding) + b"\n")

    opened = await open_source(source)
    try:
        return await check_source(
            opened, settings, ruleset, observer, sample=sample, found=write, others=others
        )
    finally:
        await opened.aclose()


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
            f"--findings {path} cannot be written: {reason_of(error)}. {remedy}, or name another file."
        ) from error
