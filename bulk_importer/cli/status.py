"""`bulk-importer status`: where a run stands, while it runs or after, from the log alone."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bulk_importer.cli import terminal
from bulk_importer.errors import ExitCode

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """What `status` takes."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of a run")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print what the log says; it is read without the lock, so a run that goes on is not disturbed."""
    from bulk_importer.checkpoint import lock_owner, read_state

    header, state = read_state(arguments.checkpoint)
    owner = lock_owner(arguments.checkpoint)
    counts = state.counts
    facts: dict[str, Any] = {
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
        "findings": dict(state.finding_counts),
        "runs_now": None if owner is None else str(owner),
        "doubts": [
            {"batch": each.batch, "reason": each.reason, "spans": each.spans} for each in state.doubts()
        ],
    }
    if arguments.json:
        import orjson

        terminal.out(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode())
    else:
        for line in _lines(facts):
            terminal.out(line)
    return ExitCode.DELIVERED


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = [f"{facts['source']} -> project {facts['project']} at {facts['server']}"]
    if facts["runs_now"]:
        lines.append(f"  runs now: {facts['runs_now']}")
    elif facts["is_finished"]:
        lines.append("  finished")
    else:
        lines.append("  does not run now; the same import command goes on with it")
    lines += [
        f"  {name.replace('_', ' '):11} {facts[name]:>12,}"
        for name in ("entries", "delivered", "rejected", "skipped", "in_doubt", "in_flight", "owed")
        if facts[name] or name in ("entries", "delivered")
    ]
    size = f" of {facts['size']:,}" if facts["size"] else ""
    rest = "" if facts["is_read_to_the_end"] else ", the rest is not read yet"
    lines.append(f"  read        {facts['read_bytes']:>12,} bytes{size}{rest}")
    lines += [
        f"  {count:>12,}  {code}" for code, count in sorted(facts["findings"].items(), key=lambda kv: -kv[1])
    ]
    lines += [f"  in doubt: batch {each['batch']}, {each['reason']}" for each in facts["doubts"][:10]]
    return lines
