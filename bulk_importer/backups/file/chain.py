"""Links the records of a backup, so that none can be missing, doubled or moved (see `records`). Pure."""

from __future__ import annotations

import msgspec
from xxhash import xxh3_128_hexdigest

from bulk_importer.backups.file.records import Chunk, Header

__all__ = ["Chain"]


class Chain:
    """The digest of a header and of all chunks behind it."""

    def __init__(self) -> None:
        self.digest = ""  # changed by `link` alone

    def link(self, record: Header | Chunk) -> None:
        """Put the next record behind the others."""
        self.digest = xxh3_128_hexdigest(self.digest.encode() + msgspec.json.encode(record))
