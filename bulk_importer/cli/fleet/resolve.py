"""Lets a person decide what became of lost answers of a plan, for `resolve`: those of each shard under its lease."""

from __future__ import annotations

import argparse
import asyncio
import shlex
from collections.abc import Iterator
from typing import Any

import msgspec

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.fleet.by_shard import Ended, lasting, one_by_one, working
from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.values import Gathered, ShardState, Standing
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.work.resolving import resolve_shard
from bulk_importer.errors import ExitCode, UsageError, most_important
from bulk_importer.readable import counted
from bulk_importer.settings import Loaded
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["resolve_plan"]


class _Sum(Ended):
    """What was decided of each shard, in entries; changed while one after the other is opened.

    Attributes:
        fed: the shards of which a retry had something in doubt, and the import nothing.
    """

    decided: dict[int, int] = msgspec.field(default_factory=dict)
    fed: set[int] = msgspec.field(default_factory=set)


def resolve_plan(named: str, only: int | None, arguments: argparse.Namespace, loaded: Loaded) -> ExitCode:
    """Record the decision for each shard that has something in doubt, and that nobody is at work on.

    Args:
        only: the one shard that is meant; None for all of them.

    Returns:
        5 while something is still in doubt, 0 where nothing is, or why a shard could not be opened.

    Raises:
        UsageError: there is no plan, or batches are named and no shard.
        CheckpointError: the plan cannot be read.
    """
    if only is None and arguments.batch:
        raise UsageError(
            "--batch names batches of one shard. Give the checkpoint of that, as in "
            f"{shlex.quote(named)}/work/00000/epoch-000001; 'bulk-importer status {shlex.quote(named)} --json' names "
            "them."
        )
    place = open_place(named)
    done, left = run_in_loop(_resolve(place, only, arguments, loaded))
    for message in done.messages:
        messages.complain(message)
    code = most_important([*lasting(done.codes), *([ExitCode.IN_DOUBT] if left else [])])
    lines = _lines(place, done, left, delivered=arguments.delivered)
    output.print_outcome(_facts(done, left, code, arguments), lines, as_json=arguments.json)
    return code


async def _resolve(
    place: Place, only: int | None, arguments: argparse.Namespace, loaded: Loaded
) -> tuple[_Sum, list[Standing]]:
    """What was decided, and the shards that have something in doubt afterwards."""
    stop, done = StopSwitch(), _Sum()
    gathered = await asyncio.to_thread(gather, place, proves_pieces=False)
    todo = [each.shard.index for each in _doubtful(gathered, only) if each.state is not ShardState.HELD]
    async with working(place, None, loaded, stop, done) as (worker, caller):

        async def decide(index: int) -> None:
            first, *retries = await resolve_shard(
                gathered.plan,
                index,
                place,
                worker,
                caller,
                delivered=arguments.delivered,
                numbers=arguments.batch,
            )
            done.decided[index] = first.entries + sum(each.entries for each in retries)
            if not first.entries:
                done.fed.add(index)

        await one_by_one(todo, stop, done, decide)
    after = await asyncio.to_thread(gather, place, proves_pieces=False)
    return done, _doubtful(after, only)


def _doubtful(gathered: Gathered, only: int | None) -> list[Standing]:
    return [
        each
        for each in gathered.standings
        if only in (None, each.shard.index)
        and ((each.summary is not None and each.summary.in_doubt) or each.in_doubt_in_retries)
    ]


def _facts(done: _Sum, left: list[Standing], code: ExitCode, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "exit_code": int(code),
        "delivered": arguments.delivered,
        "shards": [{"index": index, "entries": entries} for index, entries in done.decided.items()],
        "still_in_doubt": [each.shard.index for each in left],
        "message": " ".join(done.messages),
    }


def _lines(place: Place, done: _Sum, left: list[Standing], *, delivered: bool) -> Iterator[str]:
    plan = shlex.quote(place.name)
    for index, entries in done.decided.items():
        yield f"shard {index}: {counted(entries, 'entry', 'is')} {'delivered' if delivered else 'to be sent'} now"
        if index not in done.fed:
            yield f"  Then run: bulk-importer work {plan} --index {index}"
    if done.fed:
        yield f"  Then run, for what was fed again: bulk-importer retry {plan}"
    if done.decided and not delivered:
        yield "If the labels were there after all, they are there twice."
    for each in left:
        if each.state is ShardState.HELD and each.holder is not None:
            yield (
                f"shard {each.shard.index} has unconfirmed entries, and is worked on, by {each.holder.name}. When that "
                "has ended, run the same command again; where it was lost, run first: "
                f"bulk-importer work {plan} --index {each.shard.index}"
            )
        elif not done.messages:
            yield f"shard {each.shard.index} has still unconfirmed entries."
    if not done.decided and not left:
        yield "Nothing is unconfirmed."
