"""How moments are written: ISO 8601 with the zone, for people and for programs alike; and which zone that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

__all__ = ["local_zone", "written"]


def written(at: float, precision: str = "seconds") -> str:
    """Seconds since the epoch in the zone of this machine, as in `2026-11-27T22:00:05+01:00`.

    Args:
        precision: the smallest part that is written, as `datetime.isoformat` calls it.
    """
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(timespec=precision)


def local_zone() -> tzinfo:
    """The zone of this machine with its rules: what `astimezone()` gives knows one distance from UTC alone."""
    return _Local()


class _Local(tzinfo):
    """Asks the system, which knows the rules, whatever TZ is written like."""

    def fromutc(self, moment: datetime) -> datetime:
        offset = moment.replace(tzinfo=UTC).astimezone().utcoffset() or timedelta()
        wall = (moment + offset).replace(tzinfo=self)
        return wall if wall.utcoffset() == offset else wall.replace(fold=1)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()
