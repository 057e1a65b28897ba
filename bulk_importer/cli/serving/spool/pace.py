"""Judges how fast a client sends, by the time that was spent waiting for it. Pure."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """So many bytes within each so many seconds of waiting, else a client is too slow.

    Time in which the disk was slow counts for nobody. A client that sends nothing, one that sends a byte now and then,
    and one that was fast an hour ago are all judged by the same rule.

    Args:
        seconds: of waiting, in which `least_bytes` have to come; then anew.
    """

    def __init__(self, seconds: float, least_bytes: int) -> None:
        self._seconds = seconds
        self._least_bytes = least_bytes
        # Since so much had come for the last time; changed by `note` alone.
        self._waited = 0.0
        self._came = 0

    @property
    def patience(self) -> float:
        """How long the next bytes are waited for, at most."""
        return max(0.0, self._seconds - self._waited)

    def note(self, waited: float, came: int) -> bool:
        """Count in what was waited and what came; returns whether that is fast enough."""
        self._waited += waited
        self._came += came
        if self._came >= self._least_bytes:
            self._waited, self._came = 0.0, 0
        return self._waited < self._seconds
