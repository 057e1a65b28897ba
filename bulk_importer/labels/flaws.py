"""What a kind of finding is, and what is wrong in an entry before it is tied to a position.

Pure.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import msgspec

from bulk_importer.model import Severity

__all__ = ["FindingKind", "Flaw", "Ring"]


class Flaw(NamedTuple):
    """What is wrong in an entry, not yet tied to a position: it becomes a `Finding` when the entry is known.

    `pointer` is a JSON pointer inside the entry, empty for the entry itself.
    """

    code: str
    pointer: str
    expected: str
    found: str


class Ring(Enum):
    """What an entry is compared with when a flaw shows."""

    TEXT = "the JSON text"
    SCHEMA = "the import schema"
    MEANING = "the label configuration"
    MEDIA = "the media of the project"
    INPUT = "the other entries of the input"
    SERVER = "the server's answer"
    FORMAT = "the label file of another tool"
    HELD = "the labels on the server"


class FindingKind(msgspec.Struct, frozen=True):
    """One kind of finding.

    Attributes:
        severity: what it is unless it is allowed, denied, or the run is strict.
        meaning: what happens when such an entry is sent.
        advice: what to do about it.
        firm: it cannot be allowed, because the entry cannot be sent, or nobody could say what became of it.
    """

    code: str
    severity: Severity
    ring: Ring
    meaning: str
    advice: str
    firm: bool = False

    def explained(self) -> str:
        """The paragraph that `explain` prints."""
        tuned = (
            "It cannot be allowed."
            if self.firm
            else f"Tune it with --allow {self.code} or --deny {self.code}."
        )
        return f"{self.code} ({self.severity}, seen in {self.ring.value})\n\n{self.meaning}\n{self.advice}\n{tuned}"
