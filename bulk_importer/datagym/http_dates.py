"""Reads dates as HTTP writes them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["http_date"]


def http_date(value: str) -> datetime | None:
    """The moment that a header names, in any of the three forms of RFC 9110, 5.6.7; None where it names none.

    One of these forms, and a `-0000` at the end of another, leave the zone open: dates of HTTP are in UTC, and never
    in the zone of this machine.
    """
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
