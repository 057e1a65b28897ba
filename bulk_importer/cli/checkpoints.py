"""Finds the checkpoints in a folder that a person names: itself, or one for each source of an import of several."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.errors import UsageError

__all__ = ["checkpoints_in", "one_checkpoint_in"]

_MOST_NAMED = 10


def checkpoints_in(folder: Path) -> list[Path]:
    """The folder itself, or those of the sources in it, where it was the `--checkpoint` of several."""
    inside = [] if (folder / "log").exists() else sorted(log.parent for log in folder.glob("*/log"))
    return inside or [folder]


def one_checkpoint_in(folder: Path) -> Path:
    """The only one.

    Raises:
        UsageError: there are several.
    """
    found = checkpoints_in(folder)
    if len(found) > 1:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise UsageError(
            f"{folder} holds {len(found)} checkpoints. Name one of them: "
            f"{', '.join(map(str, found[:_MOST_NAMED]))}{more}."
        )
    return found[0]
