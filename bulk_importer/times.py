"""How moments are written: ISO 8601 with the zone, for people and for programs alike."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["written"]


def written(at: float, precision: str = "seconds") -> str:
    """Seconds since the epoch in the zone of this machine, as in `2026-11-27T22:00:05+01:00`.

    Args:
        precision: the smallest part that is written, as `datetime.isoformat` calls it.
    """
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(timespec=precision)
