"""`bulk-importer status`: where a run stands and why, while it runs or after."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import messages, output, streams
from bulk_importer.cli.checkpoints.together import COUNTS, together
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important

if TYPE_CHECKING:
    from bulk_importer.checkpoint import LogTail

__all__ = ["configure", "run"]

_WATCH_SECONDS = 2.0
_CLEAR = "\x1b[H\x1b[2J"
_MOST_SHOWN = 10
_WAITS = {
    "server": "waits for the server",
    "hours": "paused",
    "stopping": "stopping",
    "doubts": "waits until it can be known what became of unconfirmed entries",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """What `status` takes."""
    parser.add_argument(
        "checkpoint",
        nargs="*",
        type=Path,
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run, or the one that holds those of several sources; several are shown as a "
        "table",
    )
    parser.add_argument(
        "--watch",
        nargs="?",
        const="",
        metavar="SECONDS",
        help=f"look again every so often, until no run goes on (default: {_WATCH_SECONDS:g}); with --json an object "
        "on each line",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what the log says; it is read without the lock, so a run that goes on is not disturbed.

    Returns:
        What the checkpoint amounts to: 0 and 1 where the import is finished, 9 where something is left to send, 5 where
        something is in doubt, or what the latest run ended with. Of several, what matters most.
    """
    roots, every = _asked_for(arguments)
    with ExitStack() as opened:
        looks = _Looks(roots, opened)
        while True:
            found = looks.look()
            code = most_important(ExitCode(facts["exit_code"]) for facts in found)
            _show(found, code, arguments, is_watched=every is not None)
            # Between two sources of one import no run goes on for a moment, so that is to be so twice.
            if every is None or looks.quiet > (len(found) > 1):
                return code
            time.sleep(max(0.1, every))


def _asked_for(arguments: argparse.Namespace) -> tuple[list[Path], float | None]:
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
            roots, seconds = [Path(every)], _WATCH_SECONDS
    if not roots:
        raise UsageError(f"Name the CHECKPOINT folder. See '{arguments.parser.prog} --help'.")
    return roots, seconds


class _Looks:
    """Looks at checkpoints again and again; each log is read once, and then what was appended to it."""

    def __init__(self, roots: Sequence[Path], opened: ExitStack) -> None:
        self._roots = roots
        self._opened = opened
        # Changed by `look`: by folder; how often in a row no run went on.
        self._tails: dict[Path, LogTail] = {}
        self.quiet = 0

    def look(self) -> list[dict[str, Any]]:
        """The facts about each checkpoint that there is now; of one that cannot be read, a `message` says why."""
        from bulk_importer.checkpoint.places import checkpoints_in

        folders = [folder for root in self._roots for folder in checkpoints_in(root) or [root]]
        found = [
            self._facts(folder)
            for folder in {folder.absolute().resolve(): folder for folder in folders}.values()
        ]
        self.quiet = 0 if any(facts["state"] == "running" for facts in found) else self.quiet + 1
        return found

    def _facts(self, folder: Path) -> dict[str, Any]:
        from msgspec import to_builtins

        from bulk_importer.checkpoint import LogTail
        from bulk_importer.library.status import status_now

        try:
            if folder not in self._tails:
                self._tails[folder] = tail = LogTail(folder)
                self._opened.callback(tail.close)
            facts: dict[str, Any] = to_builtins(status_now(folder, self._tails[folder]))
        except BulkImporterError as error:
            return {
                "checkpoint": str(folder),
                "state": "unusable",
                "exit_code": error.exit_code,
                "message": str(error),
            }
        return facts


def _show(
    found: Sequence[dict[str, Any]], code: ExitCode, arguments: argparse.Namespace, *, is_watched: bool
) -> None:
    for facts in found:
        if "message" in facts:
            messages.complain(facts["message"])
    if arguments.json:
        shown = together(found, {"state": _state_of_all(found), "exit_code": code})
        output.print_json(shown, indent=not is_watched)
        return
    if is_watched and streams.is_screen(sys.stdout):
        output.print_line(_CLEAR)
    for line in _table(found) if len(found) > 1 else _lines(found[0]):
        output.print_report(line)


def _state_of_all(found: Sequence[dict[str, Any]]) -> str:
    states = {facts["state"] for facts in found}
    order = ("running", "unusable", "failed", "killed", "stopped", "complete")
    return next(state for state in order if state in states)


_COLUMNS = ("source", "state", "done", "entries", "delivered", "rejected", "unconfirmed", "left", "exit")


def _table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each checkpoint, and their sums."""
    usable = [facts for facts in found if "message" not in facts]
    sums = together(usable, {})
    whole = sums if len(usable) != 1 else usable[0]
    rows = [_COLUMNS, *(_row(facts) for facts in found)]
    code = most_important(ExitCode(facts["exit_code"]) for facts in found)
    left = sum(facts["owed"] + facts["in_flight"] for facts in usable)
    counts = [f"{whole[name]:,}" for name in COUNTS[:3]]
    rows.append(
        ("together", "", _percent(usable), *counts, f"{whole['in_doubt']:,}", f"{left:,}", str(int(code)))
    )
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    for row in rows:
        first = [cell.ljust(width) for cell, width in zip(row[:2], widths, strict=False)]
        rest = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield " ".join([*first, *rest]).rstrip()
    yield "'bulk-importer status' of one of these folders says more:"
    yield from (f"  {facts['checkpoint']}" for facts in found)


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    name = Path(facts.get("source", facts["checkpoint"])).name
    code = str(int(facts["exit_code"]))
    if "message" in facts:
        return (name, facts["state"], *["-"] * 6, code)
    share = "-" if facts["percent"] is None else f"{facts['percent']}%"
    counts = [f"{facts[key]:,}" for key in ("entries", "delivered", "rejected", "in_doubt")]
    state = "waiting" if facts["waits_for"] else facts["state"]
    return (name, state, share, *counts, f"{facts['owed'] + facts['in_flight']:,}", code)


def _percent(usable: Sequence[dict[str, Any]]) -> str:
    if not usable or any(facts["total"] is None for facts in usable):
        return "-"
    total = sum(facts["total"] for facts in usable)
    return f"{100 * sum(facts['settled'] for facts in usable) // total if total else 100}%"


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    if "message" in facts:
        return
    yield f"{facts['source']} -> project {facts['project']} at {facts['server']}"
    yield f"  {_standing(facts)}"
    yield from _run_lines(facts)
    for name, word in (
        ("entries", "entries"),
        ("delivered", "delivered"),
        ("rejected", "rejected"),
        ("skipped", "skipped"),
        ("in_doubt", "unconfirmed"),
        ("in_flight", "in flight"),
        ("owed", "not sent yet"),
    ):
        if facts[name] or name in ("entries", "delivered"):
            yield f"  {word:12} {facts[name]:>12,}"
    size = f" of {facts['size']:,}" if facts["size"] else ""
    rest = "" if facts["is_read_to_the_end"] else ", the rest is not read yet"
    yield f"  {'read':12} {facts['read_bytes']:>12,} bytes{size}{rest}"
    yield from _pace_lines(facts)
    if facts["broken"]:
        yield f"  the source breaks at byte {facts['broken']['offset']:,}: {facts['broken']['reason']}"
    for code, count in sorted(facts["findings"].items(), key=lambda kv: -kv[1]):
        yield f"  {count:>12,}  {code}"
    for each in facts["doubts"][:_MOST_SHOWN]:
        yield f"  unconfirmed: batch {each['batch']}, sent {each['sent']}, {each['reason']}"
    if facts["advice"]:
        yield f"  {facts['advice']}"


def _standing(facts: dict[str, Any]) -> str:
    done = "" if facts["percent"] is None else f", {facts['percent']}% done"
    if facts["state"] == "running":
        return f"runs now{done}: {facts['runs_now']}"
    if facts["is_finished"]:
        return "finished"
    return f"does not run now, not finished{done}"


def _run_lines(facts: dict[str, Any]) -> Iterator[str]:
    run, waits = facts["run"], facts["waits_for"]
    if run is not None:
        yield f"  started {run['started']}" + (
            f", first begun {facts['begun']}" if facts["begun"] not in (None, run["started"]) else ""
        )
        if facts["state"] != "running" and run["last_sign"]:
            yield f"  {_ending(run)}"
    if waits is not None:
        yield f"  {_WAITS[waits['what']]}, since {waits['since']}: {waits['reason']}"


def _ending(run: dict[str, Any]) -> str:
    if run["exit_code"] is None:
        sign = run["last_sign"]
        return f"killed, or the machine went down: it did not say how it ended; last sign {sign}"
    why = f": {run['why']}" if run["why"] else ""
    return f"ended {run['ended']} with exit code {run['exit_code']}{why}"


def _pace_lines(facts: dict[str, Any]) -> Iterator[str]:
    rates = facts["entries_per_second"]
    names = {"last_minute": "over the last minute", "while_it_ran": "while it ran"}
    shown = [f"{rates[name]:,.1f} {text}" for name, text in names.items() if rates[name] is not None]
    if shown:
        yield f"  entries per second: {', '.join(shown)}"
    if facts["seconds_left"] is not None:
        yield f"  about {_duration(facts['seconds_left'])} left"
    if facts["state"] == "running":
        for each in facts["troubles"][-3:]:
            yield f"  did not land at once: batch {each['batch']}, {each['at']}, {each['reason']}"


def _duration(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
