"""Feeds rejected entries of a plan again, for `retry`: each correction in the shard that its position belongs to."""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.fleet.by_shard import Ended, lasting, one_by_one, working
from bulk_importer.cli.fleet.together.naming import shards_named
from bulk_importer.cli.fleet.together.taken_back import ANEW, is_undone, undone_in
from bulk_importer.cli.fleet.together.whole import folder_for, put_together
from bulk_importer.cli.output_options import output_options
from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.routing import Routed, routed
from bulk_importer.distributed.gathering.values import Gathered
from bulk_importer.distributed.gathering.writing import alone_in
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.distributed.translating import Translation
from bulk_importer.distributed.values import Plan, Shard
from bulk_importer.distributed.work.feeding import Feed, feed_again
from bulk_importer.distributed.work.working import Worker
from bulk_importer.errors import CheckpointMismatch, ExitCode, OutputUnusable, most_important
from bulk_importer.files.durable import replace_file
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.retrying import Retried
from bulk_importer.readable import counted
from bulk_importer.settings import Loaded
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["retry_plan"]

_AGAIN = "rejected-again.jsonl"
_SHOWN = 10
_POSITION = re.compile(rb'\{"position":\d+')


class _Sum(Ended):
    """What came of all that was fed, in positions of the source; changed while shards are fed one after the other."""

    entries: int = 0
    shards: int = 0
    held_back: list[int] = msgspec.field(default_factory=list)
    left_out: list[int] = msgspec.field(default_factory=list)
    unsettled: int = 0
    again: list[bytes] = msgspec.field(default_factory=list)

    def add(self, retried: Retried, translation: Translation) -> None:
        """Take what came of one shard into account. Raises `OSError`."""
        self.entries += retried.sent_again
        self.shards += 1
        self.held_back += map(translation.position, retried.held_back)
        self.left_out += map(translation.position, retried.left_out)
        self.unsettled += retried.unsettled
        self.codes.append(ExitCode(retried.summary.exit_code))
        if retried.rejected_again is not None:
            for line in retried.rejected_again.read_bytes().splitlines(keepends=True):
                own = msgspec.json.decode(line, type=_Positioned).position
                self.again.append(_POSITION.sub(b'{"position":%d' % translation.position(own), line, count=1))


class _Positioned(msgspec.Struct):
    position: int


def retry_plan(named: str, arguments: argparse.Namespace, loaded: Loaded) -> int:
    """Feed the corrections to their shards, one after the other; the exit code is that of the whole afterwards.

    Raises:
        UsageError, InputError: what is asked for cannot be meant; nothing was sent.
        CheckpointError: the plan, or what is on record of a shard, cannot be read; nothing was sent.
    """
    place, stop = open_place(named), StopSwitch()
    folder = folder_for(arguments.output, place)
    fed = run_in_loop(_feed(place, arguments, loaded, stop))
    return _told(place, folder, fed, loaded, as_json=arguments.json)


async def _feed(place: Place, arguments: argparse.Namespace, loaded: Loaded, stop: StopSwitch) -> _Sum:
    fed = _Sum()
    gathered = await asyncio.to_thread(gather, place, proves_pieces=False)
    todo = _in_force(
        place, gathered, await asyncio.to_thread(_todo, place, gathered, arguments.corrected), fed
    )
    by_index = {each.standing.shard.index: each for each in todo}
    feed = Feed(out_of_order=arguments.out_of_order)
    async with working(place, arguments.source, loaded, stop, fed) as (worker, caller):
        with tempfile.TemporaryDirectory(prefix="bulk-importer-") as folder:

            async def fed_again(index: int) -> None:
                each = by_index[index]
                theirs = replace(feed, corrected=await asyncio.to_thread(_written, each, Path(folder)))
                fed.add(*await _feed_shard(place, gathered.plan, worker, caller, each.standing.shard, theirs))

            await one_by_one(by_index, stop, fed, fed_again)
    return fed


def _todo(place: Place, gathered: Gathered, corrected: Path | None) -> Sequence[Routed]:
    """The shards to feed, with their lines; without lines all that they have rejected."""
    if corrected is not None:
        return routed(place, gathered, corrected)
    rejecting = (each for each in gathered.standings if each.summary is not None and each.summary.rejected)
    return [Routed(standing, ()) for standing in rejecting]


def _in_force(place: Place, gathered: Gathered, todo: Sequence[Routed], fed: _Sum) -> Sequence[Routed]:
    """Those of which the import was not taken back; that others were is said in `fed`.

    Raises:
        CheckpointMismatch: all that was begun of the plan was taken back.
    """
    if is_undone(gathered):
        raise CheckpointMismatch(
            f"What the plan at {place.name} brought was taken back by undo, so nothing more is sent for it. {ANEW}"
        )
    left = [each for each in todo if not each.standing.is_undone]
    if len(left) < len(todo):
        fed.codes.append(ExitCode.CHECKPOINT)
        undone = shards_named(undone_in(gathered))
        fed.messages.append(
            f"What {undone} brought was taken back by undo, so nothing is fed again of that. {ANEW}"
        )
    return left


def _written(each: Routed, folder: Path) -> Path | None:
    """A file of the corrections of one shard; None where all that it has rejected is meant."""
    if not each.lines:
        return None
    path = folder / f"shard-{each.standing.shard.index}.jsonl"
    path.write_bytes(b"".join(each.lines))
    return path


async def _feed_shard(
    place: Place, plan: Plan, worker: Worker, caller: Caller, shard: Shard, feed: Feed
) -> tuple[Retried, Translation]:
    """What came of one shard, and where its positions are."""
    messages.say(f"Feeding rejected entries of shard {shard.index} again")
    retried = await feed_again(plan, shard.index, place, worker, caller, feed)
    pieces = await asyncio.to_thread(pieces_of, place, shard)
    return retried, Translation(pieces, lines=plan.lines)


def _told(place: Place, folder: Path | None, fed: _Sum, loaded: Loaded, *, as_json: bool) -> int:
    for message in fed.messages:  # first: what follows may fail
        messages.complain(message)
    again = _write_again(folder, fed.again)
    told = put_together(place, folder, loaded.settings)
    facts = {
        **told.facts,
        "exit_code": int(most_important([told.exit_code, *lasting(fed.codes)])),
        "fed_again": fed.entries,
        "held_back": sorted(fed.held_back),
        "left_out": sorted(fed.left_out),
        "unsettled": fed.unsettled,
        "rejected_again": None if again is None else str(again),
    }
    if told.message and (as_json or output_options().is_quiet):
        messages.complain(told.message)
    lines = [*told.lines, *_lines(place, fed, again)]
    output.print_outcome(facts, lines, as_json=as_json)
    return int(facts["exit_code"])


def _lines(place: Place, fed: _Sum, again: Path | None) -> Iterator[str]:
    """What was fed, for a person."""
    if fed.entries:
        yield f"  Fed again: {counted(fed.entries, 'entry')}, in {counted(fed.shards, 'shard')}."
    else:
        yield "  Nothing was fed again."
    if fed.left_out:
        yield f"  Left out: positions {_shown(fed.left_out)}, which an earlier retry delivered."
    if fed.held_back:
        yield (
            f"  Held back: positions {_shown(fed.held_back)}. Later entries of their media, or their own keepData "
            "false, would wipe labels (--out-of-order feeds them all the same), or their media are unconfirmed, or are "
            "now such as a shard may have that is not complete."
        )
    if fed.unsettled:
        yield (
            f"  Not settled yet of what was to be fed: {counted(fed.unsettled, 'entry')}. 'bulk-importer retry "
            f"{place.name}', without a file, resumes; where an answer was lost, after --server-request-limit."
        )
    if again is not None:
        yield f"  Rejected again, and why: {again}"


def _shown(positions: Sequence[int]) -> str:
    listed = sorted(positions)
    more = len(listed) - _SHOWN
    return ", ".join(map(str, listed[:_SHOWN])) + (f" and {more:,} more" if more > 0 else "")


def _write_again(folder: Path | None, lines: Sequence[bytes]) -> Path | None:
    """Replace the file of what was rejected once more, by positions in the source; None where nothing was."""
    if folder is None:
        return None
    path = folder / _AGAIN
    with alone_in(folder, messages.say):
        try:
            if not lines:
                path.unlink(missing_ok=True)
                return None
            ordered = sorted(lines, key=lambda line: msgspec.json.decode(line, type=_Positioned).position)
            replace_file(path, b"".join(ordered))
        except OSError as error:
            raise OutputUnusable.by(path, error) from error
    return path
