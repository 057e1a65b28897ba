"""Takes the import of a plan back, for `undo`: that of each shard, one after the other."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.fleet.by_shard import Ended, one_by_one, working
from bulk_importer.cli.migrating.undo_text import REFUSED, exit_code_of, in_part, plan_lines
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.questions import confirmed
from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.values import Gathered, ShardState
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.values import UNDONE
from bulk_importer.distributed.work.undoing import UndoneShard, undo_shard
from bulk_importer.errors import CheckpointMismatch, ExitCode, most_important
from bulk_importer.migration.undo.planning import LEFT_ALONE, Plan
from bulk_importer.migration.undo.undoing import Undone
from bulk_importer.readable import counted
from bulk_importer.settings import Loaded
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["undo_plan"]


class _Sum(Ended):
    """What came of all shards so far; changed while one after the other is taken back."""

    shards: dict[int, UndoneShard] = msgspec.field(default_factory=dict)
    is_confirmed: bool = False
    is_planned: bool = False

    @property
    def undone(self) -> list[Undone]:
        """What came of each of them."""
        return [each.undone for each in self.shards.values()]

    @property
    def plan(self) -> Plan:
        """That of all of them together."""
        plans = [each.plan for each in self.undone]
        why: Counter[str] = Counter()
        for each in plans:
            why.update(each.why)
        names = ("media", "restored", "as_before", "in_part", "left_alone", "entries")
        sums = {name: sum(getattr(each, name) for each in plans) for name in names}
        return Plan(**sums, why=dict(why))

    @property
    def is_news(self) -> bool:
        """Whether something is to be sent that no earlier command has begun with."""
        return any(each.plan.entries and each.folder is None for each in self.undone)


def undo_plan(named: str, only: int | None, arguments: argparse.Namespace, loaded: Loaded) -> ExitCode:
    """Say what all shards together would have brought back, ask once, and take each of them back.

    Args:
        only: the one shard that is meant; None for all of them.

    Returns:
        What matters most of all shards, as of an undo of each.

    Raises:
        UsageError: there is no plan.
        CheckpointError: it cannot be read, or what is on record of a shard cannot be used; nothing was sent.
    """
    place = open_place(named)
    done = run_in_loop(_undo(place, only, arguments, loaded))
    code = _exit_code(done, dry_run=arguments.dry_run)
    for message in done.messages:
        messages.complain(message)
    output.print_outcome(_facts(done, code), [*_lines(place, done, arguments)], as_json=arguments.json)
    return code


async def _undo(place: Place, only: int | None, arguments: argparse.Namespace, loaded: Loaded) -> _Sum:
    stop, done = StopSwitch(), _Sum()
    gathered = await asyncio.to_thread(gather, place, proves_pieces=False)
    # Where only workers that are about to begin have any: what they bring is waited for.
    begun = _begun(gathered, only) or _begun(gathered, only, held=True)
    async with working(place, arguments.source, loaded, stop, done) as (worker, caller):

        async def undo(index: int, *, dry_run: bool) -> None:
            done.shards[index] = await undo_shard(
                gathered.plan, index, place, worker, caller, force=arguments.force, dry_run=dry_run
            )

        async def look(index: int) -> None:
            messages.say(f"Looking at what shard {index} brought")
            await undo(index, dry_run=True)

        async def take_back(index: int) -> None:
            messages.say(f"Taking back what shard {index} brought")
            await undo(index, dry_run=False)
            done.codes.append(exit_code_of(done.shards[index].undone, dry_run=False))

        await one_by_one(begun, stop, done, look)
        done.is_planned = not done.codes
        if done.is_planned and not arguments.dry_run:
            done.is_confirmed = await _is_confirmed(done, arguments, loaded, stop)
            if done.is_confirmed:
                if only is None and done.plan.entries:
                    begun = await asyncio.to_thread(_closed, place)
                await one_by_one(begun, stop, done, take_back)
    return done


def _begun(gathered: Gathered, only: int | None, *, held: bool = False) -> list[int]:
    """The shards of which something is on record. Raises `CheckpointMismatch` where that of one cannot be used.

    Args:
        held: those, too, whose worker has their lease and may be about to begin.
    """
    standings = [each for each in gathered.standings if only in (None, each.shard.index)]
    for each in standings:
        if each.state is ShardState.UNUSABLE:
            raise CheckpointMismatch(
                f"What is on record of shard {each.shard.index} cannot be used, so nothing was taken back, of no "
                f"shard. {each.message}"
            )
    is_held = ShardState.HELD
    return [each.shard.index for each in standings if each.folder or (held and each.state is is_held)]


def _closed(place: Place) -> list[int]:
    """Let no shard be begun any more; all that were, or may be by a worker that had its lease before. As `_begun`."""
    place.replace(UNDONE, b"")
    return _begun(gather(place, proves_pieces=False), None, held=True)


async def _is_confirmed(done: _Sum, arguments: argparse.Namespace, loaded: Loaded, stop: StopSwitch) -> bool:
    if not done.is_news:
        return True
    if not output_options().is_quiet and not arguments.json:
        for line in plan_lines(done.plan):
            messages.say(line)
    answer = await confirmed("Take it all back? [y/N] ", stop, yes=loaded.settings.yes)
    return answer is not False


def _exit_code(done: _Sum, *, dry_run: bool) -> ExitCode:
    if done.codes:
        return most_important(done.codes)
    return most_important(exit_code_of(each, dry_run=dry_run) for each in done.undone)


def _facts(done: _Sum, code: ExitCode) -> dict[str, Any]:
    plan = done.plan
    return {
        "exit_code": int(code),
        **{
            name: getattr(plan, name)
            for name in ("media", "restored", "as_before", "left_alone", "why", "in_part")
        },
        "shards": [
            {
                "index": index,
                "media": each.undone.plan.media,
                "left_alone": each.undone.plan.left_alone,
                "folder": each.folder or None,
                "import": None if each.undone.summary is None else each.undone.summary.to_builtins(),
            }
            for index, each in done.shards.items()
        ],
        "message": " ".join(done.messages),
    }


def _lines(place: Place, done: _Sum, arguments: argparse.Namespace) -> Iterator[str]:
    """What came of it, for a person."""
    plan, undone = done.plan, done.undone
    delivered = [each for each in undone if each.summary and each.summary.exit_code == ExitCode.DELIVERED]
    if not done.is_planned:
        yield "Nothing was sent: it is not known of all shards what taking them back comes to."
        return
    if not done.is_confirmed:
        yield from plan_lines(plan)
    if delivered:
        held = sum(each.plan.restored + each.plan.as_before for each in delivered)
        yield (
            f"{counted(len(delivered), 'shard', 'is')} taken back: {counted(held, 'media', 'holds')} again what was "
            f"there before the import{in_part(plan)}."
        )
    if arguments.dry_run:
        yield "  Nothing was sent. The same command without --dry-run takes the import back."
    elif plan.entries and not done.is_confirmed:
        yield f"  {REFUSED}"
    elif done.messages or any(each.plan.entries and each.summary is None for each in undone):
        yield "  Not all is taken back. The same command resumes where this one stopped."
    elif not plan.media:
        yield "  Nothing was delivered by this plan, so nothing is to be taken back."
    for shard in done.shards.values():
        if shard.folder and (shard.undone.plan.left_alone or shard.undone.plan.in_part):
            yield f"  Left alone, and why: {shard.folder}/{LEFT_ALONE}"
    if plan.left_alone and not arguments.force:
        yield (
            "  Where it is known what they held, "
            f"'bulk-importer undo {place.name} --force' restores these, too, and deletes what was changed since."
        )
