"""Does something with shards of a plan, one after the other, each under its lease: what `retry` and `undo` share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import msgspec

from bulk_importer.cli import messages
from bulk_importer.cli.questions import ReplacementQuestion
from bulk_importer.cli.signals import stopping_on_signals
from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.work.working import Worker
from bulk_importer.errors import (
    BulkImporterError,
    ExitCode,
    Interrupted,
    ServerError,
    UsageError,
    most_important,
)
from bulk_importer.pipeline import Caller
from bulk_importer.settings import Loaded
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Ended", "lasting", "one_by_one", "working"]


class Ended(msgspec.Struct):
    """How it ended with the shards so far; changed by whoever works on one, and by `one_by_one`."""

    codes: list[ExitCode] = []
    messages: list[str] = []


@asynccontextmanager
async def working(
    place: Place, source: str | None, loaded: Loaded, stop: StopSwitch, ended: Ended
) -> AsyncIterator[tuple[Worker, Caller]]:
    """A worker of this machine and who asks for the work, watched; signals stop it for as long as this lasts.

    Args:
        source: where the source of the plan is now; None where it was.
    """
    settings = loaded.settings
    said = frozenset(name for name, origin in loaded.origins.items() if origin != "default")
    async with watching("work", [place.name], settings, stop) as watch:
        worker = Worker(settings=settings, said=said, tell=messages.say, observing=watch.run, source=source)
        question = ReplacementQuestion(stop, yes=settings.yes)
        caller = Caller(Token.find(settings.token_file), stop, confirm=question, steering=watch.steering)
        with stopping_on_signals(stop, grace_seconds=settings.grace):
            yield worker, caller
        await watch.ended(Outcome(exit_code=most_important(ended.codes), facts={}, folders=[]))


async def one_by_one(
    indexes: Iterable[int], stop: StopSwitch, ended: Ended, work: Callable[[int], Awaitable[None]]
) -> None:
    """Call `work` with each shard, until a stop is requested, or an error would be the same with the next one."""
    for index in indexes:
        if stop.is_requested:
            ended.codes.append(stop.exit_code)
            break
        try:
            await work(index)
        except BulkImporterError as error:
            ended.codes.append(error.exit_code)
            ended.messages.append(f"Shard {index}: {error}")
            if isinstance(error, ServerError | UsageError | Interrupted):
                break


def lasting(codes: Iterable[ExitCode]) -> list[ExitCode]:
    """Those that say more than what is on record of shards does."""
    known = (ExitCode.DELIVERED, ExitCode.REJECTIONS, ExitCode.UNFINISHED)
    return [code for code in codes if code not in known]
