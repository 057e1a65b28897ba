"""Makes a chapter of how a command ended of which nothing is on record.

Pure.
"""

from __future__ import annotations

from bulk_importer.cli.reporting.kinds import verdict_of_code
from bulk_importer.observe.report import Chapter

__all__ = ["ending_of"]


def ending_of(name: str, command: str, exit_code: int, message: str) -> Chapter:
    """What is known: the exit code, and a message where there is one.

    Args:
        name: of what nothing is on record, as a source.
    """
    return Chapter(
        name=name,
        verdict=verdict_of_code(exit_code),
        headline="Nothing was sent",
        outcome=f"'bulk-importer {command}' ended with exit code {exit_code}",
        route="",
        message=message,
    )
