"""Looks at all shards of a plan, one after the other, and proves that what came of them is the whole.

Memory: a few kilobytes for each shard, and the log of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import is_

from msgspec.structs import replace

from bulk_importer.checkpoint import Claim
from bulk_importer.distributed.gathering.logs import Kept, kept_by_shard
from bulk_importer.distributed.gathering.overlap import overlap_of
from bulk_importer.distributed.gathering.standing import standing_of
from bulk_importer.distributed.gathering.values import Gathered, Overlap, ShardState, Standing
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of, read_plan
from bulk_importer.distributed.values import UNDONE, Plan
from bulk_importer.errors import CheckpointError
from bulk_importer.readable import counted
from bulk_importer.spans import SpanSet

__all__ = ["gather"]

_NOTHING = Kept()
_MOST_NAMED = 5


def gather(place: Place, *, proves_pieces: bool = True, before: Gathered | None = None) -> Gathered:
    """Say what came of a plan so far. Reads only, and blocks; workers that are at work are not disturbed.

    Args:
        proves_pieces: look also whether each position of the source is in one shard.
        before: what was found a moment ago; shards that were complete then are not looked at again.

    Raises:
        UsageError: there is no plan.
        CheckpointError: the plan, or its place, cannot be read. What is wrong with a shard stands in the answer.
    """
    plan = read_plan(place) if before is None else before.plan
    kept = kept_by_shard(place)
    known = {} if before is None else {each.shard.index: each for each in before.standings}
    standings = [_standing(place, plan, index, kept, known) for index in range(len(plan.shards))]
    if place.read(UNDONE) is not None:
        standings = [each if each.folder else _never_to_begin(each) for each in standings]
    claims = [*([_claim_of_pieces(place, plan)] if proves_pieces else []), *_claims(plan, standings, kept)]
    return Gathered(
        place=place.name,
        plan=plan,
        standings=standings,
        claims=claims,
        overlap=_overlap(place, standings, before),
    )


def _overlap(place: Place, standings: Sequence[Standing], before: Gathered | None) -> Overlap | None:
    if any(each.state is not ShardState.COMPLETE for each in standings):
        return None
    if before is not None and before.overlap is not None and all(map(is_, standings, before.standings)):
        return before.overlap
    return overlap_of(place, standings)


def _standing(
    place: Place, plan: Plan, index: int, kept: Mapping[int, Kept], known: Mapping[int, Standing]
) -> Standing:
    ours, before = kept.get(index, _NOTHING), known.get(index)
    if before is not None and before.state is ShardState.COMPLETE:
        epoch = 0 if before.holder is None else before.holder.epoch
        if epoch == ours.lease:
            return before
    return standing_of(place, plan, plan.shards[index], ours)


def _never_to_begin(standing: Standing) -> Standing:
    """A shard without a log, of a plan that was taken back: why work on it ended before does not matter any more."""
    if standing.state is ShardState.FAILED:
        standing = Standing(shard=standing.shard, state=ShardState.NOT_BEGUN, holder=standing.holder)
    return replace(standing, is_undone=True)


def _claim_of_pieces(place: Place, plan: Plan) -> Claim:
    """That the shards hold each position of the source once."""
    seen, twice, name = SpanSet(), 0, "pieces"
    try:
        for shard in plan.shards:
            for piece in pieces_of(place, shard):
                before = len(seen)
                seen.add(piece.first, piece.first + piece.count)
                twice += piece.count - (len(seen) - before)
    except CheckpointError as error:
        return Claim(name=name, holds=False, text=str(error).removesuffix("."))
    if twice or not (len(seen) == plan.entries and seen.covers(0, plan.entries)):
        text = f"the shards hold {len(seen):,} of {plan.entries:,} positions, {twice:,} of them twice"
        return Claim(name=name, holds=False, text=text)
    shards = "the shard" if len(plan.shards) == 1 else f"one of {len(plan.shards):,} shards"
    return Claim(name=name, holds=True, text=f"each of {counted(plan.entries, 'position')} is in {shards}")


def _claims(plan: Plan, standings: Sequence[Standing], kept: Mapping[int, Kept]) -> Iterator[Claim]:
    summaries = [each.summary for each in standings if each.summary is not None]
    fates = {
        "delivered": sum(each.delivered for each in summaries),
        "rejected": sum(each.rejected for each in summaries),
        "skipped": sum(each.skipped for each in summaries),
        "unconfirmed": sum(each.in_doubt for each in summaries),
        "not sent yet": sum(each.owed for each in summaries),
        "not read yet": plan.entries - sum(each.entries for each in summaries),
    }
    parts = " + ".join(f"{count:,} {word}" for word, count in fates.items() if count) or "0"
    holds = min(fates.values()) >= 0 and sum(fates.values()) == plan.entries
    yield Claim(
        name="sums", holds=holds, text=f"{parts} {'=' if holds else 'is not'} {plan.entries:,} of the plan"
    )
    unusable = [each.shard.index for each in standings if each.state is ShardState.UNUSABLE]
    if unusable:
        named = ", ".join(map(str, unusable[:_MOST_NAMED])) + (", ..." if len(unusable) > _MOST_NAMED else "")
        text = f"what is on record of {counted(len(unusable), 'shard')} cannot be used: {named}"
        yield Claim(name="logs", holds=False, text=text)
    strange = sorted(index for index in kept if index >= len(plan.shards))
    if strange:
        text = f"there is work on shard {strange[0]}, and the plan has {counted(len(plan.shards), 'shard')}"
        yield Claim(name="shards", holds=False, text=text)
