"""Tells a plan from a checkpoint, for commands that take either.

Pure, but for a look at whether a file is there.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_plan"]

_PLAN = "plan.json"


def is_plan(named: str) -> bool:
    """Whether a plan lies in this folder, or what is named is in a bucket, where nothing else can lie."""
    folder = Path(named)
    # An undo keeps what it is to do by the same name, and has no shards.
    return "://" in named or ((folder / _PLAN).is_file() and (folder / "shards").is_dir())
