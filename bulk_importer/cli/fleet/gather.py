"""`bulk-importer gather`: puts together what came of all shards of a plan."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, output
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.distributed.places.interfaces import Place

__all__ = ["configure", "run", "show_together"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `gather`."""
    parser.add_argument("plan", metavar="PLAN", help="where the plan lies, as 'plan --output' named it")
    add_settings(parser, (), {"report", "images"})
    parser.set_defaults(
        output_metavar="FOLDER",
        output_help="folder for rejected.jsonl, summary.json and report.html; default: PLAN/gathered",
    )


def run(arguments: argparse.Namespace) -> int:
    """Put together what there is, also while workers are at work.

    Returns:
        What matters most of all shards: 0 and 1 where all are complete, 9 where something is left to send, 7 where what
        is on record contradicts the plan.
    """
    from bulk_importer.distributed.places.open import open_place

    settings = gather(arguments).settings
    return show_together(open_place(arguments.plan), arguments.output, settings, as_json=arguments.json)


def show_together(
    place: Place, named: Path | None, settings: Settings, *, as_json: bool, by_engine: bool = False
) -> int:
    """What `run` does, also for a command that had the plan worked on.

    Args:
        by_engine: for such a command, which goes on when it is run again.
        named: the folder that a person names for what is put together, if any.
    """
    from bulk_importer.cli.fleet.together.whole import folder_for, put_together

    told = put_together(place, folder_for(named, place), settings, by_engine=by_engine)
    if told.message and (as_json or output_options().is_quiet):
        messages.complain(told.message)
    output.print_outcome(told.facts, told.lines, as_json=as_json)
    return told.exit_code
