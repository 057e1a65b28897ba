"""The levels of what a person or a program is told."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Level"]


class Level(IntEnum):
    """How important a message is; who wants one level gets all that are more important as well.

    A warning is surprising, but nothing is lost by it; after an error something is not sent, or unconfirmed.
    """

    ERROR = 0
    WARNING = 1
    INFO = 2
    DEBUG = 3

    @property
    def word(self) -> str:
        """The name of the level, as in `--log-level` and in the lines of `--log-format json`."""
        return self.name.lower()
