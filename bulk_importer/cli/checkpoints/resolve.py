"""`bulk-importer resolve`: lets a person decide what became of requests whose answer was lost."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.parsing.plan_or_checkpoint import is_plan, named_so, shard_of_plan
from bulk_importer.errors import ExitCode
from bulk_importer.library.inputs import one_checkpoint_in
from bulk_importer.readable import counted

if TYPE_CHECKING:
    from bulk_importer.checkpoint import Undecided
    from bulk_importer.pipeline.retry.deciding import Decided

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `resolve`."""
    parser.add_argument(
        "checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run; or a plan that many workers shared, in a folder or a bucket",
    )
    decision = parser.add_mutually_exclusive_group(required=True)
    decision.add_argument(
        "--delivered", action="store_true", help="the labels are in the server; they are not sent again"
    )
    decision.add_argument(
        "--not-delivered",
        action="store_true",
        help="the labels are not in the server, and no request is running; the next import sends them",
    )
    parser.add_argument(
        "--batch",
        type=int,
        action="append",
        metavar="N",
        help="only this batch, by the number that 'status' shows; repeatable (default: all that are unconfirmed)",
    )
    add_settings(parser, (), ())


def run(arguments: argparse.Namespace) -> int:
    """Record the decision; nothing is sent. Exit 5 while something is still in doubt, and 0 else."""
    loaded = gather(arguments)
    named = named_so(arguments.checkpoint)
    shard = shard_of_plan(named)
    if is_plan(named) or shard is not None:
        from bulk_importer.cli.fleet.resolve import resolve_plan

        place, only = shard or (named, None)
        return resolve_plan(place, only, arguments, loaded)
    from bulk_importer.pipeline.retry.deciding import decide

    decided = asyncio.run(
        decide(
            one_checkpoint_in(arguments.checkpoint), delivered=arguments.delivered, numbers=arguments.batch
        )
    )
    output.print_outcome(
        _facts(decided, delivered=arguments.delivered),
        _lines(decided, delivered=arguments.delivered),
        as_json=arguments.json,
    )
    return ExitCode.IN_DOUBT if decided.left or decided.retries else ExitCode.DELIVERED


def _lines(decided: Decided, *, delivered: bool) -> Iterator[str]:
    fate = "delivered" if delivered else "to be sent"
    for doubt in decided.chosen:
        yield f"batch {doubt.batch}: {counted(_entries(doubt), 'entry', 'is')} {fate} now"
    if not decided.chosen:
        yield "Nothing of the import is unconfirmed." if decided.retries else "Nothing is unconfirmed."
    elif not delivered:
        yield "The same import command sends them. If the labels were there after all, they are there twice."
    if decided.left:
        yield f"{counted(decided.left, 'batch', 'is')} still unconfirmed."
    for each in decided.retries:
        yield (
            "A retry has unconfirmed entries. Decide about them: "
            f"'bulk-importer resolve {each} --delivered' (or --not-delivered)."
        )


def _facts(decided: Decided, *, delivered: bool) -> dict[str, object]:
    resolved = [
        {"batch": doubt.batch, "spans": [list(span) for span in doubt.spans], "entries": _entries(doubt)}
        for doubt in decided.chosen
    ]
    return {
        "delivered": delivered,
        "resolved": resolved,
        "still_in_doubt": decided.left,
        "retries_in_doubt": list(map(str, decided.retries)),
    }


def _entries(doubt: Undecided) -> int:
    return sum(stop - start for start, stop in doubt.spans)
