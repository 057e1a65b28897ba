"""`bulk-importer resolve`: lets a person decide what became of requests whose answer was lost."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import output
from bulk_importer.cli.parsing.plan_or_checkpoint import require_no_plan
from bulk_importer.errors import ExitCode, UsageError, most_important
from bulk_importer.library.inputs import one_checkpoint_in
from bulk_importer.readable import counted

if TYPE_CHECKING:
    from bulk_importer.checkpoint import Undecided

__all__ = ["configure", "run"]

_DECIDED = "A person decided about lost answers."


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `resolve`."""
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of a run")
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


def run(arguments: argparse.Namespace) -> int:
    """Record the decision; nothing is sent. Exit 5 while something is still in doubt, and 0 else."""
    require_no_plan(arguments.checkpoint)
    folder = one_checkpoint_in(arguments.checkpoint)
    return asyncio.run(
        _resolve(folder, arguments.batch, delivered=arguments.delivered, as_json=arguments.json)
    )


async def _resolve(folder: Path, numbers: list[int] | None, *, delivered: bool, as_json: bool) -> int:
    import secrets

    from bulk_importer.checkpoint import Checkpoint
    from bulk_importer.checkpoint.retry_claims import retries_in_doubt
    from bulk_importer.pipeline.summarizing import standing_codes

    checkpoint = await asyncio.to_thread(Checkpoint.reopen, folder, secrets.token_hex(8))
    try:
        chosen = _chosen(checkpoint.state.doubts(), numbers, folder)
        for doubt in chosen:
            await checkpoint.record_resolved(doubt.batch, delivered=delivered, why="a person decided")
        left = len(checkpoint.state.doubts())
        code = most_important(standing_codes(checkpoint.state))
        await checkpoint.record_run_ended(exit_code=code, why=_DECIDED if chosen else "")
    except UsageError:
        await checkpoint.record_run_ended(exit_code=most_important(standing_codes(checkpoint.state)))
        raise
    finally:
        await checkpoint.close()
    retries = list(retries_in_doubt(folder))
    output.print_outcome(
        _facts(chosen, delivered=delivered, left=left, retries=retries),
        _lines(chosen, delivered=delivered, left=left, retries=retries),
        as_json=as_json,
    )
    return ExitCode.IN_DOUBT if left or retries else ExitCode.DELIVERED


def _chosen(doubts: tuple[Undecided, ...], numbers: list[int] | None, folder: Path) -> list[Undecided]:
    known = {doubt.batch: doubt for doubt in doubts}
    unknown = sorted(set(numbers or ()) - known.keys())
    if unknown:
        listed = ", ".join(map(str, known)) or "nothing"
        raise UsageError(f"Batch {unknown[0]} is not unconfirmed in {folder}; unconfirmed: {listed}.")
    return [doubt for doubt in doubts if numbers is None or doubt.batch in numbers]


def _lines(chosen: list[Undecided], *, delivered: bool, left: int, retries: list[Path]) -> list[str]:
    fate = "delivered" if delivered else "to be sent"
    lines = [f"batch {doubt.batch}: {counted(_entries(doubt), 'entry', 'is')} {fate} now" for doubt in chosen]
    if not chosen:
        lines.append("Nothing of the import is unconfirmed." if retries else "Nothing is unconfirmed.")
    elif not delivered:
        lines.append(
            "The same import command sends them. If the labels were there after all, they are there twice."
        )
    if left:
        lines.append(f"{counted(left, 'batch', 'is')} still unconfirmed.")
    lines += [
        "A retry has unconfirmed entries. Decide about them: "
        f"'bulk-importer resolve {each} --delivered' (or --not-delivered)."
        for each in retries
    ]
    return lines


def _facts(chosen: list[Undecided], *, delivered: bool, left: int, retries: list[Path]) -> dict[str, object]:
    resolved = [
        {"batch": doubt.batch, "spans": [list(span) for span in doubt.spans], "entries": _entries(doubt)}
        for doubt in chosen
    ]
    return {
        "delivered": delivered,
        "resolved": resolved,
        "still_in_doubt": left,
        "retries_in_doubt": list(map(str, retries)),
    }


def _entries(doubt: Undecided) -> int:
    return sum(stop - start for start, stop in doubt.spans)
