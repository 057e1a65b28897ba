"""Names shards, and the commands that do something about them, for people.

Pure.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from bulk_importer.cli.fleet.together.taken_back import ANEW, undone_in
from bulk_importer.distributed.gathering.values import Gathered, ShardState, Standing
from bulk_importer.distributed.values import work_key
from bulk_importer.observe.outcome import Step
from bulk_importer.readable import counted
from bulk_importer.spans import Span, SpanSet

__all__ = ["by_need", "shards_named", "shards_text", "states_text", "steps_of"]
_MOST_SPANS = 12
_RANK = {
    ShardState.UNUSABLE: 0,
    ShardState.FAILED: 1,
    ShardState.STOPPED: 2,
    ShardState.HELD: 3,
    ShardState.NOT_BEGUN: 4,
    ShardState.COMPLETE: 5,
}


def by_need(standings: Sequence[Standing]) -> list[Standing]:
    """Those first that need something most; of those that are complete, those with rejected entries."""
    return sorted(
        standings,
        key=lambda it: (_RANK[it.state], it.summary is None or not it.summary.rejected, it.shard.index),
    )


def states_text(standings: Sequence[Standing]) -> str:
    """How many shards stand how, as in `60 complete, 3 held, 1 not begun`."""
    found = Counter(each.state for each in standings)
    return ", ".join(f"{found[state]:,} {state}" for state in reversed(_RANK) if found[state])


def shards_text(indexes: Sequence[int]) -> str:
    """Indexes of shards, as in `3, 17-20`; of very many the first ones."""
    spans = list(SpanSet.of(sorted(indexes)))
    shown = [f"{start}-{stop - 1}" if stop - start > 1 else str(start) for start, stop in spans[:_MOST_SPANS]]
    more = sum(stop - start for start, stop in spans[_MOST_SPANS:])
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def steps_of(
    gathered: Gathered, *, rejected: str = "", by_engine: bool = False, now: float
) -> Iterator[Step]:
    """What to do about shards, the most urgent first.

    Args:
        rejected: where the rejected entries of all are; empty where they are nowhere.
        by_engine: the command that had it worked on goes on by itself when it is run again.
        now: in seconds since 1970.
    """
    place = shlex.quote(gathered.place)
    unusable = _indexes(gathered, ShardState.UNUSABLE)
    if unusable:
        folders = [
            each.folder for each in gathered.standings if each.state is ShardState.UNUSABLE and each.folder
        ]
        yield Step(
            f"What is on record of {shards_named(unusable)} cannot be used, and is not counted. Put it back from a "
            "copy",
            path=folders[0] if folders else work_key(unusable[0]),
        )
    if undone := undone_in(gathered):
        yield Step(
            f"What {shards_named(undone)} brought was taken back by undo: nothing more is sent for that, and what is "
            f"said of it here is of before. {ANEW}"
        )
    fed = [each.shard.index for each in gathered.standings if _waits_for_retry(each)]
    if fed:
        yield Step(
            f"What a retry fed of {shards_named(fed)} is unconfirmed. To find out what became of it, run",
            command=f"bulk-importer retry {place}",
        )
    left = [each.shard.index for each in gathered.standings if each.needs_work and not _waits_for_retry(each)]
    if left:
        what = f"{shards_named(left, 'is', capital=True)} left to work on"
        where = "ere, or on a machine that shares the plan"
        if by_engine:
            yield Step(f"{what}. Run the same command again: it resumes.")
        yield Step(
            f"Or without a scheduler, h{where}, run" if by_engine else f"{what}. H{where}, run",
            command=f"bulk-importer work {place} --index {left[0]}",
        )
        if len(left) > 1:
            yield Step("Or all of them, one after the other", command=_loop(place, left))
    doubtful = [each.shard.index for each in gathered.standings if _may_be_decided(each)]
    if doubtful:
        yield Step(
            f"Where the server cannot tell what became of unconfirmed entries of {shards_named(doubtful)}, decide "
            "(--delivered, or --not-delivered)",
            command=f"bulk-importer resolve {place} --delivered",
        )
    silent = [
        each.shard.index
        for each in gathered.standings
        if each.holder is not None and each.state is ShardState.HELD and each.holder.silent(now) is not None
    ]
    if silent:
        yield Step(
            f"The worker of {shards_named(silent)} gives no sign of life any more. To take over what it leaves, run",
            command=f"bulk-importer work {place} --index {silent[0]}",
        )
    if any(
        each.summary is not None and each.summary.rejected and not each.is_undone
        for each in gathered.standings
    ):
        yield from _of_rejected(place, rejected)


def _waits_for_retry(standing: Standing) -> bool:
    """Whether all that keeps a shard from being complete are entries that a retry fed."""
    summary = standing.summary
    if summary is None or not standing.in_doubt_in_retries or not standing.needs_work:
        return False
    return summary.entries == standing.shard.entries and not (summary.owed or summary.in_doubt)


def _may_be_decided(standing: Standing) -> bool:
    """Whether nobody is at work on a shard, and something of it is unconfirmed."""
    in_doubt = standing.in_doubt_in_retries + (0 if standing.summary is None else standing.summary.in_doubt)
    return bool(in_doubt) and standing.needs_work


def _of_rejected(place: str, rejected: str) -> Iterator[Step]:
    is_in_bucket = "://" in place  # then files for people go where they are said to
    if not rejected:
        output = " --output FOLDER" if is_in_bucket else ""
        yield Step("To see what was rejected, and why, run", command=f"bulk-importer gather {place}{output}")
        return
    yield Step("Rejected entries of all shards, and why", path=rejected)
    output = f" --output {shlex.quote(rejected.rpartition('/')[0] or '.')}" if is_in_bucket else ""
    yield Step(
        "To send them again, fix them in a copy of that file, and run",
        command=f"bulk-importer retry {place} CORRECTED.jsonl{output}",
    )


def _indexes(gathered: Gathered, state: ShardState) -> list[int]:
    return [each.shard.index for each in gathered.standings if each.state is state]


def shards_named(indexes: Sequence[int], verb: str = "", *, capital: bool = False) -> str:
    """As in `shard 17`, or `3 shards (4, 17-18)`."""
    if len(indexes) == 1:
        text = f"{'Shard' if capital else 'shard'} {indexes[0]}"
        return f"{text} {verb}" if verb else text
    text = f"{counted(len(indexes), 'shard')} ({shards_text(indexes)})"
    return f"{text} {'are' if verb == 'is' else verb}" if verb else text


def _loop(place: str, indexes: Sequence[int]) -> str:
    """A line for a shell; of very many stretches over all between, as work that is finished is over at once."""
    spans = list(SpanSet.of(sorted(indexes)))
    if len(spans) > _MOST_SPANS:
        spans = [Span(spans[0].start, spans[-1].stop)]
    numbers = [f"$(seq {start} {stop - 1})" if stop - start > 1 else str(start) for start, stop in spans]
    return f"for index in {' '.join(numbers)}; do bulk-importer work {place} --index $index; done"
