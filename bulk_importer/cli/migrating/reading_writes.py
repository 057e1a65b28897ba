"""Says aloud that reading labels writes to a project, where only the token route is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.levels import Level

if TYPE_CHECKING:
    from bulk_importer.migration.report import BackupAnnouncement

__all__ = ["warn_of_writing"]


def warn_of_writing(what: BackupAnnouncement) -> None:
    """Warn, where anything is still to be read by that route."""
    if what.writes and what.done < what.media:
        messages.say(
            "  writes      only the token route is open: reading a media writes the empty values that it is missing. "
            "Nobody should import into the project meanwhile",
            Level.WARNING,
        )
