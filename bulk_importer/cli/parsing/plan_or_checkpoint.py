"""Tells a plan from a checkpoint, for commands that take either, or only the one.

Pure, but for a look at whether a file is there.
"""

from __future__ import annotations

from pathlib import Path

from bulk_importer.errors import UsageError

__all__ = ["is_plan", "require_no_plan"]

_PLAN = "plan.json"


def is_plan(named: str) -> bool:
    """Whether a plan lies in this folder, or what is named is in a bucket, where nothing else can lie."""
    folder = Path(named)
    # An undo keeps what it is to do by the same name, and has no shards.
    return "://" in named or ((folder / _PLAN).is_file() and (folder / "shards").is_dir())


def require_no_plan(folder: Path) -> None:
    """Refuse a plan where the checkpoint of one import is wanted; raises `UsageError`."""
    if is_plan(str(folder)):
        raise UsageError(
            f"{folder} is a plan, and this is done for one shard at a time. Give the checkpoint of a shard: the last "
            f"folder epoch-* in {folder / 'work' / '00000'} and so on; 'bulk-importer status {folder} --json' names "
            "them."
        )
