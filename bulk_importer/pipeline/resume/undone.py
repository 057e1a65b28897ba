"""Says what the log of an import holds for an undo, and that nothing more is sent for one that was taken back."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.checkpoint import CheckpointState
from bulk_importer.errors import CheckpointMismatch

__all__ = ["LABELS_KNOWN", "UNDONE", "UNDO_FOLDER", "require_not_undone"]

LABELS_KNOWN = "labels_known"
"""Note in the log: whether it was known which media held labels before anything was delivered."""
UNDO_FOLDER = "undo"
"""Where in a checkpoint folder its undos lie, each in a folder of its own."""
UNDONE = "undone"
"""Note in the log: the folder of the undo that took the import back."""


def require_not_undone(folder: Path, state: CheckpointState) -> None:
    """Raise `CheckpointMismatch` where an import was taken back: what its checkpoint settles is settled no more."""
    if UNDONE in state.notes:
        raise CheckpointMismatch(
            f"The import of the checkpoint {folder} was taken back by undo, so nothing more is sent for it. To import "
            "its source again, name another folder with --checkpoint."
        )
