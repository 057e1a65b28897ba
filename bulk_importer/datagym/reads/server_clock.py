"""How far the clock of the server is ahead of ours, by the dates of its answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.datagym.http_dates import http_date

__all__ = ["ServerClock", "date_in"]


class ServerClock:
    """How far the server's clock is ahead of ours, as an interval that every answer narrows.

    A `Date` header is cut to whole seconds and was written between the question and the answer.
    """

    def __init__(self) -> None:
        # Seconds to be added to our time to get the server's. Changed by `note` alone.
        self.least_ahead = float("-inf")
        self.most_ahead = float("inf")

    @property
    def is_known(self) -> bool:
        """Whether there was an answer with a date."""
        return self.least_ahead > float("-inf")

    def note(self, asked_at: float, answered_at: float, date: float) -> None:
        """An answer that was asked for and came at these times (ours) carries this `Date` (seconds since 1970)."""
        least, most = date - answered_at, date + 1.0 - asked_at
        if least > self.most_ahead or most < self.least_ahead:
            self.least_ahead, self.most_ahead = least, most  # a clock was set
            return
        self.least_ahead = max(self.least_ahead, least)
        self.most_ahead = min(self.most_ahead, most)

    def at(self, time: float) -> float:
        """The earliest that the server's clock can have shown at our `time`; a minute before it where none is known."""
        return time + (self.least_ahead if self.is_known else -60.0)


def date_in(headers: Mapping[str, str]) -> float | None:
    """What an answer says of the server's clock, cut to a second, in seconds since 1970; None where it says nothing."""
    date = http_date(headers.get("date", ""))
    return None if date is None else date.timestamp()
