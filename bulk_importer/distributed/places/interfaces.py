"""What a place is to those who keep something there: names with bytes, each of them whole or not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

__all__ = ["Place"]


class Place(Protocol):
    """Names with bytes. A name has parts with `/` between them. All calls block, and may be made from any thread.

    Raises, from every call:
        PlaceUnusable: the place cannot be read or written.

    Attributes:
        name: as the user gave it, for people.
        folder: where it lies on this machine; None where it does not.
    """

    name: str
    folder: Path | None

    def read(self, key: str) -> bytes | None:
        """What is there by that name; None where there is nothing."""

    def create(self, key: str, content: bytes) -> bool:
        """Put something there where there is nothing yet, on disk when this returns; False where there is something.

        It may say True where the very same content is there already: who has to know whether it came first, puts
        something there that nobody else would.
        """

    def replace(self, key: str, content: bytes) -> None:
        """Put something there, whatever there was, on disk when this returns. For what has one writer at a time."""

    def remove(self, key: str) -> None:
        """Take away what is there by that name, if anything is."""

    def names(self, prefix: str) -> Sequence[str]:
        """The names that begin with `prefix`, sorted."""
