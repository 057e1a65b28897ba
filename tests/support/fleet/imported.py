"""Shards imported without a worker: their bytes as a file, and their checkpoint where a worker would keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.distributed.values import Plan, Result
from bulk_importer.settings import Settings
from bulk_importer.summary import Summary
from support.importing import import_file

__all__ = ["import_shard", "leave_lease", "leave_result", "work_folder"]


def work_folder(place: Place, index: int, epoch: int = 1) -> Path:
    """Where the checkpoint of a shard is."""
    assert place.folder is not None
    return place.folder / f"work/{index:05}/epoch-{epoch:06}"


async def import_shard(
    place: Place, plan: Plan, index: int, *, epoch: int = 1, is_free: bool = True, **settings: Any
) -> Summary:
    """Import a shard, as a file of its bytes, into its checkpoint, and leave a lease that was given back."""
    content = Path(plan.source).read_bytes()
    assert place.folder is not None
    pieces = pieces_of(place, plan.shards[index])
    raws = [content[each.offset : each.offset + each.length] for each in pieces]
    path = place.folder.with_name(f"{place.folder.name}-{index}.json")
    path.write_bytes(b"".join(raw + b"\n" for raw in raws) if plan.lines else b"[" + b",".join(raws) + b"]")
    ours = {"server": plan.server, "project": plan.project, "workers": 0}
    leave_lease(place, index, epoch, is_free=is_free)
    return await import_file(
        path, Settings(**{**ours, **settings}), checkpoint=work_folder(place, index, epoch)
    )


def leave_lease(
    place: Place,
    index: int,
    epoch: int = 1,
    *,
    is_free: bool = False,
    holder: str = "worker-1",
    seconds: float = 60,
) -> None:
    """Leave what a worker leaves that took the lease of a shard; `is_free`: and gave it back."""
    claim = {"mark": "m", "holder": holder, "seconds": seconds, "at": "2026-11-28T01:00:00+00:00"}
    place.create(f"work/{index:05}/lease-{epoch:06}", msgspec.json.encode(claim))
    place.replace(f"work/{index:05}/beat-{epoch:06}", b"1")
    if is_free:
        place.create(f"work/{index:05}/free-{epoch:06}", b"")


def leave_result(
    place: Place, plan: Plan, index: int, *, exit_code: int, message: str, epoch: int = 1
) -> None:
    """Leave what a worker says that ended with this code before it had read anything."""
    result = Result(
        plan=plan.id,
        index=index,
        epoch=epoch,
        folder=f"epoch-{epoch:06}",
        state="failed",
        exit_code=exit_code,
        entries=0,
        delivered=0,
        rejected=0,
        skipped=0,
        in_doubt=0,
        owed=0,
        seconds=0.0,
        message=message,
    )
    place.replace(f"work/{index:05}/result.json", msgspec.json.encode(result))
