"""`bulk-importer status`: where a run stands and why, while it runs or after; in the terminal or in a browser."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bulk_importer.cli import messages, output
from bulk_importer.cli.checkpoints.combined import combined
from bulk_importer.cli.checkpoints.status_text import status_lines, table_lines
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.parsing.page_flags import add_page_flags, page_settings
from bulk_importer.cli.parsing.plan_or_checkpoint import is_plan
from bulk_importer.cli.watching.browsers.looking import Looks
from bulk_importer.errors import ExitCode, UsageError, most_important

__all__ = ["configure", "run"]

_WATCH_SECONDS = 2.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `status`."""
    parser.add_argument(
        "checkpoint",
        nargs="*",
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run, or the one that holds those of several sources; several are shown as a "
        "table; or a plan that many workers share",
    )
    parser.add_argument(
        "--watch",
        nargs="?",
        const="",
        metavar="SECONDS",
        help=f"look again every so often, while a run is at work (default: {_WATCH_SECONDS:g}); with --json an object "
        "on each line",
    )
    add_page_flags(
        parser,
        "show it in a browser until Ctrl-C, and what becomes of it; alone: from a port of this machine that is free",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what the log says; it is read without the lock, so a run that goes on is not disturbed.

    Returns:
        What the checkpoint amounts to: 0 and 1 where the import is finished, 9 where something is left to send, 5 where
        something is in doubt, or what the latest run ended with. Of several, what matters most.
    """
    named, every = _asked_for(arguments)
    page = page_settings(arguments)
    if any(map(is_plan, named)):
        return _of_plan(named, every, arguments, is_page=page is not None)
    roots = list(map(Path, named))
    if page is not None:
        from bulk_importer.cli.watching.browsers.foreign_page import shown_until_signal

        run_in_loop(shown_until_signal(roots, page))
        every = None
    with ExitStack() as opened:
        looks = Looks(roots, opened)
        while True:
            found = looks.look()
            code = most_important(ExitCode(facts["exit_code"]) for facts in found)
            _show(found, code, arguments, is_watched=every is not None)
            # Between two sources of one import no run goes on for a moment, so that is to be so twice.
            if every is None or looks.quiet > (len(found) > 1):
                return code
            time.sleep(max(0.1, every))


def _of_plan(
    named: Sequence[str], every: float | None, arguments: argparse.Namespace, *, is_page: bool
) -> ExitCode:
    from bulk_importer.cli.fleet.status import show_plan

    if len(named) > 1 or is_page:
        raise UsageError(
            "A plan is looked at by itself, and in a terminal: 'bulk-importer status PLAN --watch'. "
            "'bulk-importer gather PLAN' makes a page of it."
        )
    return show_plan(named[0], every, as_json=arguments.json)


def _asked_for(arguments: argparse.Namespace) -> tuple[list[str], float | None]:
    """The folders, and how often to look; what stands behind --watch may be either.

    Raises:
        UsageError: no folder is named, or what stands behind --watch is no time.
    """
    from bulk_importer.settings.units import DURATION

    roots, every = list(arguments.checkpoint), arguments.watch
    if not every:
        seconds = None if every is None else _WATCH_SECONDS
    else:
        try:
            seconds = DURATION.read(every)
        except ValueError as error:
            if roots:
                raise UsageError(f"--watch takes {DURATION.wanted}, and {every!r} is none.") from error
            roots, seconds = [every], _WATCH_SECONDS
    if not roots:
        raise UsageError(f"Name the CHECKPOINT folder. See '{arguments.parser.prog} --help'.")
    return roots, seconds


def _show(
    found: Sequence[dict[str, Any]], code: ExitCode, arguments: argparse.Namespace, *, is_watched: bool
) -> None:
    for facts in found:
        if "message" in facts:
            messages.complain(facts["message"])
    if arguments.json:
        shown = combined(found, {"state": _state_of_all(found), "exit_code": code})
        output.print_json(shown, indent=not is_watched)
        return
    if is_watched:
        output.clear_screen()
    for line in table_lines(found) if len(found) > 1 else status_lines(found[0]):
        output.print_report(line)


def _state_of_all(found: Sequence[dict[str, Any]]) -> str:
    states = {facts["state"] for facts in found}
    order = ("running", "unusable", "failed", "killed", "stopped", "complete")
    return next(state for state in order if state in states)
