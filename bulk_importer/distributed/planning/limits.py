"""Divides what is allowed to all workers together: among seats what leaves at a time, among shards the error budget.

Pure. The parts always add up to exactly what was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from bulk_importer.distributed.values import Seat
from bulk_importer.errors import UsageError
from bulk_importer.model import ErrorBudget
from bulk_importer.settings import Settings
from bulk_importer.transfer.options import allowed_by

__all__ = ["budgets_of", "seats_of", "shards_asked"]

_SHARDS_FOR_EACH = 4
"""Shards take different times: with several for each worker all of them end at about the same time."""


def seats_of(settings: Settings) -> tuple[Seat, ...]:
    """A seat for each worker that may send at a time.

    Raises:
        UsageError: more workers are to send at a time than there may be requests in flight.
    """
    allowed = allowed_by(settings)
    most = allowed.max_in_flight or settings.max_in_flight
    if settings.at_once is not None and settings.at_once > most:
        why = "--polite allows" if most < settings.max_in_flight else "--max-in-flight is"
        raise UsageError(
            f"--at-once {settings.at_once} workers cannot share {most} in flight ({why} {most}): each needs one. Take "
            f"--at-once {most}, or raise --max-in-flight."
        )
    count = settings.at_once or (most if settings.shards is None else min(most, settings.shards))
    in_flight = _whole_parts(most, [1] * count)
    rates = [
        _parts(rate, count)
        for rate in (allowed.requests_per_second, allowed.entries_per_second, allowed.bytes_per_second)
    ]
    return tuple(
        Seat(
            max_in_flight=in_flight[seat],
            max_requests_per_second=rates[0][seat],
            max_entries_per_second=rates[1][seat],
            max_bytes_per_second=rates[2][seat],
        )
        for seat in range(count)
    )


def shards_asked(settings: Settings, seats: int) -> int:
    """How many shards there are to be, where there are entries enough."""
    return settings.shards or _SHARDS_FOR_EACH * seats


def budgets_of(budget: ErrorBudget, entries: Sequence[int]) -> list[str]:
    """The error budget of each shard, as `--max-errors` has it: a number is divided, a share is that of each.

    Args:
        entries: how many each shard has.
    """
    if budget.count is None:
        return [str(budget)] * len(entries)
    return list(map(str, _whole_parts(budget.count, entries)))


def _whole_parts(whole: int, weights: Sequence[int]) -> list[int]:
    """`whole` in parts that are nearest to their weights, larger ones first where some are left over."""
    total = sum(weights) or 1
    parts = [whole * weight // total for weight in weights]
    left_over = sorted(range(len(weights)), key=lambda at: (-(whole * weights[at] % total), at))
    for at in left_over[: whole - sum(parts)]:
        parts[at] += 1
    return parts


def _parts(rate: float | None, count: int) -> list[float | None]:
    """A rate in equal parts; the last one takes what rounding left of it."""
    if rate is None:
        return [None] * count
    part = rate / count
    return [*[part] * (count - 1), fsum([rate, *[-part] * (count - 1)])]
