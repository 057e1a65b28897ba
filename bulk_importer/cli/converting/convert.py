"""`bulk-importer convert`: writes the label files of another tool as entries of DataGym's import format."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bulk_importer.cli import messages
from bulk_importer.cli.converting.account_text import account_lines, not_converted
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.cli.reporting.places import NONE, report_path
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.files.small_files import reason_unwritten
from bulk_importer.readable import as_json
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.formats.model import Left
    from bulk_importer.formats.writing.account import Account
    from bulk_importer.pipeline.conversion.spill import Conversion
    from bulk_importer.summary import Books

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `convert`."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a file, a folder or a zip archive as another tool writes it; - (standard input), http(s)://, s3://, "
        "gs://, az://",
    )
    parser.set_defaults(
        output_help="the entries, packed as the end of its name says, as .zst (- prints them)"
    )
    parser.add_argument(
        "--findings", type=Path, metavar="FILE", help="write there what is left behind, as JSON Lines"
    )
    taken = {"images", "label_config", "media_list", "report", "workers"}
    add_settings(parser, {"server", "converting"}, taken)


def run(arguments: argparse.Namespace) -> int:
    """Convert a source; 0, 1 where something is left behind, 3 where the source cannot be read."""
    import msgspec

    from bulk_importer.machine.malloc import reuse_large_blocks

    reuse_large_blocks()
    settings = gather(arguments).settings
    if arguments.json and output_options().output is None:
        raise UsageError(
            "With --json the account goes to standard output: name a file for the entries with --output."
        )
    if settings.report not in (None, NONE):
        _refuse_unusable(Path(settings.report))
    with _finding(arguments.findings) as found:
        books, path = run_look_up(_convert(arguments.source, settings, found))
    if arguments.json:
        facts = {"source": arguments.source, **msgspec.to_builtins(books)}
        print(as_json({**facts, "report": None if path is None else str(path)}).decode())
    else:
        for line in [*account_lines(books), *([] if path is None else [f"  Report: {path}"])]:
            messages.say(line)
    return ExitCode.DELIVERED if books.is_complete else ExitCode.REJECTIONS


def _refuse_unusable(report: Path) -> None:
    from bulk_importer.cli.reporting.writing import refuse_unusable

    refuse_unusable(report, "--report")


async def _convert(
    source: str, settings: Settings, found: Callable[[Left], None]
) -> tuple[Books, Path | None]:
    """The account, and where its report is; None where there is none."""
    from bulk_importer.cli.reporting.conversions import LeftPlaces, chapter_of_conversion
    from bulk_importer.cli.reporting.writing import try_to_write
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.library.converting import opened_conversion
    from bulk_importer.library.rulesets import scratch_folder

    left = LeftPlaces()

    def hear(each: Left) -> None:
        left.add(each)
        found(each)

    with scratch_folder() as folder, progress_display() as observer:
        token = Token.find(settings.token_file)
        async with opened_conversion(
            source, settings, folder, token=token, emit=observer, found=hear
        ) as conversion:
            if conversion is None:
                raise not_converted(source)
            books = (await asyncio.to_thread(_write, conversion)).books()
    output = output_options().output
    path = report_path(settings, ["-" if output is None else str(output)], "convert")
    is_written = path is not None and try_to_write(path, [chapter_of_conversion(source, output, books, left)])
    return books, path if is_written else None


def _write(conversion: Conversion) -> Account:
    """Write the entries to the file that `--output` names, packed as its ending says; else to standard output."""
    from bulk_importer.files.packed import packed_file

    path = output_options().output
    if path is None:
        return conversion.write(sys.stdout.buffer)
    try:
        with packed_file(path) as file:
            return conversion.write(
                file, as_array=".jsonl" not in path.suffixes and ".ndjson" not in path.suffixes
            )
    except OSError as error:
        raise UsageError(
            f"--output {path} cannot be written: {reason_unwritten(error)}. Name another file."
        ) from error


@contextmanager
def _finding(path: Path | None) -> Iterator[Callable[[Left], None]]:
    """What writes a finding to the file, where there is one."""
    import msgspec

    if path is None:
        yield lambda _: None
        return
    encode = msgspec.json.Encoder().encode
    try:
        with path.open("wb") as file:
            yield lambda left: _put(file, encode(left))
    except OSError as error:
        raise UsageError(
            f"--findings {path} cannot be written: {reason_unwritten(error)}. Name another file."
        ) from error


def _put(file: BinaryIO, line: bytes) -> None:
    file.write(line + b"\n")
