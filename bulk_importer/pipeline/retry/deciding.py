"""Puts on record what a person decided about requests whose answer was lost."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import Checkpoint, FolderOptions, Undecided
from bulk_importer.checkpoint.retry_claims import retries_in_doubt
from bulk_importer.errors import UsageError, most_important
from bulk_importer.files.durable import DurableFile
from bulk_importer.pipeline.summarizing import standing_codes

__all__ = ["Decided", "decide"]

_DECIDED = "A person decided about lost answers."


class Decided(msgspec.Struct, frozen=True):
    """What is decided of one checkpoint, and what is not.

    Attributes:
        chosen: the batches that were decided about.
        left: how many batches are still in doubt.
        retries: the folders of the ledgers of retries that have something in doubt, each a checkpoint of its own.
    """

    chosen: Sequence[Undecided]
    left: int
    retries: Sequence[Path]

    @property
    def entries(self) -> int:
        """How many entries were decided about."""
        return sum(stop - start for doubt in self.chosen for start, stop in doubt.spans)


async def decide(
    folder: Path,
    *,
    delivered: bool,
    numbers: Collection[int] | None = None,
    open_file: Callable[[Path], DurableFile] = DurableFile,
) -> Decided:
    """Record that what is in doubt in a checkpoint was delivered, or that it was not; nothing is sent.

    Args:
        numbers: of the batches that are meant; None for all that are in doubt.
        open_file: what the files of the checkpoint are written through.

    Raises:
        UsageError: one of these is not in doubt; nothing is recorded.
        CheckpointError: the checkpoint cannot be used.
    """
    options = FolderOptions(open_file=open_file)
    checkpoint = await asyncio.to_thread(Checkpoint.reopen, folder, secrets.token_hex(8), options)
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
    return Decided(chosen, left, list(await asyncio.to_thread(retries_in_doubt, folder)))


def _chosen(
    doubts: Sequence[Undecided], numbers: Collection[int] | None, folder: Path
) -> Sequence[Undecided]:
    known = {doubt.batch: doubt for doubt in doubts}
    unknown = sorted(set(numbers or ()) - known.keys())
    if unknown:
        listed = ", ".join(map(str, known)) or "nothing"
        raise UsageError(f"Batch {unknown[0]} is not unconfirmed in {folder}; unconfirmed: {listed}.")
    return [doubt for doubt in doubts if numbers is None or doubt.batch in numbers]
