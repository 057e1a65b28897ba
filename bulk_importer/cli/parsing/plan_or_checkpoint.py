"""Tells a plan from a checkpoint, for commands that take either, or only the one.

Pure, but for a look at whether a file is there.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

from bulk_importer.errors import UsageError
from bulk_importer.files.plans import holds_plan

__all__ = ["is_plan", "named_so", "require_no_plan", "require_no_shard", "shard_of_plan"]

_IN_BUCKET = re.compile(r"(s3|gs|az):/+")
"""How a place in a bucket begins; as a path it has lost a slash."""


def is_plan(named: str) -> bool:
    """Whether a plan lies in this folder, or what is named is in a bucket, where nothing else can lie."""
    return "://" in named or _IN_BUCKET.match(named) is not None or holds_plan(Path(named))


def named_so(folder: Path) -> str:
    """A plan as it was named, also where that is in a bucket and no path."""
    return _IN_BUCKET.sub(r"\1://", str(folder), count=1)


def shard_of_plan(named: str) -> tuple[str, int] | None:
    """The plan and the index of the shard whose checkpoint is named; None where it is none, or of no plan any more."""
    from bulk_importer.distributed.values import shard_at

    found = shard_at(named) or shard_at(os.path.abspath(named))
    return found if found is not None and is_plan(found[0]) else None


def require_no_shard(folder: Path, verb: str, command: str) -> None:
    """Refuse the checkpoint of a shard where that is not all, as other workers may write it; raises `UsageError`.

    Args:
        verb: what is done, as in `fed again`.
        command: what does it to a plan; PLAN in it stands for that.
    """
    found = shard_of_plan(str(folder))
    if found is not None:
        told = command.replace("PLAN", shlex.quote(found[0]))
        raise UsageError(
            f"{folder} is the checkpoint of a shard, on which a worker may be at work on another machine. Nothing was "
            f"sent. It is {verb} by the plan, which waits for its turn: {told}"
        )


def require_no_plan(folder: Path) -> None:
    """Refuse a plan where the checkpoint of one import is wanted; raises `UsageError`."""
    if _IN_BUCKET.match(str(folder)) is not None:
        raise UsageError(
            f"{named_so(folder)} is in a bucket, and this takes a checkpoint in a folder of this machine. What can be "
            "asked and done of a plan in a bucket: status, gather, verify, work, retry, resolve, undo."
        )
    if is_plan(str(folder)):
        raise UsageError(
            f"{folder} is a plan, and this is done for one shard at a time. Give the checkpoint of a shard: the last "
            f"folder epoch-* in {folder / 'work' / '00000'} and so on; 'bulk-importer status {folder} --json' names "
            "them."
        )
