"""What one run wants of its sending side: from the settings of a person, and from what an earlier run found out."""

from __future__ import annotations

import os
from datetime import UTC, tzinfo

import msgspec

from bulk_importer.datagym.answers.policy import RetryBudget, RetryPolicy
from bulk_importer.errors import UsageError
from bulk_importer.model import Limits
from bulk_importer.settings import Settings
from bulk_importer.steering.values import Limits as SteeredLimits
from bulk_importer.transfer.adaptive.gate import Bounds, Setting
from bulk_importer.transfer.admission.breaker import BreakerPolicy
from bulk_importer.transfer.admission.rates import Pacing
from bulk_importer.transfer.admission.window import Window

__all__ = ["Remembered", "SendOptions", "allowed_by", "require_sound"]

_ANY_WEIGHT = 1 << 62
_POLITE_IN_FLIGHT = 2
# When everything fails, a retry leaves in the time of ten first waits: every five seconds at the default.
_RETRIES_PER_WAIT = 0.1


class Remembered(msgspec.Struct, frozen=True):
    """What a resume begins with instead of finding it out again; a note in the checkpoint.

    Attributes:
        in_flight, weight: the best setting of the gate that is known.
        max_bytes: of a body, after one that was too large for something on the way; None where there was none.
    """

    in_flight: int
    weight: int
    max_bytes: int | None = None

    @classmethod
    def read(cls, note: object) -> Remembered | None:
        """Read the note of an earlier run; None where there is none that can be read."""
        try:
            return msgspec.convert(note, cls) if note is not None else None
        except msgspec.ValidationError:
            return None


class SendOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run sends: its bounds, its patience, and where it begins. The budget and the pacing serve one run only.

    Attributes:
        limits: of a batch, besides what the gate and the pacing say.
        bounds: of what the gate may try.
        max_attempts: how often a batch is sent in a row.
        is_polite: whether the run slows down when the server becomes slow.
        remembered: what an earlier run found out.
    """

    limits: Limits
    bounds: Bounds
    retry: RetryPolicy
    budget: RetryBudget
    max_attempts: int
    breaker: BreakerPolicy
    pacing: Pacing
    window: Window | None = None
    is_polite: bool = False
    remembered: Remembered | None = None

    @property
    def start(self) -> Setting | None:
        """Where the gate begins; None for a careful start."""
        return Setting(self.remembered.in_flight, self.remembered.weight) if self.remembered else None

    def limits_now(self) -> Limits:
        """The limits of a batch that is sealed now: besides `limits`, what may leave in a second."""
        limits, pacing = self.limits, self.pacing
        return Limits(
            min(limits.max_entries, pacing.max_entries or limits.max_entries),
            min(limits.max_bytes, pacing.max_bytes or limits.max_bytes),
            limits.max_weight,
        )

    @classmethod
    def of(cls, settings: Settings, remembered: Remembered | None) -> SendOptions:
        """Take the options of the sending side from settings of which `require_sound` has nothing to say."""
        return cls(
            limits=_limits(settings, remembered),
            bounds=_bounds(settings),
            retry=RetryPolicy(
                base_seconds=settings.retry_wait,
                cap_seconds=settings.max_retry_wait,
                max_retry_after_seconds=settings.max_retry_after,
            ),
            budget=RetryBudget(
                share=settings.retry_share, per_second=_RETRIES_PER_WAIT / settings.retry_wait
            ),
            max_attempts=settings.max_attempts,
            breaker=BreakerPolicy(
                signs=settings.outage_signs,
                first_interval_seconds=settings.probe_wait,
                longest_interval_seconds=settings.max_probe_wait,
                max_retry_after_seconds=settings.max_retry_after,
                max_outage_seconds=settings.max_outage,
            ),
            pacing=Pacing(
                requests_per_second=settings.max_requests_per_second,
                entries_per_second=settings.max_entries_per_second,
                bytes_per_second=settings.max_bytes_per_second,
            ),
            window=_window(settings),
            is_polite=settings.polite,
            remembered=remembered,
        )


def require_sound(settings: Settings) -> None:
    """See that the settings of the sending side can be meant together, before anything is begun.

    Raises:
        UsageError: bounds or waits contradict each other, or the window cannot be read.
    """
    _bounds(settings)
    _window(settings)
    if settings.retry_wait > settings.max_retry_wait:
        raise UsageError("--retry-wait is above --max-retry-wait.")
    if settings.probe_wait > settings.max_probe_wait:
        raise UsageError("--probe-wait is above --max-probe-wait.")


def allowed_by(settings: Settings) -> SteeredLimits:
    """How much may leave at a time by settings of which `require_sound` has nothing to say."""
    return SteeredLimits(
        max_in_flight=_most_in_flight(settings),
        requests_per_second=settings.max_requests_per_second,
        entries_per_second=settings.max_entries_per_second,
        bytes_per_second=settings.max_bytes_per_second,
    )


def _limits(settings: Settings, remembered: Remembered | None) -> Limits:
    most = settings.max_batch_bytes
    known = remembered.max_bytes if remembered else None
    return Limits(
        max_entries=settings.max_batch_entries,
        max_bytes=most if known is None else min(most, known),
        max_weight=settings.max_batch_weight or _ANY_WEIGHT,
    )


def _most_in_flight(settings: Settings) -> int:
    return min(settings.max_in_flight, _POLITE_IN_FLIGHT) if settings.polite else settings.max_in_flight


def _bounds(settings: Settings) -> Bounds:
    most = _most_in_flight(settings)
    if settings.min_in_flight > most:
        raise UsageError("--min-in-flight is above what is allowed in flight.")
    if settings.max_batch_weight is not None and settings.min_batch_weight > settings.max_batch_weight:
        raise UsageError("--min-batch-weight is above --max-batch-weight.")
    return Bounds(
        least_in_flight=settings.min_in_flight,
        most_in_flight=most,
        least_weight=settings.min_batch_weight,
        most_weight=settings.max_batch_weight,
    )


def _window(settings: Settings) -> Window | None:
    if settings.window is None:
        return None
    try:
        return Window.parse(settings.window, _local_zone())
    except ValueError as error:
        raise UsageError(f"--window: {error}.") from error


def _local_zone() -> tzinfo:
    """The machine's zone with its rules: what `astimezone()` gives knows only today's distance from UTC."""
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "")
    try:
        if name:
            return ZoneInfo(name.removeprefix(":"))
        with open("/etc/localtime", "rb") as rules:
            return ZoneInfo.from_file(rules, key="local time")
    except (OSError, ValueError, KeyError):  # a missing zone is a KeyError
        return UTC
