"""Notes of every element of a source where it stands and which media it names, while the source is checked.

Twenty-four bytes go to disk for each element, 56 for each segment; nothing of it stays in memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec
from xxhash import xxh3_128_intdigest

from bulk_importer.distributed.planning.division.columns import Columns
from bulk_importer.intake.framing.scan import Scan
from bulk_importer.model import Segment, SegmentKey
from bulk_importer.pipeline.wiped.media_counts import key_of_media
from bulk_importer.pipeline.wiped.mention_log import keys_of_segment

__all__ = ["Row", "SourceSurvey"]

_LOW_BITS = (1 << 64) - 1


class Row(msgspec.Struct, frozen=True):
    """What is noted of a segment.

    Attributes:
        first, count: the positions in it.
        offset: of the byte from which its elements count.
        begin, stop: the bytes of the source from the first byte of its first element to behind its last one.
        digest: the XXH3-128 of these.
    """

    first: int
    count: int
    offset: int
    begin: int
    stop: int
    digest: int

    @property
    def end(self) -> int:
        """The position behind its last one."""
        return self.first + self.count


class SourceSurvey:
    """What is known of the elements of a source, by their positions. It is a `Survey` of a `Check`.

    Attributes:
        keys: of the media of each, as `key_of` has it; 0 where none is named. A rejected entry has that of its media,
            because the import may judge it otherwise, and then it has to stand in order.
        starts, lengths: where each stands in its segment.
    """

    def __init__(self, columns: Columns) -> None:
        self.keys, self.starts, self.lengths, self._rows = (columns.new() for _ in range(4))

    @property
    def total(self) -> int:
        """How many elements there are."""
        return len(self.keys)

    def delimited(self, key: SegmentKey, found: Scan, data: bytes) -> None:
        """Note where the elements of the next segment stand."""
        begin, stop = found.starts[0], found.starts[-1] + found.lengths[-1]
        digest = xxh3_128_intdigest(memoryview(data)[begin:stop])
        self.starts.append(found.starts)
        self.lengths.append(found.lengths)
        place = (key.first, key.count, key.offset, key.offset + begin, key.offset + stop)
        self._rows.append(array("Q", [*place, digest >> 64, digest & _LOW_BITS]))

    def judged(self, segment: Segment) -> None:
        """Note which media they name."""
        named = [each for each in segment.rejections if each.media_id]
        of_rejected = [each.position for each in named], [key_of_media(each.media_id or "") for each in named]
        parts = [(segment.run.positions, segment.run.keys), of_rejected]
        self.keys.append(keys_of_segment(segment.key, parts))

    def end(self) -> None:
        """The source is read."""
        for column in (self.keys, self.starts, self.lengths, self._rows):
            column.end()

    def rows(self) -> Iterator[Row]:
        """The segments, in order."""
        for first, count, offset, begin, stop, high, low in self._rows.rows(7):
            yield Row(first, count, offset, begin, stop, high << 64 | low)
