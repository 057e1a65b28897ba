"""Finds what a run waits for, and what a person limited, in another process: in its `run.log`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.steering.values import Limits

__all__ = ["Limited", "Wait", "limited_in_log", "wait_in_log"]

_LOOKED_AT_BYTES = 256 << 10
"""While a run waits it writes little, so that what it waits for stands near the end."""
_CHANGED, _STARTED = b'"event":"LimitsChanged"', b'"event":"RunStarted"'
"""How a line of them is recognised: in a text that a stranger gave, a backslash would stand before each quote."""


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


class Limited(msgspec.Struct, frozen=True, kw_only=True):
    """That a person lowered how much may leave at a time.

    Attributes:
        by: who did: the name of a user, or `page`.
        since: ISO 8601, as in the log.
        limits: what holds now.
    """

    by: str
    since: str
    limits: Limits


class _Logged(msgspec.Struct):
    """The line of a `LimitsChanged`."""

    at: str
    by: str
    is_as_started: bool


def limited_in_log(folder: Path) -> Limited | None:
    """How a person limited the latest run of the checkpoint in `folder`; None where nobody did."""
    for name in ("run.log", "run.log.1"):
        try:
            text = (folder / name).read_bytes()
        except OSError:
            continue
        changed, started = text.rfind(_CHANGED), text.rfind(_STARTED)
        if changed > started:
            return _limited(text[text.rfind(b"\n", 0, changed) + 1 :].partition(b"\n")[0])
        if started >= 0:
            return None
    return None


def _limited(line: bytes) -> Limited | None:
    try:
        logged = msgspec.json.decode(line, type=_Logged)
        limits = msgspec.json.decode(line, type=Limits)
    except msgspec.MsgspecError:
        return None  # it is just being written
    return None if logged.is_as_started else Limited(by=logged.by, since=logged.at, limits=limits)


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
