"""How much of what happens a person or a program wants to be told."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Level"]


class Level(IntEnum):
    """What is told at a level is told at every level above it.

    A warning is surprising, but nothing is lost by it; after an error something is not sent, or unconfirmed.
    """

    ERROR = 0
    WARNING = 1
    INFO = 2
    DEBUG = 3

    @property
    def word(self) -> str:
        """As `--log-level` has it, and the lines of `--log-format json`."""
        return self.name.lower()
