"""Where the undos of an import lie, and which of them goes on: `undo/0001`, `undo/0002`, ... in its checkpoint."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.checkpoint import read_state
from bulk_importer.migration.undo.planning import Plan, plan_in
from bulk_importer.pipeline.resume.undone import UNDO_FOLDER, undone_in

__all__ = ["CHECKPOINT", "begun_in", "in_force"]

CHECKPOINT = "checkpoint"
"""The checkpoint of an undo, in its folder."""


def begun_in(checkpoint: Path, *, force: bool) -> tuple[Path, Plan | None]:
    """The folder of this undo, and its plan where that is being carried out, or was. Blocks.

    A plan that was not begun is old by now, and made anew; and so is one that was taken back itself.
    """
    earlier = sorted((checkpoint / UNDO_FOLDER).glob("[0-9]*"))
    if earlier and not (earlier[-1] / CHECKPOINT / "log").exists():
        return earlier[-1], None
    plan = plan_in(earlier[-1]) if earlier else None
    if plan is not None:
        own = earlier[-1] / CHECKPOINT
        _, state = read_state(own)
        # With force only when the one without has ended: what is in flight of that could land later.
        is_wanted = plan.force >= force or not state.is_finished
        if is_wanted and undone_in(own, state) is None:
            return earlier[-1], plan
    return checkpoint / UNDO_FOLDER / f"{len(earlier) + 1:04}", None


def in_force(folder: Path) -> list[Path]:
    """The folders of the undos of an import that were sent, and not taken back themselves. Blocks."""
    return [
        each
        for each in sorted((folder / UNDO_FOLDER).glob("[0-9]*"))
        if (each / CHECKPOINT / "log").exists()
        and undone_in(each / CHECKPOINT, read_state(each / CHECKPOINT)[1]) is None
    ]
