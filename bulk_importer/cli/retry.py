"""`bulk-importer retry`: feeds rejected entries again, corrected or as they are."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import terminal
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.cli.watching import watched
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.pipeline.retrying import Retried

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "reading", "checking", "sending"})
_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """What `retry` takes."""
    parser.add_argument(
        "checkpoint_folder", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of a run"
    )
    parser.add_argument(
        "corrected",
        nargs="?",
        type=Path,
        metavar="CORRECTED.jsonl",
        help="an edited copy of rejected.jsonl, or some of its lines; without it all that is rejected goes again as it "
        "is, or an earlier retry goes on",
    )
    parser.add_argument(
        "--out-of-order",
        action="store_true",
        help="feed also what later entries of the same media, with keepData false, do not go together with",
    )
    add_settings(parser, _SECTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Feed the corrections; the exit code is that of the ledger afterwards."""
    settings = gather(arguments).settings
    retried = run_in_loop(_retry(arguments, settings))
    if arguments.json:
        import orjson

        shown = {**retried.summary.to_builtins(), "held_back": list(retried.held_back)}
        terminal.out(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
    else:
        _tell(retried)
    return retried.summary.exit_code


async def _retry(arguments: argparse.Namespace, settings: Settings) -> Retried:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.access import Token
    from bulk_importer.observe import JsonLog
    from bulk_importer.pipeline.retrying import Retry
    from bulk_importer.transfer.stop import StopSwitch

    stop = StopSwitch()
    with ExitStack() as ending:
        log = JsonLog(arguments.checkpoint_folder / "run.log")
        ending.callback(log.close)
        observers: list[Observer] = [log, ending.enter_context(watched())]
        ending.enter_context(stopping_on_signals(stop, grace_seconds=settings.grace))
        return await Retry(
            arguments.checkpoint_folder,
            arguments.corrected,
            settings,
            Token.find(settings.token_file),
            stop,
            out_of_order=arguments.out_of_order,
            observers=observers,
        ).run()


def _tell(retried: Retried) -> None:
    from bulk_importer.observe import summary_text

    terminal.report(summary_text(retried.summary))
    if not retried.sent_again:
        terminal.report("  Nothing was fed again.")
    if retried.held_back:
        shown = ", ".join(map(str, retried.held_back[:_SHOWN]))
        more = len(retried.held_back) - _SHOWN
        terminal.report(
            f"  Held back: positions {shown}{f' and {more:,} more' if more > 0 else ''}. Later entries of their media, "
            "or their own keepData false, would wipe labels (--out-of-order feeds them all the same), or their media "
            "are in doubt."
        )
    if retried.rejected_again is not None:
        terminal.report(f"  Rejected again, and why: {retried.rejected_again}")
