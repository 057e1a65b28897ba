"""`bulk-importer retry`: feeds rejected entries again, corrected or as they are."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.parsing.plan_or_checkpoint import is_plan, require_no_shard
from bulk_importer.cli.questions import ReplacementQuestion
from bulk_importer.cli.reporting.places import with_reports
from bulk_importer.cli.watching.watch import Outcome, Said, watching
from bulk_importer.library.inputs import one_checkpoint_in
from bulk_importer.readable import counted
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.pipeline.retry.retrying import Retried

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "reading", "checking", "sending", "watching"})
_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `retry`."""
    parser.add_argument(
        "checkpoint_folder",
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run; or a plan that many workers shared, in a folder or a bucket",
    )
    parser.add_argument(
        "corrected",
        nargs="?",
        type=Path,
        metavar="CORRECTED.jsonl",
        help="an edited copy of rejected.jsonl (of a plan: of gathered/rejected.jsonl), or some of its lines; without "
        "it all that is rejected is sent again as it is, or an earlier retry resumes",
    )
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="where the source is now, which is read to see what came after the rejected entries; default: where it "
        "was, or beside the checkpoint",
    )
    parser.add_argument(
        "--out-of-order",
        action="store_true",
        help="feed also what later entries of the same media, with keepData false, do not go together with; the source "
        "need not be there then",
    )
    parser.set_defaults(
        output_metavar="PATH",
        output_help="write there what would be printed (- prints it); of a plan: folder for rejected-again.jsonl, "
        "rejected.jsonl, summary.json and report.html, default PLAN/gathered",
        output_is_text=lambda arguments: not is_plan(arguments.checkpoint_folder),
    )
    add_settings(parser, _SECTIONS, {"server_moved"})


def run(arguments: argparse.Namespace) -> int:
    """Feed the corrections; the exit code is that of the ledger afterwards."""
    loaded = gather(arguments)
    if is_plan(arguments.checkpoint_folder):
        from bulk_importer.cli.fleet.retry import retry_plan

        return retry_plan(arguments.checkpoint_folder, arguments, loaded)
    folder = one_checkpoint_in(Path(arguments.checkpoint_folder))
    require_no_shard(
        folder,
        "fed again",
        "'bulk-importer gather PLAN' puts the rejected entries of all shards together, and 'bulk-importer retry PLAN "
        "CORRECTED.jsonl' feeds a corrected copy of that file.",
    )
    return run_in_loop(_retry(folder, arguments, loaded.settings)).summary.exit_code


async def _retry(folder: Path, arguments: argparse.Namespace, settings: Settings) -> Retried:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.moving.sourcing import source_again
    from bulk_importer.pipeline import Caller
    from bulk_importer.pipeline.retry.plan import RetrySpec
    from bulk_importer.pipeline.retry.retrying import retry_rejected
    from bulk_importer.transfer.stop import StopSwitch

    stop = StopSwitch()
    question = ReplacementQuestion(stop, yes=settings.yes)
    token = Token.find(settings.token_file)
    async with watching("retry", [str(folder)], settings, stop) as watch:
        spec = RetrySpec(
            folder,
            settings,
            corrected=arguments.corrected,
            source=arguments.source,
            made_again=source_again(folder),
            out_of_order=arguments.out_of_order,
        )
        with watch.run(folder) as observers, stopping_on_signals(stop, grace_seconds=settings.grace):
            caller = Caller(token, stop, observers, confirm=question, steering=watch.steering)
            retried = await retry_rejected(spec, caller)
        summary = retried.summary
        said = await watch.ended(
            Outcome(exit_code=summary.exit_code, facts=summary.to_builtins(), folders=[folder])
        )
        _print(folder, retried, said, as_json=arguments.json)
    return retried


def _print(folder: Path, retried: Retried, said: Said, *, as_json: bool) -> None:
    facts = {
        **retried.summary.to_builtins(),
        "held_back": list(retried.held_back),
        "left_out": list(retried.left_out),
        "unsettled": retried.unsettled,
    }
    if retried.summary.message and (as_json or output_options().is_quiet):
        messages.complain(retried.summary.message)
    output.print_outcome(
        with_reports(facts, said.reports), [*_lines(folder, retried), *said.lines], as_json=as_json
    )


def _lines(folder: Path, retried: Retried) -> Iterator[str]:
    """What came of it, for a person: of the import, and of what was fed."""
    from bulk_importer.observe import summary_text

    yield summary_text(retried.summary)
    if not retried.sent_again:
        yield "  Nothing was fed again."
    if retried.left_out:
        yield f"  Left out: positions {_shown(retried.left_out)}, which an earlier retry delivered."
    if retried.held_back:
        yield (
            f"  Held back: positions {_shown(retried.held_back)}. Later entries of their media, or their own keepData "
            "false, would wipe labels (--out-of-order feeds them all the same), or their media are unconfirmed."
        )
    if retried.unsettled:
        yield (
            f"  Not settled yet of what was to be fed: {counted(retried.unsettled, 'entry')}. "
            f"'bulk-importer retry {folder}', without a file, resumes; where an answer was lost, after "
            "--server-request-limit."
        )
    if retried.rejected_again is not None:
        yield f"  Rejected again, and why: {retried.rejected_again}"


def _shown(positions: Sequence[int]) -> str:
    more = len(positions) - _SHOWN
    return ", ".join(map(str, positions[:_SHOWN])) + (f" and {more:,} more" if more > 0 else "")
