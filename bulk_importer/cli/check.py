"""`bulk-importer check`: everything that `import` would refuse, found without sending a label."""

from __future__ import annotations

import argparse
import errno
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bulk_importer.cli import terminal
from bulk_importer.cli.check_text import report_lines
from bulk_importer.cli.lookups import run_look_up
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.cli.yardsticks import scratch_folder, yardstick_for
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important
from bulk_importer.settings import Settings
from bulk_importer.small_files import reason_of

if TYPE_CHECKING:
    from bulk_importer.intake.mentions import Mentions
    from bulk_importer.model import Finding
    from bulk_importer.pipeline.checking import CheckReport
    from bulk_importer.pipeline.rules import Yardstick

__all__ = ["configure", "run"]

_SECONDS_BETWEEN_LINES = 10.0


def configure(parser: argparse.ArgumentParser) -> None:
    """What `check` takes."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a JSON array or JSON Lines, compressed or not: a file, - for standard input, http(s):// or s3://",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    parser.add_argument(
        "--findings", type=Path, metavar="FILE", help="write every finding there, as JSON Lines"
    )
    parser.add_argument(
        "--sample", type=_count, metavar="N", help="look at the first N entries, and no further"
    )
    add_settings(parser, {"server", "reading", "checking"})


def run(arguments: argparse.Namespace) -> int:
    """Check one source after the other; 0, 1 where there are errors, 3 where a source cannot be read to its end."""
    from bulk_importer.cli.import_labels import expanded
    from bulk_importer.intake.allocation import reuse_large_blocks

    settings = gather(arguments).settings
    sources = expanded(arguments.source)
    reuse_large_blocks()
    with ExitStack() as opened:
        file = opened.enter_context(_created(arguments.findings)) if arguments.findings else None
        reports, codes = run_look_up(_check_all(sources, settings, arguments.sample, file))
    if arguments.json:
        shown = [_as_builtins(report) for report in reports]
        several = shown[0] if len(sources) == len(shown) == 1 else {"sources": shown}
        terminal.out_json(several)
    else:
        for report in reports:
            for line in report_lines(report, arguments.findings):
                terminal.out(line)
    return most_important(codes)


async def _check_all(
    sources: Sequence[str], settings: Settings, sample: int | None, file: BinaryIO | None
) -> tuple[list[CheckReport], list[ExitCode]]:
    from bulk_importer.intake.mentions import Mentions

    reports: list[CheckReport] = []
    codes: list[ExitCode] = []
    others = Mentions() if len(sources) > 1 else None
    with scratch_folder() as folder:
        yardstick = await yardstick_for(settings, folder, keep_warnings=True)
        for source in sources:
            try:
                report = await _check_one(source, settings, yardstick, sample, file, others)
            except BulkImporterError as error:
                terminal.say(f"bulk-importer: {error}")
                codes.append(error.exit_code)
                continue
            reports.append(report)
            codes.append(ExitCode(report.exit_code))
    return reports, codes


async def _check_one(
    source: str,
    settings: Settings,
    yardstick: Yardstick,
    sample: int | None,
    file: BinaryIO | None,
    others: Mentions | None,
) -> CheckReport:
    import msgspec

    from bulk_importer.intake import IntakeOptions, open_source
    from bulk_importer.pipeline.checking import Check

    encode = msgspec.json.Encoder().encode

    def write(finding: Finding) -> None:
        if file is not None:
            file.write(encode(finding) + b"\n")

    options = IntakeOptions.of(settings)
    opened = await open_source(source)
    try:
        check = Check(
            opened, yardstick, options, found=write, sample=sample, passed=_pulse(source), others=others
        )
        return await check.run()
    finally:
        await opened.aclose()


def _pulse(source: str) -> Callable[[int, int, int], None]:
    """Says how far a check is, now and then."""
    said_at = time.monotonic()

    def pulse(entries: int, rejected: int, read_bytes: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _SECONDS_BETWEEN_LINES:
            said_at = time.monotonic()
            terminal.say(
                f"{source}: {entries:,} entries, {rejected:,} rejected, {read_bytes / 1e6:,.0f} MB so far"
            )

    return pulse


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError("fewer than one")
    return count


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    """The file for the findings; what goes wrong with it is a `UsageError`."""
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        mend = "Make room" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Mend that"
        raise UsageError(
            f"--findings {path} cannot be written: {reason_of(error)}. {mend}, or name another file."
        ) from error


def _as_builtins(report: CheckReport) -> object:
    import msgspec

    return msgspec.to_builtins(report)
