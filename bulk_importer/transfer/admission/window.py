"""The hours in which a run may send, for overnight runs beside people who label by day.

Pure: a function of an aware time; the rules of the zone come from the system's (or tzdata's) zone files.

A window is a statement about the clock on the wall of its zone: `22:00-06:00` is open whenever that clock shows a
time from 22:00 up to, and without, 06:00, on the night of the change to summer time too, when that is an hour less. A
window that lies in the hour which that change leaves out (`02:15-02:45`) does not open that night; in the hour which
comes twice it opens twice. Other readings (an opening lasts eight hours; it opens at an instant that is computed
once a day) need rules for these nights that nobody would guess.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

import msgspec

__all__ = ["Window"]

_FORM = re.compile(r"\s*([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})(?:\s+(\S+))?\s*", re.ASCII)
_MINUTE = timedelta(minutes=1)
# Long enough for a window that a change of the clock leaves out for one night, and for zones that left out a day.
_MINUTES_AHEAD = 4 * 24 * 60


class Window(msgspec.Struct, frozen=True):
    """Every day from `opens` to `closes` by the clock of `zone`; over midnight where `closes` comes first."""

    opens: time
    closes: time
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, zone: tzinfo | None = None) -> Window:
        """Read `22:00-06:00` or `22:00-06:00 Europe/Berlin`. `24:00` is midnight.

        Args:
            zone: of a window that names none.

        Raises:
            ValueError: with a sentence that says what is wrong.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a window like '22:00-06:00' or '22:00-06:00 Europe/Berlin'")
        opens, closes = _time(match[1], match[2]), _time(match[3], match[4])
        if opens == closes:
            raise ValueError(f"the window {text!r} has no length; leave it out to send at any time")
        if match[5] is not None:
            zone = _zone(match[5])
        if zone is None:
            raise ValueError(f"the window {text!r} needs a time zone, as in '{text.strip()} Europe/Berlin'")
        return cls(opens, closes, zone)

    def __str__(self) -> str:
        """The hours and their zone."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} {self.zone}"

    def is_open(self, at: datetime) -> bool:
        """Whether sending is allowed at this (aware) time."""
        wall = at.astimezone(self.zone).time()
        if self.opens < self.closes:
            return self.opens <= wall < self.closes
        return wall >= self.opens or wall < self.closes

    def opens_in(self, at: datetime) -> float:
        """Seconds until the window opens; 0 while it is open."""
        if self.is_open(at):
            return 0.0
        # Walks the minutes: openings, closings and changes of the clock all fall on whole ones, so this needs no
        # arithmetic on local times, which is where such functions go wrong. It is asked once a pause.
        at = at.astimezone(UTC)
        minute = at.replace(second=0, microsecond=0)
        for _ in range(_MINUTES_AHEAD):
            minute += _MINUTE
            if self.is_open(minute):
                break
        return (minute - at).total_seconds()


def _time(hour: str, minute: str) -> time:
    if (int(hour), int(minute)) == (24, 0):
        return time(0, 0)
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise ValueError(f"{hour}:{minute} is not a time of day") from error


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r} is not a time zone known here; names look like 'Europe/Berlin' or 'UTC'"
        ) from error
