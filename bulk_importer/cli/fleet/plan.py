"""`bulk-importer plan`: divides one source among many workers, once it is checked."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.cli.parsing.options import add_settings, gather, refuse_flag
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.distributed.values import Plan
    from bulk_importer.pipeline.check.checking import CheckReport

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "reading", "checking", "sending", "fleet"})
_NOT_OF_A_PLAN = ("limit", "engine", "scheduler")


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `plan`."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="one source that every worker can read: a file that they share, http(s)://, s3://",
    )
    parser.set_defaults(
        output_metavar="PLACE",
        output_type=str,
        output_help="where the plan is to lie: a folder that all workers share",
    )
    add_settings(parser, _SECTIONS, refused=_NOT_OF_A_PLAN)


def run(arguments: argparse.Namespace) -> int:
    """Make a plan; 0 when it lies at its place, 3 where the source cannot be read to its end."""
    from bulk_importer.cli.fleet.plan_text import facts_of_plan, plan_lines
    from bulk_importer.machine.malloc import reuse_large_blocks

    for name in _NOT_OF_A_PLAN:
        refuse_flag(arguments, name, "in a plan, whose shards are imported whole, by 'bulk-importer work'")
    settings = gather(arguments).settings
    source, place = _asked(arguments, settings)
    reuse_large_blocks()
    plan, report = run_look_up(_make(source, settings, place))
    facts = facts_of_plan(place, plan, report)
    output.print_outcome(facts, plan_lines(place, plan, report, settings), as_json=arguments.json)
    return ExitCode.DELIVERED


def _asked(arguments: argparse.Namespace, settings: Settings) -> tuple[str, str]:
    """The source and the place of the plan."""
    if len(arguments.source) > 1:
        raise UsageError(
            f"A plan is of one source, and {len(arguments.source)} are named. Make a plan for each, with an "
            "--output of its own."
        )
    if arguments.output is None:
        raise UsageError("Say where the plan is to lie: --output PLACE, a folder that all workers share.")
    if not settings.server or not settings.project:
        raise UsageError("Say where to: --server URL and --project ID_OR_NAME are needed.")
    return arguments.source[0], arguments.output


async def _make(source: str, settings: Settings, spec: str) -> tuple[Plan, CheckReport | None]:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.distributed.places.open import open_place
    from bulk_importer.distributed.planning.planning import make_plan

    reports: list[CheckReport] = []
    place = open_place(spec)
    token = Token.find(settings.token_file)
    with progress_display() as observer:
        plan = await make_plan(source, settings, place, token=token, emit=observer, checked=reports.append)
    return plan, reports[0] if reports else None
