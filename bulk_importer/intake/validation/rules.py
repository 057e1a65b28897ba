"""The rules by which entries are judged: what the user and the project ask for, as one value.

Pure.
"""

from __future__ import annotations

import msgspec

from bulk_importer.labels.findings import severities
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.media.rules import MediaRules
from bulk_importer.model import Severity

__all__ = ["Rules"]

# Deep enough for anything that the server reads (about ten levels), and far from what any parser's stack holds.
_MAX_DEPTH = 128


class Rules(msgspec.Struct, frozen=True):
    """What entries are compared with; small, and made to be sent to worker processes.

    Attributes:
        label_config: the classes and values that entries may have; None: whatever the import schema allows.
        media_index: path of the index of the project's media; None: media are not looked at.
        media_rules: what an entry may do to a media.
        strict: warnings are errors.
        allow, deny: codes of findings that are only counted, or that are errors.
        max_depth: levels of nesting above which an element is refused unread.
        keep_warnings: hand over the warnings of accepted entries too, not only their number.
        is_report: what is judged is reported on and not sent: digests are left out.
    """

    label_config: LabelConfig | None = None
    media_index: str | None = None
    media_rules: MediaRules = msgspec.field(default_factory=MediaRules)
    strict: bool = False
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    max_depth: int = _MAX_DEPTH
    keep_warnings: bool = False
    is_report: bool = False

    def severities(self) -> dict[str, Severity]:
        """What findings of each code count as. Raises `UsageError` for codes that are unknown or cannot be allowed."""
        configured = self.label_config is not None
        return severities(strict=self.strict, allow=self.allow, deny=self.deny, configured=configured)
