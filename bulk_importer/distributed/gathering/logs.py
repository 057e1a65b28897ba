"""Which epoch of a shard counts, and who has it.

What is at a place is listed once, for all shards: a bucket answers a thousand names at a time, and each question takes
it as long.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from bulk_importer.distributed.places.interfaces import Place

__all__ = ["Kept", "kept_by_shard"]

_NAME = re.compile(r"work/(\d+)/(?:(epoch|lease|free)-(\d+)(/log)?|(result)\.json)")


class Kept(msgspec.Struct):
    """What there is of a shard at a place.

    Attributes:
        lease: the latest epoch that a worker took; 0 where none did.
        free: the latest epoch that was given back; 0 where none was.
        checkpoint: the latest epoch that has a log; 0 where none has.
        has_result: a worker said what its work came to.
    """

    lease: int = 0
    free: int = 0
    checkpoint: int = 0
    has_result: bool = False


def kept_by_shard(place: Place) -> Mapping[int, Kept]:
    """What there is of each shard; those that nobody began are left out. Blocks.

    Raises:
        CheckpointUnusable: the place cannot be read.
    """
    found: dict[int, Kept] = {}
    for name in place.names("work/"):
        if (match := _NAME.match(name)) is None:
            continue
        kept = found.setdefault(int(match[1]), Kept())
        if match[5]:
            kept.has_result = True
        elif match[2] == "lease":
            kept.lease = max(kept.lease, int(match[3]))
        elif match[2] == "free":
            kept.free = max(kept.free, int(match[3]))
        elif match[4] and name[match.end() :][:1] in ("", "/"):  # in a bucket it lies in several objects
            kept.checkpoint = max(kept.checkpoint, int(match[3]))
    return found
