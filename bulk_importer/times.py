"""How moments are written: ISO 8601 with the zone, for people and for programs alike; and which zone that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

__all__ = ["here", "local_zone", "written"]


def written(at: float, precision: str = "seconds") -> str:
    """Seconds since the epoch in the zone of this machine, as in `2026-11-27T22:00:05+01:00`.

    Args:
        precision: the smallest part that is written, as `datetime.isoformat` calls it.
    """
    return here(datetime.fromtimestamp(at, UTC)).isoformat(timespec=precision)


def here(moment: datetime) -> datetime:
    """A moment in the zone of this machine; one without a zone is already in it.

    It is in UTC where TZ names a zone that is further from that than a day, as `XYZ-99` does: no moment can be in it.
    """
    try:
        return moment.astimezone()
    except ValueError:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def local_zone() -> tzinfo:
    """The zone of this machine with its rules: what `astimezone()` gives knows one distance from UTC alone."""
    return _Local()


class _Local(tzinfo):
    """Asks the system, which knows the rules, whatever TZ is written like."""

    def fromutc(self, moment: datetime) -> datetime:
        offset = here(moment.replace(tzinfo=UTC)).utcoffset() or timedelta()
        wall = (moment + offset).replace(tzinfo=self)
        return wall if wall.utcoffset() == offset else wall.replace(fold=1)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return None if moment is None else here(moment.replace(tzinfo=None)).utcoffset()

    def dst(self, _: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return None if moment is None else here(moment.replace(tzinfo=None)).tzname()
