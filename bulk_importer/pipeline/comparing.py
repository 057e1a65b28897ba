"""Holds what a server has against what a checkpoint says was delivered to it.

For each media that is looked at, its delivered entries are read from the source again, and the labels that they leave
behind, one after the other, must be there. What people added since is no difference; what they changed or removed is.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import msgspec

from bulk_importer.checkpoint import CheckpointState, Claim
from bulk_importer.datagym.entry import key_of
from bulk_importer.datagym.label_reader import LabelReader
from bulk_importer.events import Advanced, Observer
from bulk_importer.intake import Intake, IntakeOptions, Rules, Source
from bulk_importer.model import ReadPlan, Segment
from bulk_importer.pipeline.feed import owed_part
from bulk_importer.transfer.in_doubt import Claims, HeldValue, Witness, witness_of

__all__ = ["compare_with_server"]

_MOST_NAMED = 10
_ALWAYS = float("-inf")


class _Delivered(msgspec.Struct):
    """What was delivered to one media: its id, and its entries as they came, in order."""

    media_id: str
    entries: list[bytes]


async def compare_with_server(
    source: Source, state: CheckpointState, reader: LabelReader, *, sample: int | None, emit: Observer
) -> Claim:
    """Read labels back and compare them with what was delivered.

    Args:
        sample: how many media to look at, chosen by a digest of their ids; None for all, whose delivered entries are
            then held in memory.
        emit: told how far it is.

    Raises:
        InputError, CheckpointMismatch: the source is not the one that was imported.
        ServerError: the server does not answer.
    """
    chosen = await _delivered(source, state, sample, emit)
    tasks = await reader.tasks(list(chosen))
    differing: list[str] = []
    silent = 0
    for number, (lane, delivered) in enumerate(chosen.items(), start=1):
        said = Witness.ABSENT
        if lane in tasks:
            reading = await reader.read(tasks[lane], HeldValue)
            said = witness_of(Claims.of(delivered.entries), reading.values, _ALWAYS)
        if said in (Witness.ABSENT, Witness.MIXED):
            differing.append(delivered.media_id)
        silent += said is Witness.SILENT
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
        more = f" and {len(differing) - _MOST_NAMED} more" if len(differing) > _MOST_NAMED else ""
        return f"{len(differing)} of {looked_at} media do not hold on the server what was delivered: {named}{more}"
    beside = f", {silent} of them were given nothing that could be seen" if silent else ""
    return f"{looked_at} media hold on the server what was delivered to them{beside}"


async def _delivered(
    source: Source, state: CheckpointState, sample: int | None, emit: Observer
) -> dict[str, _Delivered]:
    """The delivered entries of the chosen media, by lane.

    The media with the smallest digests are chosen. One that falls out never comes in again, so whoever stays has all
    of its entries.
    """
    chosen: dict[str, _Delivered] = {}
    largest: list[tuple[int, str]] = []  # a heap: the chosen lane with the largest digest comes first
    plan = ReadPlan(tuple(state.segments), state.position, state.offset, ended=True)
    async with Intake(source, plan, Rules(), IntakeOptions()) as intake:
        async for segment in intake:
            read = segment.key.first + segment.key.count
            emit(Advanced(work="reading what was delivered", done=read, total=state.position, unit="entries"))
            for lane, media_id, raw in _entries(segment, state):
                if lane in chosen:
                    chosen[lane].entries.append(raw)
                    continue
                rank = (-key_of(lane), lane)
                if sample is not None and len(chosen) >= sample:
                    if rank <= largest[0]:
                        continue
                    del chosen[heapq.heappop(largest)[1]]
                heapq.heappush(largest, rank)
                chosen[lane] = _Delivered(media_id, [raw])
    return chosen


def _entries(segment: Segment, state: CheckpointState) -> Iterator[tuple[str, str, bytes]]:
    key = segment.key
    run = owed_part(segment.run, state.delivered.within(key.first, key.first + key.count))
    for index in range(len(run)):
        yield run.lanes[index], run.media_ids[index], run.raw(index)
