"""Words that the tables of the catalogue share.

Pure.
"""

from __future__ import annotations

from bulk_importer.model import Severity

__all__ = ["AS_TEXT", "DROPS", "ERROR", "NOTE", "REFUSES", "WARNING"]

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
DROPS = "The server accepts such an entry and silently drops the value."
REFUSES = "The server refuses the whole request that holds such an entry."
AS_TEXT = (
    "in the source, or under entry_text in a copy of rejected.jsonl that is fed to "
    "'bulk-importer retry CHECKPOINT CORRECTED.jsonl'"
)
