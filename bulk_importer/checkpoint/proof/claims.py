"""What is claimed of a checkpoint when it is verified, and whether it holds.

Pure.
"""

from __future__ import annotations

import msgspec

__all__ = ["Claim", "run_of"]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must be so. `text` says what was found, in a sentence without a full stop."""

    name: str
    holds: bool
    text: str


def run_of(first: int, count: int) -> str:
    """Consecutive positions in words, the last one included."""
    return f"{first} to {first + count - 1}" if count > 1 else (str(first) if count else "none")
