"""What came of the shards of a plan, as `gather` finds it.

Pure, but for the zone of this machine, in which summaries give times.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from bulk_importer.checkpoint import Claim
from bulk_importer.distributed.values import Plan, Shard
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.summary import RunState, Summary

__all__ = ["Gathered", "Holder", "Overlap", "ShardState", "Standing"]


class ShardState(StrEnum):
    """How a shard stands.

    `held`: a worker has its lease, and has not given it back; it may have been lost since. `unusable`: what is on
    record cannot be read, or is not that of the shard.
    """

    NOT_BEGUN = "not begun"
    HELD = "held"
    STOPPED = "stopped"
    FAILED = "failed"
    COMPLETE = "complete"
    UNUSABLE = "unusable"


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the lease of a shard, or had it last.

    Attributes:
        name: of the worker, for people.
        epoch: of the lease; each that is above 1 followed another one.
        since: when it was taken, ISO 8601, by the clock of the worker; empty where unknown.
        seconds: for how long after a sign of life it holds.
        sign_at: when the last sign of life came, in seconds since 1970, by the clock of the place; None where unknown.
        gave_back: the worker said that it was done with it.
    """

    name: str
    epoch: int
    since: str = ""
    seconds: float = 0.0
    sign_at: float | None = None
    gave_back: bool = False

    def silent(self, now: float) -> float | None:
        """For how many seconds it has given no sign, where that is longer than its lease; None where it is not."""
        if self.gave_back or self.sign_at is None or now - self.sign_at <= self.seconds:
            return None
        return now - self.sign_at


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one shard so far.

    Attributes:
        holder: who has it, or had it last; None where nobody ever had.
        folder: key of the checkpoint at the place; empty where there is none yet.
        summary: what its log says; None where nothing is on record, or that cannot be used.
        exit_code: what it amounts to by itself.
        message: why it stands so, in a sentence or a phrase; empty where there is nothing to say.
        in_doubt_in_retries: as in a status.
        began_at, latest_at: when it was first begun, and what its latest record says, in seconds since 1970.
        importable: how many media of the project can be imported, as far as that was known when it was complete.
        is_undone: what it brought was taken back, or that was begun; or the whole plan was before it was begun.
        has_retries: rejected entries were fed again, or that was begun.
        per_second: entries settled a second over the last minute; None where nobody is at work, or it is unknown.
    """

    shard: Shard
    state: ShardState
    holder: Holder | None = None
    folder: str = ""
    summary: Summary | None = None
    exit_code: ExitCode = ExitCode.UNFINISHED
    message: str = ""
    in_doubt_in_retries: int = 0
    began_at: float | None = None
    latest_at: float | None = None
    importable: int | None = None
    per_second: float | None = None
    is_undone: bool = False
    has_retries: bool = False

    @property
    def needs_work(self) -> bool:
        """Whether a worker has to take it, now or when who holds it is found to be lost."""
        return not self.is_undone and self.state in (
            ShardState.NOT_BEGUN,
            ShardState.STOPPED,
            ShardState.FAILED,
        )


class Overlap(msgspec.Struct, frozen=True):
    """By how many media the sums over all shards are too high, as several of them count the same.

    Attributes:
        delivered: counted as such by more than one shard, for each shard beside the first.
        undelivered: counted as such by a shard, while another has brought something to them.
    """

    delivered: int = 0
    undelivered: int = 0


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan so far.

    Attributes:
        place: where it lies, for people.
        standings: of all shards, in their order.
        claims: what must be so of the sums, and whether it is.
        overlap: None where that is not known; it is looked for once all shards are complete.
    """

    place: str
    plan: Plan
    standings: Sequence[Standing]
    claims: Sequence[Claim]
    overlap: Overlap | None = None

    @property
    def state(self) -> RunState:
        """How all stand together: something is under way, or else as the one that stands worst."""
        states = {each.state for each in self.standings}
        if ShardState.HELD in states:
            return RunState.RUNNING
        if states & {ShardState.FAILED, ShardState.UNUSABLE} or not self.is_proven:
            return RunState.FAILED
        return RunState.COMPLETE if states == {ShardState.COMPLETE} else RunState.STOPPED

    @property
    def exit_code(self) -> ExitCode:
        """That of the whole: of the shards' what matters most, and 7 where they contradict the plan."""
        contradicted = [] if self.is_proven else [ExitCode.CHECKPOINT]
        return most_important([*(each.exit_code for each in self.standings), *contradicted])

    @property
    def is_proven(self) -> bool:
        """Whether all holds that must."""
        return all(claim.holds for claim in self.claims)
