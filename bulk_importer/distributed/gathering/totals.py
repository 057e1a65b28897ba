"""Sums up what came of all shards: the summary of the whole, with the keys of that of an import.

Pure, but for the zone of this machine, in which a summary gives times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bulk_importer.distributed.gathering.values import Gathered, ShardState, Standing
from bulk_importer.readable import counted
from bulk_importer.summary import Replacement, RunState, Summary
from bulk_importer.times import written

__all__ = ["facts_of", "wall_seconds", "whole_of"]

_SUMS = (
    "entries",
    "delivered",
    "rejected",
    "skipped",
    "in_doubt",
    "owed",
    "bytes",
    "seconds",
    "requests",
    "retries",
)
_MOST_MESSAGES = 5


def whole_of(gathered: Gathered) -> Summary:
    """The summary of the whole. Counts are sums, and so are `seconds`: those of all workers together.

    What was not read yet counts in none of them; so `entries` is that of the plan once all is read.
    """
    plan, standings = gathered.plan, gathered.standings
    summaries = [each.summary for each in standings if each.summary is not None]
    sums = {name: sum(getattr(each, name) for each in summaries) for name in _SUMS}
    sums["seconds"] = round(sums["seconds"], 3)
    findings: Counter[str] = Counter()
    for each in summaries:
        findings.update(each.findings)
    began, ended = _times(gathered)
    delivered, undelivered, without = _media(gathered)
    return Summary(
        state=gathered.state,
        exit_code=gathered.exit_code,
        source=plan.source,
        project=plan.project,
        server=plan.server,
        checkpoint=gathered.place,
        started="" if began is None else written(began),
        ended="" if ended is None or gathered.state is RunState.RUNNING else written(ended),
        message=" ".join(_messages(gathered)),
        findings=dict(findings),
        severities={code: it for each in summaries for code, it in each.severities.items()},
        project_name=plan.project_name,
        media_delivered=delivered,
        media_undelivered=undelivered,
        media_without_entry=without,
        replacement=_replacement(gathered.standings),
        **sums,
    )


def facts_of(gathered: Gathered, whole: Summary) -> dict[str, Any]:
    """The whole as plain values: the keys of a summary, what is proven, and `shards` with what is known of each."""
    return {
        **whole.to_builtins(),
        "plan": gathered.plan.id,
        "planned_entries": gathered.plan.entries,
        "wall_seconds": wall_seconds(gathered),
        "proven": gathered.is_proven,
        "claims": [{"claim": it.name, "holds": it.holds, "text": it.text} for it in gathered.claims],
        "states": dict(Counter(str(each.state) for each in gathered.standings)),
        "shards": [_shard_facts(each) for each in gathered.standings],
    }


def wall_seconds(gathered: Gathered) -> float | None:
    """From when the first shard was begun to the latest record of any, by the clocks of the workers."""
    began, ended = _times(gathered)
    return None if began is None or ended is None else round(max(0.0, ended - began), 3)


def _shard_facts(standing: Standing) -> dict[str, Any]:
    holder, summary = standing.holder, standing.summary
    counts = {name: 0 if summary is None else getattr(summary, name) for name in _SUMS}
    return {
        "index": standing.shard.index,
        "state": str(standing.state),
        "exit_code": int(standing.exit_code),
        "first": standing.shard.first,
        "planned_entries": standing.shard.entries,
        **counts,
        "in_doubt_in_retries": standing.in_doubt_in_retries,
        "checkpoint": standing.folder or None,
        "epoch": 0 if holder is None else holder.epoch,
        "holder": None if holder is None else holder.name,
        "holder_since": None if holder is None or holder.gave_back else holder.since or None,
        "last_sign": None if holder is None or holder.sign_at is None else written(holder.sign_at),
        "message": standing.message,
        "is_undone": standing.is_undone,
    }


def _times(gathered: Gathered) -> tuple[float | None, float | None]:
    began = [each.began_at for each in gathered.standings if each.began_at is not None]
    ended = [each.latest_at for each in gathered.standings if each.latest_at is not None]
    return min(began, default=None), max(ended, default=None)


def _media(gathered: Gathered) -> tuple[int | None, int | None, int | None]:
    """Media by what came of their entries: each is in one shard, so these add up, but for what is counted twice."""
    standings, twice = gathered.standings, gathered.overlap
    summaries = [each.summary for each in standings if each.summary is not None]
    delivered = [each.media_delivered for each in summaries if each.media_delivered is not None]
    undelivered = [each.media_undelivered for each in summaries if each.media_undelivered is not None]
    if twice is None or not len(delivered) == len(undelivered) == len(standings):
        return None, None, None
    importable = [each.importable for each in standings if each.importable is not None]
    holding, open_ones = sum(delivered) - twice.delivered, sum(undelivered) - twice.undelivered
    is_known = len(importable) == len(standings)
    return holding, open_ones, max(0, max(importable) - holding - open_ones) if is_known else None


def _replacement(standings: Sequence[Standing]) -> Replacement | None:
    """Which labels were deleted; what is known of the project as a whole is the same in each, or was not known.

    A shard that does not know its media says at most how many of the project hold labels, and deletes no more than it
    has entries.
    """
    said = [
        (each.summary.replacement, each.shard.entries)
        for each in standings
        if each.summary is not None and each.summary.replacement is not None
    ]
    if not said:
        return None
    known = [replacement for replacement, _ in said]
    media = [it.media if it.media is None else min(it.media, entries) for it, entries in said]
    return Replacement(
        media=None if None in media else sum(each or 0 for each in media),
        is_exact=all(each.is_exact for each in known),
        is_whole=all(each.is_whole for each in known) and len(known) == len(standings),
        is_confirmed=all(each.is_confirmed for each in known),
    )


def _messages(gathered: Gathered) -> Iterator[str]:
    """What does not hold, and what shards say of why they stand so; each text once."""
    yield from (f"{claim.text[:1].upper()}{claim.text[1:]}." for claim in gathered.claims if not claim.holds)
    said: dict[str, list[int]] = {}
    for each in gathered.standings:
        if each.message and each.state is not ShardState.COMPLETE:
            said.setdefault(each.message, []).append(each.shard.index)
    for message, indexes in list(said.items())[:_MOST_MESSAGES]:
        more = f" (and {counted(len(indexes) - 1, 'other shard')})" if len(indexes) > 1 else ""
        yield f"Shard {indexes[0]}{more}: {message}"
    if len(said) > _MOST_MESSAGES:
        yield f"And {counted(len(said) - _MOST_MESSAGES, 'more reason')}."
