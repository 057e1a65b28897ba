"""Finds the one checkpoint that a person means by a folder."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.errors import UsageError

__all__ = ["one_checkpoint_in"]

_MOST_NAMED = 10


def one_checkpoint_in(folder: Path) -> Path:
    """The only one.

    Raises:
        UsageError: there are several.
    """
    from bulk_importer.pipeline import checkpoints_in

    found = checkpoints_in(folder) or [folder]
    if len(found) > 1:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise UsageError(
            f"{folder} holds {len(found)} checkpoints. Name one of them: "
            f"{', '.join(map(str, found[:_MOST_NAMED]))}{more}."
        )
    return found[0]
