"""`bulk-importer report`: makes the report of checkpoints, at any time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from bulk_importer.cli import output
from bulk_importer.cli.output_options import output_options, set_output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.parsing.plan_or_checkpoint import is_plan, named_so
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.files.small_files import reason_unwritten

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `report`."""
    parser.add_argument(
        "checkpoints",
        nargs="+",
        type=Path,
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run, or the one that holds those of several sources, which have one report",
    )
    add_settings(parser, (), {"images"})
    parser.set_defaults(output_help="the report; default: report.html in CHECKPOINT")


def run(arguments: argparse.Namespace) -> int:
    """Write the report of the checkpoints, and say where it is. Logs are read without the lock, also while runs go on.

    Raises:
        UsageError: what is named is no folder, or the report cannot be written.
        CheckpointError: there is no checkpoint, or it cannot be read.
    """
    from bulk_importer.cli.reporting.checkpoints import chapter_of
    from bulk_importer.cli.reporting.images import Images
    from bulk_importer.cli.reporting.writing import REPORT, write_report

    roots: Sequence[Path] = arguments.checkpoints
    named = _named(arguments.output)
    if named is None and len(roots) > 1:
        raise UsageError("Say where the report of several folders is to be: --output FILE.")
    path = named or roots[0] / REPORT
    folders = _folders(roots)
    images = Images(gather(arguments).settings.images)
    chapters = [chapter_of(folder, images, seen_from=path.parent) for folder in folders]
    try:
        write_report(path, chapters, image_hosts=images.hosts)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {reason_unwritten(error)}. Name another file with --output."
        ) from error
    facts = {"report": str(path), "checkpoints": [str(folder) for folder in folders]}
    output.print_outcome(facts, [f"Report: {path}"], as_json=arguments.json)
    return ExitCode.DELIVERED


def _named(path: Path | None) -> Path | None:
    """The file that `--output` names, if any; where it is written is said as if none was named."""
    from bulk_importer.cli.reporting.writing import refuse_unusable

    set_output_options(replace(output_options(), output=None))
    if path is not None:
        refuse_unusable(path, "--output")
    return path


def _folders(roots: Sequence[Path]) -> list[Path]:
    """The checkpoints that the folders are or hold, each once."""
    from bulk_importer.checkpoint.places import checkpoints_in

    for root in roots:
        if is_plan(str(root)):
            raise UsageError(
                f"{named_so(root)} is a plan. 'bulk-importer gather {named_so(root)}' makes the report of all its "
                "shards; each has one of its own in the folder of its checkpoint."
            )
        if root.exists() and not root.is_dir():
            raise UsageError(
                f"{root} is no folder. A report is made of the checkpoint folder of an import or a migration, which "
                "lies beside its source, or is named by --checkpoint; of a backup 'bulk-importer verify' tells."
            )
    found = [folder for root in roots for folder in checkpoints_in(root) or [root]]
    with suppress(OSError):
        found = list({folder.resolve(): folder for folder in found}.values())
    return found
