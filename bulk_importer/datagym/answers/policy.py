"""When to send again: the retry policy as data, and the arithmetic of waiting.

Pure: the clock and the jitter are parameters; the loops that sleep are `datagym.retry` and `transfer.sender.retrying`.
"""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from bulk_importer.datagym.http_dates import http_date

__all__ = ["RetryBudget", "RetryPolicy", "backoff_seconds", "retry_after_seconds"]

_SECONDS = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?", re.ASCII)


class RetryPolicy(msgspec.Struct, frozen=True):
    """How requests that were not executed, or were rolled back, are sent again.

    Attributes:
        base_seconds, cap_seconds: the wait before the n-th retry is drawn from `[0, min(cap, base * 2**(n-1))]`.
        max_retry_after_seconds: a `Retry-After` beyond it is junk as often as not; ask again after this long.
        split_after: how often a request of several entries may fail with `ex_system` before it is split.
        alone_attempts: how often a single entry must fail with `ex_system`, with nothing else in flight, before
            it is called refused.
    """

    base_seconds: float = 0.5
    cap_seconds: float = 60.0
    max_retry_after_seconds: float = 3600.0
    split_after: int = 2
    alone_attempts: int = 4


def backoff_seconds(
    policy: RetryPolicy, attempt: int, jitter: float, after_seconds: float | None = None
) -> float:
    """How long to wait before retry number `attempt` (from 1): exponential, full jitter, `Retry-After` obeyed.

    Full jitter (all of the interval is drawn from, not its upper half) because the requests that a server throws
    back came together and must not come together again. What the server asked for is a lower bound; the jitter
    on top of it stays below one base interval.

    Args:
        jitter: drawn evenly from `[0, 1)`.
    """
    if after_seconds is not None:
        asked = min(max(after_seconds, 0.0), policy.max_retry_after_seconds)
        return asked + jitter * policy.base_seconds
    ceiling = policy.base_seconds * 2.0 ** min(max(attempt, 1) - 1, 60)
    return jitter * min(policy.cap_seconds, ceiling)


def retry_after_seconds(value: str, now: datetime | None) -> float | None:
    """What a `Retry-After` header asks for: seconds, or an HTTP date in any of its three forms (RFC 9110, 10.2.3).

    Args:
        now: aware; best the `Date` header of the same answer, so that two clocks need not agree. None where no time is
            known, which makes a date meaningless.

    Returns:
        Seconds from now, 0 for a date gone by; None for what is neither.
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    date = http_date(value)
    return None if date is None or now is None else max(0.0, (date - now).total_seconds())


class RetryBudget:
    """Bounds retries to a share of the requests, so that a struggling server is not buried under them.

    Each first attempt earns `share` of a retry; besides, `per_second` accrue so that a run in which everything
    fails still goes on, slowly. Savings are bounded by `most`.
    """

    def __init__(
        self, *, share: float = 0.2, per_second: float = 0.2, most: float = 50.0, start: float = 10.0
    ) -> None:
        self._share = share
        self._per_second = per_second
        self._most = most
        # Changed by `earn` and `wait_seconds` alone.
        self._saved = min(start, most)
        self._at: float | None = None

    def earn(self) -> None:
        """Save a share of a retry: a first attempt leaves."""
        self._saved = min(self._most, self._saved + self._share)

    def wait_seconds(self, now: float) -> float:
        """Take one retry out of the savings; returns how long it has to wait (0 where it was saved up).

        Retries that wait queue up behind each other: each takes its place when it asks.
        """
        if self._at is not None:
            self._saved = min(self._most, self._saved + max(0.0, now - self._at) * self._per_second)
        self._at = now
        self._saved -= 1.0
        return max(0.0, -self._saved / self._per_second)
