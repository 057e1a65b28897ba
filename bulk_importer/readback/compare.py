"""Compares what a server holds with what a checkpoint says was delivered to it.

For each media that is looked at, its delivered entries are read from the source again, and the labels that they leave
behind, one after the other, must be there. What people added since is no difference; what they changed or removed is.
Of an entry that a retry delivered it is the correction that counts, and it came last.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState, Claim
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.events import Advanced, Observer
from bulk_importer.intake import Intake, IntakeOptions, Rules
from bulk_importer.intake.validation.naming import NamedRules
from bulk_importer.labels.entry import key_of
from bulk_importer.model import ReadPlan, Segment
from bulk_importer.readable import agreeing, counted
from bulk_importer.readback.evidence import Evidence, ExpectedLabels, HeldValue, evidence_of
from bulk_importer.sources import Source
from bulk_importer.spans import SpanSet

__all__ = ["compare_with_server", "delivered_entries"]

_MOST_NAMED = 10
_ALWAYS = float("-inf")


class _Delivered(msgspec.Struct):
    """What was delivered to one media: its id, and its entries as they came, in order."""

    media_id: str
    entries: list[bytes]


async def compare_with_server(
    source: Source,
    state: CheckpointState,
    reader: LabelReader,
    *,
    names: Path | None,
    corrected: Sequence[Correction],
    sample: int | None,
    emit: Observer,
) -> Claim:
    """Read labels back and compare them with what was delivered.

    Args:
        names: index by which entries found their media; None where they name them by id.
        corrected: what retries delivered.
        sample: how many media to look at, chosen by a digest of their ids; None for all, whose delivered entries are
            then held in memory.
        emit: receives how far the comparison is.

    Raises:
        InputError, CheckpointMismatch: the source is not the one that was imported.
        ServerError: the server does not answer.
    """
    rules = Rules() if names is None else NamedRules.of(Rules(), str(names))
    chosen = await _delivered(source, rules, state, corrected, _Chosen(sample), emit)
    tasks = await reader.tasks(list(chosen))
    differing: list[str] = []
    silent = 0
    for number, (lane, delivered) in enumerate(chosen.items(), start=1):
        said = Evidence.ABSENT
        if lane in tasks:
            reading = await reader.read(tasks[lane], HeldValue)
            said = evidence_of(ExpectedLabels.of(delivered.entries), reading.values, _ALWAYS)
        if said in (Evidence.ABSENT, Evidence.MIXED):
            differing.append(delivered.media_id)
        silent += said is Evidence.SILENT
        emit(
            Advanced(
                work="comparing with the server",
                done=number,
                total=len(chosen),
                unit="media",
                beside={"differing": len(differing)},
            )
        )
    return Claim(name="server", holds=not differing, text=_text(len(chosen), silent, differing))


def _text(looked_at: int, silent: int, differing: list[str]) -> str:
    if differing:
        named = ", ".join(differing[:_MOST_NAMED])
        more = f" and {len(differing) - _MOST_NAMED:,} more" if len(differing) > _MOST_NAMED else ""
        holds = (
            f"{len(differing):,} of {counted(looked_at, 'media')} {agreeing(len(differing), 'does')} not hold"
        )
        return f"{holds} on the server what was delivered: {named}{more}"
    beside = (
        f", {silent:,} of them {agreeing(silent, 'was')} given nothing that could be seen" if silent else ""
    )
    return f"{counted(looked_at, 'media', 'holds')} on the server what was delivered{beside}"


async def _delivered(
    source: Source,
    rules: Rules,
    state: CheckpointState,
    corrected: Sequence[Correction],
    chosen: _Chosen,
    emit: Observer,
) -> dict[str, _Delivered]:
    """The delivered entries of the chosen media, by lane.

    The media with the smallest digests are chosen. One that falls out never comes in again, so whoever stays has all
    of its entries.
    """
    async for lane, media_id, _, raw in delivered_entries(source, rules, state, corrected, emit):
        chosen.take(lane, media_id, raw)
    for each in corrected:
        if each.lane is not None and each.media_id is not None:
            chosen.take(each.lane, each.media_id, each.raw)
    return chosen.by_lane


async def delivered_entries(
    source: Source,
    rules: Rules,
    state: CheckpointState,
    corrected: Sequence[Correction],
    emit: Observer,
) -> AsyncIterator[tuple[str, str, int, bytes]]:
    """Lane, media id, position and bytes of each entry that was delivered as it came, in the order of the source.

    Args:
        rules: that accept all that was delivered, and find media as the import did.
        corrected: what retries delivered in the place of others.
        emit: receives how far the reading is.

    Raises:
        InputError, CheckpointMismatch: the source is not the one that was imported.
    """
    as_they_came = SpanSet(state.delivered)
    for each in corrected:
        as_they_came.discard(each.position, each.position + 1)
    plan = ReadPlan(tuple(state.segments), state.position, state.offset, ended=True)
    async with Intake(source, plan, rules, IntakeOptions()) as intake:
        async for segment in intake:
            read = segment.key.first + segment.key.count
            emit(Advanced(work="reading what was delivered", done=read, total=state.position, unit="entries"))
            for entry in _entries(segment, as_they_came):
                yield entry


class _Chosen:
    """The media with the smallest digests among those that were seen, at most `sample` of them."""

    def __init__(self, sample: int | None) -> None:
        self._sample = sample
        # Changed by `take`. The heap has the chosen lane with the largest digest first.
        self._largest: list[tuple[int, str]] = []
        self.by_lane: dict[str, _Delivered] = {}

    def take(self, lane: str, media_id: str, raw: bytes) -> None:
        """Take the next delivered entry into account, in the order of the source."""
        if lane in self.by_lane:
            self.by_lane[lane].entries.append(raw)
            return
        rank = (-key_of(lane), lane)
        if self._sample is not None and len(self.by_lane) >= self._sample:
            if rank <= self._largest[0]:
                return
            del self.by_lane[heapq.heappop(self._largest)[1]]
        heapq.heappush(self._largest, rank)
        self.by_lane[lane] = _Delivered(media_id, [raw])


def _entries(segment: Segment, delivered: SpanSet) -> Iterator[tuple[str, str, int, bytes]]:
    key = segment.key
    run = segment.run.at(delivered.within(key.first, key.first + key.count))
    for index in range(len(run)):
        yield run.lanes[index], run.media_ids[index], run.positions[index], run.raw(index)
