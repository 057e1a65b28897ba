"""Learns how many bytes a body may have before something on the way to the server refuses it. Pure."""

from __future__ import annotations

__all__ = ["BodyLimit"]


class BodyLimit:
    """The longest body that may be sent. Bodies that were accepted guard it against mistakes."""

    def __init__(self, max_bytes: int) -> None:
        """Begin with what a person allows; the limit only becomes smaller."""
        self._max_bytes = max_bytes
        # Set by the first body that was too large, and lowered by each that follows; worth remembering for a resume.
        # None before. Changed by `refused` and `blamed`.
        self.learnt: int | None = None
        self._largest_accepted = 0

    @property
    def bytes(self) -> int:
        """How many bytes a body may have at the moment."""
        return min(self._max_bytes, self.learnt or self._max_bytes)

    def accepted(self, length: int) -> None:
        """Take into account that a body of so many bytes was accepted."""
        self._largest_accepted = max(self._largest_accepted, length)

    def refused(self, length: int) -> None:
        """Take into account that a body of so many bytes was refused for its size (413)."""
        self.learnt = max(2, min(self.learnt or self._max_bytes, length // 2))

    def blamed(self, failed: int, passed: int) -> None:
        """Take into account that a body did not pass although all of its parts did.

        A chain of accidents looks the same. So what is learnt never goes below what was accepted before.

        Args:
            failed: bytes of the body.
            passed: bytes of its longest part that passed.
        """
        if failed > self._largest_accepted:
            known = self.learnt or self._max_bytes
            self.learnt = min(known, max(2, failed // 2, passed, self._largest_accepted))
