"""Says of the retries of a checkpoint what of them is in doubt, and whether what they delivered is on record."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.proof.claims import Claim
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.readable import agreeing, counted

__all__ = ["claim_of_retries", "retries_in_doubt"]


def retries_in_doubt(checkpoint: Path) -> dict[Path, int]:
    """How many entries retries have in doubt: the folder of the ledger of each that has any -> the number.

    Also what a retry was sending when it was killed.

    Raises:
        CheckpointError: one cannot be read.
    """
    doubted = {each.checkpoint: len(each.standing().in_doubt) for each in retry_folders(checkpoint)}
    return {folder: entries for folder, entries in doubted.items() if entries}


def claim_of_retries(checkpoint: Path, state: CheckpointState) -> Claim | None:
    """The claim that what retries delivered is on record in `checkpoint`, whose log says `state`; None without any.

    What a crash left to be put on record is said, and is no mistake.

    Raises:
        CheckpointError: one cannot be read.
    """
    standings = [each.standing() for each in retry_folders(checkpoint)]
    if not standings:
        return None
    delivered = frozenset[int]().union(*(each.delivered for each in standings))
    waiting = sum(position in state.rejected for position in delivered)
    foreign = sum(position not in state.delivered for position in delivered) - waiting
    open_ones = sum(len(each.unsettled) for each in standings)
    text = f"{counted(len(standings), 'retry')} delivered {counted(len(delivered), 'rejected entry')}, "
    if foreign:
        text += f"of which {foreign:,} {agreeing(foreign, 'is')} neither delivered nor rejected here"
    elif waiting:
        remedy = f"'bulk-importer retry {checkpoint}' does that"
        text += f"of which {waiting:,} {agreeing(waiting, 'is')} not on record here yet: {remedy}"
    else:
        text += "all on record here"
    if open_ones:
        text += f"; {open_ones:,} of what was to be fed {agreeing(open_ones, 'is')} not settled"
    return Claim(name="retries", holds=not foreign, text=text)
