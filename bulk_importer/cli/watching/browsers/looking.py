"""Looks at checkpoints again and again, without their locks: what writes to them is not disturbed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.errors import BulkImporterError

if TYPE_CHECKING:
    from bulk_importer.checkpoint import LogTail

__all__ = ["Looks"]


class Looks:
    """Looks at checkpoints again and again; each log is read once, and then what was appended to it."""

    def __init__(self, roots: Sequence[Path], opened: ExitStack) -> None:
        self._roots = roots
        self._opened = opened
        # Changed by `look`: by folder; how often in a row no run went on.
        self._tails: dict[Path, LogTail] = {}
        self.quiet = 0

    def look(self) -> list[dict[str, Any]]:
        """The facts about each checkpoint that there is now; of one that cannot be read, a `message` says why."""
        from bulk_importer.checkpoint.places import checkpoints_in

        folders = [folder for root in self._roots for folder in checkpoints_in(root) or [root]]
        found = [
            self._facts(folder)
            for folder in {folder.absolute().resolve(): folder for folder in folders}.values()
        ]
        self.quiet = 0 if any(facts["state"] == "running" for facts in found) else self.quiet + 1
        return found

    def _facts(self, folder: Path) -> dict[str, Any]:
        from msgspec import to_builtins

        from bulk_importer.checkpoint import LogTail
        from bulk_importer.library.status import status_now

        try:
            if folder not in self._tails:
                self._tails[folder] = tail = LogTail(folder)
                self._opened.callback(tail.close)
            facts: dict[str, Any] = to_builtins(status_now(folder, self._tails[folder]))
        except BulkImporterError as error:
            return {
                "checkpoint": str(folder),
                "state": "unusable",
                "exit_code": error.exit_code,
                "message": str(error),
            }
        return facts
