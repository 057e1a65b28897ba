"""Where the report of a command lies that keeps no checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bulk_importer.settings import Settings

__all__ = ["NONE", "OURS", "report_path", "with_reports"]

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


def with_reports(facts: Mapping[str, Any], reports: Sequence[Path | None]) -> dict[str, Any]:
    """What `--json` prints, with where the report is: of the whole, and of each source where there are `sources`.

    Args:
        reports: of the sources, or one; those that are left out are not there. The whole has one where all have it.
    """
    sources = facts.get("sources")
    if sources is None:
        return {**facts, "report": _text(reports[0] if reports else None)}
    paths = [*reports, *[None] * len(sources)][: len(sources)]
    each = [{**source, "report": _text(path)} for source, path in zip(sources, paths, strict=True)]
    return {**facts, "report": _text(paths[0]) if len(set(paths)) == 1 else None, "sources": each}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
