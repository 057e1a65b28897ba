"""`bulk-importer status`: where a run stands, while it runs or after, from the log alone."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import terminal
from bulk_importer.errors import ExitCode

if TYPE_CHECKING:
    from bulk_importer.checkpoint import CheckpointState, LockOwner, LogFollower, Undecided

__all__ = ["configure", "run"]

_WATCH_SECONDS = 2.0
_MINUTES = (1, 10, 60)
_CLEAR = "\x1b[H\x1b[2J"
_MOST_SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """What `status` takes."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of a run")
    parser.add_argument(
        "--watch",
        type=float,
        nargs="?",
        const=_WATCH_SECONDS,
        metavar="SECONDS",
        help=f"look again every so often, until no run goes on (default: {_WATCH_SECONDS:g}); with --json an object "
        "on each line",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what the log says; it is read without the lock, so a run that goes on is not disturbed."""
    from bulk_importer.pipeline import checkpoints_in

    for folder in checkpoints_in(arguments.checkpoint) or [arguments.checkpoint]:
        _tell(folder, arguments)
    return ExitCode.DELIVERED


def _tell(folder: Path, arguments: argparse.Namespace) -> None:
    from bulk_importer.checkpoint import LogFollower, lock_owner

    follower = LogFollower(folder)
    try:
        while True:
            owner = lock_owner(folder)
            follower.look()  # after the question who writes, so that the last look sees the end
            _show(_facts(follower, owner, time.time()), arguments)
            if arguments.watch is None or owner is None:
                return
            time.sleep(max(0.1, arguments.watch))
    finally:
        follower.close()


def _show(facts: dict[str, Any], arguments: argparse.Namespace) -> None:
    import sys

    if arguments.json:
        terminal.out_json(facts, indent=arguments.watch is None)
        return
    if arguments.watch is not None and terminal.is_screen(sys.stdout):
        terminal.out(_CLEAR)
    for line in _lines(facts):
        terminal.out(line)


def _facts(follower: LogFollower, owner: LockOwner | None, now: float) -> dict[str, Any]:
    header, state, pace = follower.header, follower.state, follower.pace
    counts = state.counts
    rates = {f"last_{minutes}_minutes": round(pace.rate(now, 60.0 * minutes), 3) for minutes in _MINUTES}
    return {
        "source": header.source,
        "server": header.server,
        "project": header.project,
        "entries": counts.entries,
        "delivered": counts.delivered,
        "rejected": counts.rejected,
        "skipped": counts.skipped,
        "in_doubt": counts.in_doubt - counts.in_flight,
        "in_flight": counts.in_flight,
        "owed": counts.owed,
        "read_bytes": state.offset,
        "size": state.identity.size,
        "is_read_to_the_end": state.end is not None,
        "is_finished": state.is_finished,
        "broken": None
        if state.broken is None
        else {"offset": state.broken.offset, "reason": state.broken.reason},
        "findings": dict(state.finding_counts),
        "runs_now": None if owner is None else str(owner),
        "entries_per_second": rates,
        "seconds_left": None if owner is None else _seconds_left(state, rates),
        "doubts": [_doubt(each, now) for each in state.doubts()],
        "troubles": [
            {"batch": each.batch, "seconds_ago": round(now - each.at), "reason": each.reason}
            for each in pace.troubles
        ],
    }


def _seconds_left(state: CheckpointState, rates: dict[str, float]) -> float | None:
    """How long at the pace of the last minutes; None where that or the rest is unknown."""
    rate = next((rate for rate in rates.values() if rate), 0.0)
    unread = 0.0
    if state.end is None:
        if not (state.identity.plain and state.identity.size and state.offset):
            return None
        unread = max(0, state.identity.size - state.offset) * state.position / state.offset
    return round((state.counts.owed + unread) / rate, 1) if rate else None


def _doubt(doubt: Undecided, now: float) -> dict[str, Any]:
    return {
        "batch": doubt.batch,
        "reason": doubt.reason,
        "seconds_ago": round(now - doubt.sent_at),
        "spans": [list(span) for span in doubt.spans],
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = [f"{facts['source']} -> project {facts['project']} at {facts['server']}", f"  {_standing(facts)}"]
    lines += [
        f"  {name.replace('_', ' '):11} {facts[name]:>12,}"
        for name in ("entries", "delivered", "rejected", "skipped", "in_doubt", "in_flight", "owed")
        if facts[name] or name in ("entries", "delivered")
    ]
    size = f" of {facts['size']:,}" if facts["size"] else ""
    rest = "" if facts["is_read_to_the_end"] else ", the rest is not read yet"
    lines.append(f"  read        {facts['read_bytes']:>12,} bytes{size}{rest}")
    if facts["broken"]:
        lines.append(f"  the source breaks at byte {facts['broken']['offset']}: {facts['broken']['reason']}")
    lines += _pace_lines(facts)
    lines += [
        f"  {count:>12,}  {code}" for code, count in sorted(facts["findings"].items(), key=lambda kv: -kv[1])
    ]
    lines += [
        f"  in doubt: batch {each['batch']}, sent {each['seconds_ago']:,} s ago, {each['reason']}"
        for each in facts["doubts"][:_MOST_SHOWN]
    ]
    return lines


def _standing(facts: dict[str, Any]) -> str:
    if facts["runs_now"]:
        return f"runs now: {facts['runs_now']}"
    return "finished" if facts["is_finished"] else "does not run now; the same import command goes on with it"


def _pace_lines(facts: dict[str, Any]) -> list[str]:
    if not facts["runs_now"]:
        return []
    rates = facts["entries_per_second"]
    shown = ", ".join(f"{rates[f'last_{minutes}_minutes']:,.1f} over {minutes} min" for minutes in _MINUTES)
    lines = [f"  delivered entries per second: {shown}"]
    if facts["seconds_left"] is not None:
        lines.append(f"  about {facts['seconds_left'] / 60:,.0f} minutes left")
    return lines + [
        f"  did not land at once: batch {each['batch']}, {each['seconds_ago']:,} s ago, {each['reason']}"
        for each in facts["troubles"][-3:]
    ]
