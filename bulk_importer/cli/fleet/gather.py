"""`bulk-importer gather`: puts together what came of all shards of a plan."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulk_importer.cli import messages, output
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings
from bulk_importer.cli.parsing.options import gather as gathered_settings
from bulk_importer.errors import UsageError
from bulk_importer.readable import as_json
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.cli.fleet.whole_report import ReportOfAll
    from bulk_importer.distributed.gathering.values import Gathered
    from bulk_importer.distributed.places.interfaces import Place

__all__ = ["configure", "put_together", "run"]

_FOLDER = "gathered"


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `gather`."""
    parser.add_argument("plan", metavar="PLAN", help="where the plan lies, as 'plan --output' named it")
    add_settings(parser, (), {"report", "images"})
    parser.set_defaults(
        output_metavar="FOLDER",
        output_help=f"folder for rejected.jsonl, summary.json and report.html; default: PLAN/{_FOLDER}",
    )


def run(arguments: argparse.Namespace) -> int:
    """Put together what there is, also while workers are at work.

    Returns:
        What matters most of all shards: 0 and 1 where all are complete, 9 where something is left to send, 7 where what
        is on record contradicts the plan.
    """
    from bulk_importer.distributed.places.open import open_place

    settings = gathered_settings(arguments).settings
    return put_together(open_place(arguments.plan), arguments.output, settings, as_json=arguments.json)


def put_together(place: Place, output: Path | None, settings: Settings, *, as_json: bool) -> int:
    """What `run` does, for a command that had the plan worked on.

    Args:
        output: the folder that a person names for it, if any.
    """
    from bulk_importer.distributed.gathering.gathering import gather

    folder = _folder(output, place)
    return _put_together(place, gather(place), folder, settings.report, settings.images, as_json=as_json)


def _put_together(
    place: Place,
    gathered: Gathered,
    folder: Path | None,
    report: str | None,
    images: str | None,
    *,
    as_json: bool,
) -> int:
    from bulk_importer.cli.fleet.gather_text import gathered_lines
    from bulk_importer.cli.fleet.naming import steps_of
    from bulk_importer.cli.fleet.whole_report import ReportOfAll
    from bulk_importer.distributed.gathering.totals import facts_of, whole_of

    drawn = ReportOfAll(place, folder, report, images)
    rejected = None
    if folder is not None:
        gathered, rejected = _with_rejected(place, gathered, folder, drawn)
    whole, now = whole_of(gathered), time.time()
    steps = list(steps_of(gathered, rejected="" if rejected is None else str(rejected), now=now))
    written = drawn.write(gathered, whole, steps)
    facts = {**facts_of(gathered, whole), **_paths(rejected, written)}
    if folder is not None:
        _write_summary(folder, facts)
    else:
        messages.say(
            f"{place.name} is no folder of this machine: --output FOLDER says where the rejected entries go."
        )
    if whole.message and (as_json or output_options().is_quiet):
        messages.complain(whole.message)
    lines = list(gathered_lines(gathered, whole, steps, now=now))
    output.print_outcome(facts, [*lines, *([f"  Report: {written}"] if written else [])], as_json=as_json)
    return gathered.exit_code


def _with_rejected(
    place: Place, gathered: Gathered, folder: Path, drawn: ReportOfAll
) -> tuple[Gathered, Path]:
    """Write the rejected entries of all. That what a log counts on is not there is a claim that does not hold."""
    from bulk_importer.checkpoint import Claim
    from bulk_importer.distributed.gathering.rejects import rejected_in
    from bulk_importer.distributed.gathering.writing import write_rejected
    from bulk_importer.errors import CheckpointError

    claims = list(gathered.claims)

    def failed(error: CheckpointError) -> None:
        claims.append(Claim(name="rejected", holds=False, text=str(error).removesuffix(".")))

    path = write_rejected(folder, rejected_in(place, gathered, failed), drawn.see)
    return replace(gathered, claims=claims), path


def _folder(named: Path | None, place: Place) -> Path | None:
    """Where the result goes; None where there is no place for it."""
    if named is not None:
        if named.exists() and not named.is_dir():
            raise UsageError(f"--output {named} is no folder. Name one: several files are written there.")
        return named
    return None if place.folder is None else place.folder / _FOLDER


def _paths(rejected: Path | None, report: Path | None) -> dict[str, str | None]:
    return {
        "rejected_file": None if rejected is None else str(rejected),
        "report": None if report is None else str(report),
    }


def _write_summary(folder: Path, facts: dict[str, object]) -> None:
    from bulk_importer.errors import CheckpointUnusable
    from bulk_importer.files.durable import replace_file

    path = folder / "summary.json"
    try:
        replace_file(path, as_json(facts) + b"\n")
    except OSError as error:
        raise CheckpointUnusable.by(path, error) from error
