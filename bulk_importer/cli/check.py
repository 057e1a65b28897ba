"""`bulk-importer check`: everything that `import` would refuse, found without sending a label."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bulk_importer.cli import terminal
from bulk_importer.cli.check_text import report_lines
from bulk_importer.cli.lookups import opened_catalog, run_look_up
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.cli.watching import watched
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important
from bulk_importer.settings import Settings
from bulk_importer.small_files import reason_of

if TYPE_CHECKING:
    from bulk_importer.datagym.catalog import Catalog, Project
    from bulk_importer.datagym.label_config import LabelConfig
    from bulk_importer.events import Observer
    from bulk_importer.intake import Source
    from bulk_importer.model import Finding
    from bulk_importer.pipeline.checking import CheckReport
    from bulk_importer.pipeline.rules import Yardstick

__all__ = ["configure", "run"]

_SERVER = "server"


def configure(parser: argparse.ArgumentParser) -> None:
    """What `check` takes."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a JSON array or JSON Lines, compressed or not: a file, - for standard input, http(s):// or s3://",
    )
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
        reports = run_look_up(_check_all(sources, settings, arguments.sample, file))
    if arguments.json:
        import orjson

        from bulk_importer.cli.check_json import together

        terminal.out(orjson.dumps(together(reports), option=orjson.OPT_INDENT_2).decode())
    else:
        for report in reports:
            if report.checked:  # else it could not be read, which was said
                for line in report_lines(report, arguments.findings):
                    terminal.report(line)
    return most_important([ExitCode(report.exit_code) for report in reports])


async def _check_all(
    sources: Sequence[str], settings: Settings, sample: int | None, file: BinaryIO | None
) -> list[CheckReport]:
    from bulk_importer.cli.check_json import unread

    reports: list[CheckReport] = []
    with _scratch() as folder, watched() as observer:
        yardstick = await _yardstick(settings, folder, observer)
        for source in sources:
            try:
                report = await _check_one(source, settings, yardstick, sample, file, observer)
            except BulkImporterError as error:
                terminal.complain(str(error))
                report = unread(source, error)
            reports.append(report)
    return reports


async def _yardstick(settings: Settings, folder: Path, observer: Observer) -> Yardstick:
    """What entries are held against; the server is asked where one is named, and only for what is needed."""
    from bulk_importer.pipeline.rules import asks_for_media, label_config_of, target_project

    wants_media = asks_for_media(settings)
    if settings.server and settings.label_config == _SERVER and not settings.project:
        raise UsageError(
            "Say whose label configuration: --project ID_OR_NAME, or --label-config FILE, or --label-config none."
        )
    if not (settings.server and settings.project and (settings.label_config == _SERVER or wants_media)):
        return await _measured(settings, await label_config_of(settings, None, None), folder, None, None)
    async with opened_catalog(settings, observer) as catalog:
        project = await target_project(settings, catalog)
        config = await label_config_of(settings, catalog, project)
        return await _measured(settings, config, folder, catalog, project)


async def _measured(
    settings: Settings,
    config: LabelConfig | None,
    folder: Path,
    catalog: Catalog | None,
    project: Project | None,
) -> Yardstick:
    from bulk_importer.pipeline.rules import yardstick_of

    return await yardstick_of(settings, config, folder, catalog=catalog, project=project, keep_warnings=True)


async def _check_one(
    source: str,
    settings: Settings,
    yardstick: Yardstick,
    sample: int | None,
    file: BinaryIO | None,
    observer: Observer,
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
        passed = _passed(opened, sample, observer)
        passed(0, 0, 0)
        check = Check(opened, yardstick, options, found=write, sample=sample, passed=passed)
        return await check.run()
    finally:
        await opened.aclose()


def _passed(source: Source, sample: int | None, observer: Observer) -> Callable[[int, int, int], None]:
    """Tells how far a check is: in bytes of the source as it lies there, or in entries of the sample."""
    from bulk_importer.events import Advanced

    work = f"checking {source.name.rsplit('/', 1)[-1]}"

    def passed(entries: int, rejected: int, read_bytes: int) -> None:
        taken = read_bytes if source.plain else source.taken or 0
        done, total, unit = (taken, source.size, "bytes") if sample is None else (entries, sample, "entries")
        beside = {"rejected": rejected} | ({"entries": entries} if sample is None else {})
        observer(Advanced(work=work, done=done, total=total, unit=unit, beside=beside))

    return passed


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
        raise UsageError(f"--findings {path} cannot be written: {reason_of(error)}.") from error


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder for what is needed while a check runs."""
    import tempfile

    try:
        folder = tempfile.TemporaryDirectory(prefix="bulk-importer-")
    except OSError as error:
        raise UsageError(f"No temporary folder can be made: {error.strerror}. Set TMPDIR to one.") from error
    with folder as path:
        yield Path(path)
