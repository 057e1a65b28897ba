"""Knows a backup by its first bytes: those of a record (see `records`), as nobody else writes them. Pure."""

from __future__ import annotations

__all__ = ["KIND", "MARK", "begins_backup"]

KIND = 0x184D2A5B  # one of sixteen kinds of frames that are skipped; none has a meaning of its own
MARK = b"bulk-importer backup\n"
_LENGTH_BYTES = 4


def begins_backup(head: bytes) -> bool:
    """Whether a file that begins so is a backup; its first 29 bytes tell."""
    kind = KIND.to_bytes(4, "little")
    return head.startswith(kind) and head[len(kind) + _LENGTH_BYTES :].startswith(MARK)
