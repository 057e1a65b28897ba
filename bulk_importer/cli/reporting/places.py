"""Where the report of a command lies that keeps no checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bulk_importer.settings import Settings

__all__ = ["NONE", "OURS", "report_path"]

NONE = "none"
"""What the setting says where no report is wanted."""
OURS = (".check.html", ".convert.html")
"""How the names of such reports end; patterns pass them over."""


def report_path(settings: Settings, beside: Sequence[str], command: str) -> Path | None:
    """The file that the setting names, else one beside what the command is about; None where there is no place.

    Args:
        beside: files and folders, or what is none, as `-` or a URL. Of several the report lies beside the first.
        command: `check` or `convert`.
    """
    if settings.report == NONE:
        return None
    if settings.report is not None:
        return Path(settings.report)
    path = Path(beside[0])
    if not path.name or "://" in beside[0] or not (path.is_file() or path.is_dir()):
        return None
    return path.with_name(f"{path.name}.{command}.html" if len(beside) == 1 else f"{command}.html")
