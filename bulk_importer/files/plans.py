"""Tells a folder in which a plan for many workers lies from others, for those who know nothing else of plans."""

from __future__ import annotations

from pathlib import Path

__all__ = ["holds_plan"]


def holds_plan(folder: Path) -> bool:
    """Whether a plan lies there. An undo keeps what it is to do by the same name, and has no shards."""
    return (folder / "plan.json").is_file() and (folder / "shards").is_dir()
