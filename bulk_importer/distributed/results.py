"""What work on a shard came to, in few words at the place of the plan: for `gather`, and for the next worker."""

from __future__ import annotations

import msgspec

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.values import Plan, Result, work_key
from bulk_importer.summary import Summary

__all__ = ["result_of", "write_result", "written_result"]

_NAME = "result.json"


def written_result(place: Place, plan: Plan, index: int) -> Result | None:
    """What the last work on a shard came to; None where none says so. Blocks."""
    content = place.read(f"{work_key(index)}/{_NAME}")
    try:
        found = None if content is None else msgspec.json.decode(content, type=Result)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None  # the checkpoint knows it all
    return found if found is not None and (found.plan, found.index) == (plan.id, index) else None


def write_result(place: Place, result: Result) -> None:
    """Put it where the last one was. Blocks."""
    place.replace(f"{work_key(result.index)}/{_NAME}", msgspec.json.encode(result) + b"\n")


def result_of(plan: Plan, index: int, epoch: int, folder: str, summary: Summary) -> Result:
    """The few words for what came of work on a shard."""
    return Result(
        plan=plan.id,
        index=index,
        epoch=epoch,
        folder=folder,
        state=summary.state.value,
        exit_code=summary.exit_code,
        entries=summary.entries,
        delivered=summary.delivered,
        rejected=summary.rejected,
        skipped=summary.skipped,
        in_doubt=summary.in_doubt,
        owed=summary.owed,
        seconds=summary.seconds,
        message=summary.message,
    )
