"""What is settled, in doubt and owed, as the log says it.

Pure. Changed by `transitions.apply` alone, and only after the record that says so is on disk.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

import msgspec

from bulk_importer.checkpoint.log.records import (
    Broken,
    End,
    Ended,
    RunBegan,
    SourceIdentity,
    Suspicion,
    Undecided,
)
from bulk_importer.model import ReadPlan, SegmentKey
from bulk_importer.spans import Span, SpanSet

__all__ = ["CheckpointState", "Contradiction", "Counts"]


class Contradiction(ValueError):
    """A record says what cannot be, after all that was said before it. Nothing was changed."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries are where. `entries` is the sum of the others.

    Attributes:
        in_doubt: sent, and not known to have landed or not; those in flight included.
        in_flight: the part of `in_doubt` whose answer may still come.
        owed: read and not sent, or sent and known not to have landed.
    """

    entries: int
    delivered: int
    rejected: int
    skipped: int
    in_doubt: int
    in_flight: int
    owed: int


class CheckpointState:
    """Each position below `position` is delivered, rejected, skipped, in doubt, or owed; the rest is unread.

    Memory: 16 bytes for each span of the three sets, some 200 for each segment, nothing for an entry or a
    settled batch. A span ends where the neighbour has another fate, so an import of a hundred million entries
    of which one in a hundred is rejected costs 2 x 16 MB; one without rejections a few kB. (Measured with 50,000
    segments: a process that has replayed it holds 103 MB more than before, of which by this sum 42 are the state
    and the rest is what decoding leaves behind; 150 MB at its peak, with the log.)
    """

    def __init__(self, identity: SourceIdentity, server: str = "") -> None:
        # Read by everyone, written by `transitions` (and `snapshot` at the beginning) only. The three sets are
        # disjoint; `taken` is the positions of `undecided`, kept so that a second `sent` is found out at once.
        self.identity = identity
        self.server = server
        self.segments: list[SegmentKey] = []
        self.digests_crcs = array("Q")
        self.delivered = SpanSet()
        self.rejected = SpanSet()
        self.skipped = SpanSet()
        self.undecided: dict[int, Undecided] = {}
        self.taken = SpanSet()
        # Disjoint, the latest last; what is settled meanwhile is taken out when another one is added.
        self.suspects: tuple[Suspicion, ...] = ()
        self.next_batch = 0
        self.finding_counts: dict[str, int] = {}
        self.rejected_bytes = 0
        self.notes: dict[str, object] = {}
        self.end: End | None = None
        self.broken: Broken | None = None
        # Sums over the runs that are over, and the latest of them; `run` is the one that is not, and what it has sent
        # and settled (delivered or rejected) so far. One that was killed stays there until the next one begins.
        self.seconds = 0.0
        self.requests = 0
        self.retries = 0
        self.run: RunBegan | None = None
        self.run_requests = 0
        self.run_settled = 0
        self.last_sent_at = 0.0
        self.ended: Ended | None = None

    @property
    def position(self) -> int:
        """The first position that is not on record as read."""
        return self.segments[-1].first + self.segments[-1].count if self.segments else 0

    @property
    def offset(self) -> int:
        """The (decompressed) byte behind the last recorded segment."""
        return self.segments[-1].offset + self.segments[-1].length if self.segments else 0

    @property
    def counts(self) -> Counts:
        """How many entries are where."""
        flying = sum(s.stop - s.start for b in self.undecided.values() if not b.reason for s in b.spans)
        settled = len(self.delivered) + len(self.rejected) + len(self.skipped)
        return Counts(
            entries=self.position,
            delivered=len(self.delivered),
            rejected=len(self.rejected),
            skipped=len(self.skipped),
            in_doubt=len(self.taken),
            in_flight=flying,
            owed=self.position - settled - len(self.taken),
        )

    @property
    def is_finished(self) -> bool:
        """Whether the source was read to its end and every entry is delivered, rejected or skipped."""
        counts = self.counts
        return self.end is not None and not counts.owed and not counts.in_doubt

    @property
    def last_sign_at(self) -> float:
        """When the run that is not over last showed that it lives, in seconds since the epoch; zero without a run."""
        return 0.0 if self.run is None else max(self.run.at, self.last_sent_at)

    def doubts(self) -> tuple[Undecided, ...]:
        """The batches in doubt, by number; those whose answer may still come are not among them."""
        return tuple(
            self.undecided[number] for number in sorted(self.undecided) if self.undecided[number].reason
        )

    def owed_within(self, start: int, stop: int) -> Iterator[Span]:
        """The owed runs of `[start, stop)`, in order; what is not read yet is not owed."""
        stop = min(stop, self.position)
        if self.delivered.covers(start, stop):
            return iter(())
        closed = SpanSet()
        for settled in (self.delivered, self.rejected, self.skipped, self.taken):
            closed.update(settled.within(start, stop))
        return closed.missing(start, stop)

    def owes(self, spans: tuple[Span, ...]) -> bool:
        """Whether every position of `spans` is owed, which is what may be sent."""
        fates = (self.delivered, self.rejected, self.skipped, self.taken)
        return all(
            0 <= start < stop <= self.position and not any(fate.meets(start, stop) for fate in fates)
            for start, stop in spans
        )

    def unsettled(self, spans: tuple[Span, ...]) -> SpanSet:
        """The positions of `spans` that were read and are owed or in doubt."""
        found = SpanSet()
        for start, stop in spans:
            found.update(self.owed_within(start, stop))
            found.update(self.taken.within(start, stop))
        return found

    def plan(self) -> ReadPlan:
        """What a run has to read: segments that owe something, then the unread rest."""
        again = (
            key
            for key in self.segments
            if next(self.owed_within(key.first, key.first + key.count), None) is not None
        )
        return ReadPlan(tuple(again), self.position, self.offset, self.end is not None)

    def segment_at(self, position: int) -> SegmentKey | None:
        """The recorded segment that holds `position`, or None where it is not read yet."""
        at = bisect_right(self.segments, position, key=lambda key: key.first) - 1
        return self.segments[at] if at >= 0 and position < self.position else None
