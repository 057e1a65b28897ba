"""Puts where imports stand into words: a paragraph for one checkpoint, a table for several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bulk_importer.cli.checkpoints.combined import COUNTS, combined
from bulk_importer.cli.columns import aligned
from bulk_importer.errors import ExitCode, most_important

__all__ = ["status_lines", "table_lines"]

_MOST_SHOWN = 10
_WAITS = {
    "server": "waits for the server",
    "hours": "paused",
    "paused": "paused",
    "stopping": "stopping",
    "doubts": "waits until it can be known what became of unconfirmed entries",
}
_COLUMNS = ("source", "state", "done", "entries", "delivered", "rejected", "unconfirmed", "left", "exit")


def table_lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Several checkpoints for people: a line for each, and their sums."""
    usable = [facts for facts in found if "message" not in facts]
    sums = combined(usable, {})
    whole = sums if len(usable) != 1 else usable[0]
    rows = [_COLUMNS, *(_row(facts) for facts in found)]
    code = most_important(ExitCode(facts["exit_code"]) for facts in found)
    left = sum(facts["owed"] + facts["in_flight"] for facts in usable)
    counts = [f"{whole[name]:,}" for name in COUNTS[:3]]
    rows.append(
        ("together", "", _percent(usable), *counts, f"{whole['in_doubt']:,}", f"{left:,}", str(int(code)))
    )
    yield from aligned(rows)
    yield "'bulk-importer status CHECKPOINT' says more of each:"
    yield from (f"  {facts['checkpoint']}" for facts in found)


def _row(facts: Mapping[str, Any]) -> tuple[str, ...]:
    name = Path(facts.get("source", facts["checkpoint"])).name
    code = str(int(facts["exit_code"]))
    if "message" in facts:
        return (name, facts["state"], *["-"] * 6, code)
    share = "-" if facts["percent"] is None else f"{facts['percent']}%"
    counts = [f"{facts[key]:,}" for key in ("entries", "delivered", "rejected", "in_doubt")]
    state = "waiting" if facts["waits_for"] else facts["state"]
    return (name, state, share, *counts, f"{facts['owed'] + facts['in_flight']:,}", code)


def _percent(usable: Sequence[Mapping[str, Any]]) -> str:
    if not usable or any(facts["total"] is None for facts in usable):
        return "-"
    total = sum(facts["total"] for facts in usable)
    return f"{100 * sum(facts['settled'] for facts in usable) // total if total else 100}%"


def status_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """One checkpoint for people; nothing where it cannot be read, which is said elsewhere."""
    if "message" in facts:
        return
    from bulk_importer.observe import finding_lines, media_lines, route_text

    yield route_text(facts)
    yield f"  {_run_state(facts)}"
    yield from _run_lines(facts)
    for name, word in (
        ("entries", "entries"),
        ("delivered", "delivered"),
        ("rejected", "rejected"),
        ("skipped", "skipped"),
        ("in_doubt", "unconfirmed"),
        ("in_doubt_in_retries", "in retries"),
        ("in_flight", "in flight"),
        ("owed", "not sent yet"),
    ):
        if facts[name] or name in ("entries", "delivered"):
            yield f"  {word:12} {facts[name]:>11,}"
    yield from media_lines(facts)
    yield f"  {'read':12} {facts['read_bytes']:>11,} bytes{_of_what(facts)}"
    yield from _pace_lines(facts)
    if facts["broken"]:
        yield f"  the source breaks at byte {facts['broken']['offset']}: {facts['broken']['reason']}"
    yield from finding_lines(facts["findings"], facts["severities"])
    for each in facts["doubts"][:_MOST_SHOWN]:
        yield f"  unconfirmed: batch {each['batch']}, sent {each['sent']}, {each['reason']}"
    if facts["advice"]:
        yield f"  {facts['advice']}"


def _of_what(facts: Mapping[str, Any]) -> str:
    """What the bytes that were read are part of. Those of a packed source are counted unpacked, its size is not."""
    rest = "" if facts["is_read_to_the_end"] else ", the rest is not read yet"
    if facts["is_packed"]:
        packed = f" from {facts['size']:,}" if facts["size"] else ""
        return f", unpacked{packed}{rest}"
    return f" of {facts['size']:,}{rest}" if facts["size"] else rest


def _run_state(facts: Mapping[str, Any]) -> str:
    done = "" if facts["percent"] is None else f", {facts['percent']}% done"
    if facts["state"] == "running":
        return f"runs now{done}: {facts['runs_now']}"
    if facts["is_finished"]:
        return "finished"
    return f"does not run now, not finished{done}"


def _run_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    run, waits = facts["run"], facts["waits_for"]
    if run is not None:
        yield f"  started {run['started']}" + (
            f", first begun {facts['begun']}" if facts["begun"] not in (None, run["started"]) else ""
        )
        if facts["state"] != "running" and run["last_sign"]:
            yield f"  {_ending(run)}"
    if waits is not None:
        yield f"  {_WAITS[waits['what']]}, since {waits['since']}: {waits['reason']}"
    if (limited := facts["limited"]) is not None:
        yield f"  limited by {limited['by']}, since {limited['since']}: {_limits(limited['limits'])}"


def _limits(limits: Mapping[str, Any]) -> str:
    from bulk_importer.steering import Limits

    return Limits(**limits).words


def _ending(run: Mapping[str, Any]) -> str:
    if run["exit_code"] is None:
        return f"it did not say how it ended: {run['why']}; last sign {run['last_sign']}"
    why = f": {run['why']}" if run["why"] else ""
    return f"ended {run['ended']} with exit code {run['exit_code']}{why}"


def _pace_lines(facts: Mapping[str, Any]) -> Iterator[str]:
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
