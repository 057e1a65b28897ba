"""Facts about a run, one per batch or segment, for whoever wants to see them.

Observers log, count and draw; they never decide. An observer is called in the event loop, must return at
once, and must not raise. No event carries a payload or a token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from bulk_importer.spans import Span, SpanSet

if TYPE_CHECKING:
    from bulk_importer.model import Rejection

__all__ = [
    "Advanced",
    "AnswerCame",
    "AnswerDelayed",
    "AnswerMissed",
    "BatchDelivered",
    "BatchDoubted",
    "BatchRefused",
    "BatchSealed",
    "CheckpointOpened",
    "DoubtsAwaited",
    "DoubtsEnded",
    "EntriesRejected",
    "Event",
    "GateMoved",
    "LimitsChanged",
    "Observer",
    "OutageBegan",
    "OutageEnded",
    "ReplacementForeseen",
    "RequestEnded",
    "RetryScheduled",
    "RunEnded",
    "RunPaused",
    "RunResumed",
    "RunStarted",
    "SegmentRead",
    "SourceEnded",
    "StopRequested",
    "WindowClosed",
    "WindowOpened",
]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all events."""


class AnswerDelayed(Event, frozen=True, kw_only=True):
    """The first request to the server has been without an answer for `seconds`.

    Attributes:
        patience_seconds: how long from now until it counts as not answered, at most.
    """

    server: str
    seconds: float
    patience_seconds: float


class AnswerMissed(Event, frozen=True, kw_only=True):
    """The server did not answer a request, which is sent again. Comes once, and once more for each other reason.

    Attributes:
        has_answered: whether it has answered anything in this run.
        after_seconds: how long until it is asked again.
        patience_seconds: how long from now until that is given up.
    """

    server: str
    reason: str
    has_answered: bool
    after_seconds: float
    patience_seconds: float


class AnswerCame(Event, frozen=True, kw_only=True):
    """The server answered a request that was delayed or missed before, `seconds` after it was first sent."""

    server: str
    seconds: float


class CheckpointOpened(Event, frozen=True, kw_only=True):
    """The checkpoint in this folder is open and this process has its lock; what the run needs is looked up next."""

    checkpoint: str


class RunStarted(Event, frozen=True, kw_only=True):
    """The checkpoint is open and nothing has been read or sent in this process yet.

    Attributes:
        size: bytes of the source as it lies there, None where unknown (standard input).
        settled, read: positions that are settled already, and positions that are on record as read.
        rejected, in_doubt: how many of the settled ones are rejected, and how many more are in doubt.
        total: how many positions the source has; None where it was not read to its end yet.
        retry_of: the source whose rejected entries are fed again, `source` being the corrections; empty in an import.
    """

    source: str
    size: int | None
    server: str
    project: str
    checkpoint: str
    settled: int
    read: int
    rejected: int = 0
    in_doubt: int = 0
    total: int | None = None
    retry_of: str = ""


class ReplacementForeseen(Event, frozen=True, kw_only=True):
    """Entries with keepData false are about to be sent for the first time, and delete labels that media hold.

    Attributes:
        source: whose entries they are; empty where it is about all sources of a command.
        position: of the first of them.
        media: how many media lose labels, at most so many unless `is_exact`; None where it is not known which media
            hold labels.
        holding: how many media of the project hold labels that can be deleted; None likewise.
        importable: how many media of the project can be imported; None likewise.
        kept: what becomes of the labels, a phrase for people; empty where nothing is said of it.
    """

    source: str
    position: int
    media: int | None
    is_exact: bool
    holding: int | None
    importable: int | None
    kept: str = ""


class SegmentRead(Event, frozen=True, kw_only=True):
    """A segment was read, judged and recorded.

    Attributes:
        behind: how many of the `size` bytes of the source as it lies there were taken by then; None where that cannot
            be told from `offset + length`, which are those of what it unpacks to.
        geometries: those of the accepted entries by class, nested ones as `class/nested class`; of very many classes
            the most frequent ones.
    """

    first: int
    count: int
    offset: int
    length: int
    accepted: int
    rejected: int
    skipped: int
    behind: int | None = None
    geometries: Mapping[str, int] = {}


class SourceEnded(Event, frozen=True, kw_only=True):
    """The source was read to its end and has `total` positions."""

    total: int


class EntriesRejected(Event, frozen=True, kw_only=True):
    """Entries were rejected: before sending (`batch` is None), or because the server refused them.

    Each of them has findings of all of these codes, so that it can be told where in the source there is what.
    """

    spans: tuple[Span, ...]
    codes: Mapping[str, int]
    batch: int | None

    @classmethod
    def of(cls, rejections: Iterable[Rejection], batch: int | None) -> Iterator[Self]:
        """An event for each set of codes that entries were rejected with together."""
        alike: dict[frozenset[str], list[Rejection]] = {}
        for each in rejections:
            alike.setdefault(frozenset(finding.code for finding in each.findings), []).append(each)
        for some in alike.values():
            codes = Counter(finding.code for each in some for finding in each.findings)
            yield cls(spans=SpanSet.of(each.position for each in some).spans, codes=codes, batch=batch)


class BatchSealed(Event, frozen=True, kw_only=True):
    """A batch was packed, because a request can leave."""

    batch: int
    entries: int
    bytes: int
    weight: int
    in_flight: int


class RetryScheduled(Event, frozen=True, kw_only=True):
    """A request was not executed, or rolled back, and is sent again after `after_seconds`."""

    batch: int
    attempt: int
    after_seconds: float
    reason: str


class RequestEnded(Event, frozen=True, kw_only=True):
    """An upload is over, whatever came of it: each that left ends so, once. It is not kept in `run.log`.

    Attributes:
        batch, attempt: which batch it carried, and for the how manieth time in a row.
        outcome: `accepted`, `refused` (by the server), `not executed`, `turned away` (by something on the way), `lost`
            (nobody knows), or `broken off` (by this program).
        cause: of what was not executed, or lost, in a few words out of a closed set; else empty.
        seconds: since it left.
        in_flight: how many others are on their way.
    """

    batch: int
    attempt: int
    outcome: str
    cause: str
    seconds: float
    in_flight: int


class BatchDelivered(Event, frozen=True, kw_only=True):
    """The server accepted a batch, and the record of that is on disk."""

    batch: int
    entries: int
    bytes: int
    weight: int
    seconds: float
    in_flight: int


class BatchRefused(Event, frozen=True, kw_only=True):
    """The server refused a batch and nothing of it is in the server; it is taken apart or given up."""

    batch: int
    entries: int
    reason: str
    suspects: int


class BatchDoubted(Event, frozen=True, kw_only=True):
    """The answer to a batch was lost: it is not known whether it was executed."""

    batch: int
    entries: int
    reason: str


class DoubtsAwaited(Event, frozen=True, kw_only=True):
    """All else is done: the run waits, for `seconds` at most, until it can know what became of lost answers."""

    entries: int
    seconds: float


class DoubtsEnded(Event, frozen=True, kw_only=True):
    """The run learned what became of a batch in doubt: its entries are delivered, or owed."""

    batch: int
    entries: int
    delivered: bool


class GateMoved(Event, frozen=True, kw_only=True):
    """The gate changed how many requests may be in flight, or how heavy a batch may be."""

    max_in_flight: int
    max_weight: int
    reason: str


class OutageBegan(Event, frozen=True, kw_only=True):
    """The server cannot be reached; the run pauses and probes."""

    reason: str


class OutageEnded(Event, frozen=True, kw_only=True):
    """The server answers again, after `seconds`."""

    seconds: float


class WindowClosed(Event, frozen=True, kw_only=True):
    """It is outside the hours in which sending is allowed: nothing new leaves until they begin.

    Attributes:
        hours: with their zone, as in `22:00-06:00 Europe/Berlin`.
        until: the day and time when they begin, by the clock of that zone.
        after_seconds: how long that is from now.
    """

    hours: str
    until: str
    after_seconds: float


class WindowOpened(Event, frozen=True, kw_only=True):
    """The hours in which sending is allowed have begun; `seconds` were waited for them."""

    seconds: float


class RunPaused(Event, frozen=True, kw_only=True):
    """A person paused the run: nothing new leaves until it resumes, and what is in flight lands.

    Attributes:
        by: who did: the name of a user, or `page`.
    """

    by: str


class RunResumed(Event, frozen=True, kw_only=True):
    """A person let the run send again, after `seconds`; `by` says who, as in `RunPaused`."""

    by: str
    seconds: float


class LimitsChanged(Event, frozen=True, kw_only=True):
    """A person changed how much may leave at a time.

    Attributes:
        by: who did, as in `RunPaused`.
        max_in_flight: requests that may be on their way at a time from now on.
        requests_per_second, entries_per_second, bytes_per_second: what may leave in a second; None: no limit.
        is_as_started: whether these are the limits that the run was started with.
    """

    by: str
    max_in_flight: int | None
    requests_per_second: float | None
    entries_per_second: float | None
    bytes_per_second: float | None
    is_as_started: bool


class StopRequested(Event, frozen=True, kw_only=True):
    """A signal or `--limit` ends the run: nothing new leaves, what is in flight may land."""

    reason: str
    grace_seconds: float


class Advanced(Event, frozen=True, kw_only=True):
    """Some long work that is no run went on: a look-up, a check, a proof. Comes many times a second.

    Attributes:
        work: what goes on, as in `checking labels.json`.
        done, total: of its units; the total is None where it is unknown.
        unit: in the plural, as in `media`; `bytes` are shown as kB and MB.
        beside: other counts that a person wants to see, by their words.
    """

    work: str
    done: int
    total: int | None
    unit: str
    beside: Mapping[str, int] = {}


class LabelsMoved(Event, frozen=True, kw_only=True):
    """The account of a migration is closed: what was read is what is carried and what is left behind.

    Attributes:
        media: media of the project they came from that hold labels, and were asked for.
        unread: media whose labels could not be read, so that it is not known what they hold.
        read, carried, left_behind: labels by class.
        reasons: how often what was left behind for which reason.
        altered: labels that were carried without something that is said of them, by what.
        compared, equal: media that were read back, and those of them that hold just what was sent; None where nobody
            looked.
    """

    media: int
    unread: int
    read: Mapping[str, int]
    carried: Mapping[str, int]
    left_behind: Mapping[str, int]
    reasons: Mapping[str, int]
    altered: Mapping[str, int]
    compared: int | None
    equal: int | None


class RunEnded(Event, frozen=True, kw_only=True):
    """The run is over and its summary is on disk."""

    exit_code: int
    state: str


class Observer(Protocol):
    """Whatever can be called with an event: a function, or the `append` of a list.

    It is called in the event loop for each event, in order, so it must return at once. It must not raise, and nothing
    that it does changes the run.
    """

    def __call__(self, event: Event, /) -> object:
        """Take note of an event; what is returned does not matter."""
