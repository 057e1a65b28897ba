"""Finds what a run waits for, in another process: at the end of its `run.log`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["Wait", "wait_in_log"]

_LOOKED_AT_BYTES = 256 << 10
"""While a run waits it writes little, so that what it waits for stands near the end."""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run sends nothing.

    Attributes:
        what: `server`, `hours`, `paused` (by a person) or `stopping`; of a status also `doubts`, where nothing but
            lost answers is left.
        since: ISO 8601, as in the log.
        reason: in words.
    """

    what: str
    since: str
    reason: str


def wait_in_log(folder: Path) -> Wait | None:
    """What the latest run of the checkpoint in `folder` waits for; None where nothing is known."""
    found: dict[str, Wait] = {}
    lines, is_all = _last_lines(folder / "run.log")
    if is_all:  # it was begun lately; the run may wait for something that stands at the end of the one before
        lines = [*_last_lines(folder / "run.log.1")[0], *lines]
    for line in lines:
        try:
            event = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue  # a line of which only the end was read, or that is just being written
        if isinstance(event, dict):
            _see(event, found)
    return next((found[what] for what in ("stopping", "paused", "hours", "server") if what in found), None)


def _see(event: dict[str, Any], found: dict[str, Wait]) -> None:
    since = str(event.get("at", ""))
    match event.get("event"):
        case "RunStarted":
            found.clear()
        case "OutageBegan":
            found["server"] = Wait(what="server", since=since, reason=str(event.get("reason", "")))
        case "OutageEnded" | "BatchDelivered":
            found.pop("server", None)
        case "WindowClosed":
            reason = f"it sends only {event.get('hours')}, and next at {event.get('until')}"
            found["hours"] = Wait(what="hours", since=since, reason=reason)
        case "WindowOpened":
            found.pop("hours", None)
        case "RunPaused":
            found["paused"] = Wait(what="paused", since=since, reason=f"{event.get('by')} paused it")
        case "RunResumed":
            found.pop("paused", None)
        case "StopRequested":
            found["stopping"] = Wait(what="stopping", since=since, reason=str(event.get("reason", "")))
        case _:
            pass


def _last_lines(path: Path) -> tuple[list[bytes], bool]:
    """The lines at the end of a file, and whether they are all of it."""
    try:
        with path.open("rb") as file:
            start = max(0, os.fstat(file.fileno()).st_size - _LOOKED_AT_BYTES)
            file.seek(start)
            return file.read().splitlines(), start == 0
    except OSError:
        return [], True
