"""Says what the log of an import holds for an undo, and that nothing more is sent for one that was taken back."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.errors import CheckpointMismatch

__all__ = ["LABELS_KNOWN", "UNDONE", "UNDO_FOLDER", "require_not_undone", "undone_in"]

LABELS_KNOWN = "labels_known"
"""Note in the log: whether it was known which media held labels before anything was delivered."""
UNDO_FOLDER = "undo"
"""Where in a checkpoint folder its undos lie, each in a folder of its own."""
UNDONE = "undone"
"""Note in the log: the folder of the undo that took the import back."""


def undone_in(folder: Path, state: CheckpointState) -> Path | None:
    """The folder of the undo that took an import back, or was begun; None where there is none."""
    return folder / UNDO_FOLDER / str(state.notes[UNDONE]) if UNDONE in state.notes else None


def require_not_undone(folder: Path, state: CheckpointState, *, part: str = "", so: str = "") -> None:
    """Raise `CheckpointMismatch` where an import was taken back: what its checkpoint settles is settled no more.

    Args:
        part: of a plan, as `ImportSpec` has it.
        so: what follows from that, and what to do; that nothing more is sent for it, where it is empty.
    """
    if UNDONE in state.notes:
        again = "make a plan of it at another place" if part else "name another folder with --checkpoint"
        so = so or f"so nothing more is sent for it. To import its source again, {again}."
        raise CheckpointMismatch(
            f"The import of {part or f'the checkpoint {folder}'} was taken back by undo, {so}"
        )
