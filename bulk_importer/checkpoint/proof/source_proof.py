"""Holds a source against the digests of the segments that were read of it.

Pure: it is fed bytes, wherever they come from, so compressed files and streams are proven as plain files are.
"""

from __future__ import annotations

from xxhash import xxh3_128

from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.proof.claims import Claim, run_of
from bulk_importer.model import SegmentKey
from bulk_importer.readable import agreeing, counted

__all__ = ["SourceProof"]


class SourceProof:
    """Holds the source against the segments on record; feed it the (decompressed) bytes from the first on."""

    def __init__(self, state: CheckpointState) -> None:
        self._state = state
        self._segments = iter(state.segments)
        self._at = 0
        self._differing: list[SegmentKey] = []
        self._next()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        left = memoryview(piece)
        while left and self._key is not None:
            part = left[: self._missing(self._key)]
            if self._at >= self._key.offset:
                self._digest.update(part)
            self._at += len(part)
            left = left[len(part) :]
            if self._at == self._key.offset + self._key.length:
                self._close(self._key)
        self._at += len(left)

    def finish(self) -> Claim:
        """The claim that the source holds what was read; to be asked when the source has ended."""
        while self._key is not None:
            self._close(self._key)
        segments, wrong = self._state.segments, self._differing
        if wrong:
            where = (
                f"{len(wrong):,} of {counted(len(segments), 'segment')} {agreeing(len(wrong), 'differs')}, the "
                f"first between byte {wrong[0].offset} and byte {wrong[0].offset + wrong[0].length} (positions "
                f"{run_of(wrong[0].first, wrong[0].count)})"
            )
            return Claim(name="source", holds=False, text=f"the source is not what was read: {where}")
        end = self._state.end
        if end is not None and end.length != self._at:
            text = f"the source has {counted(self._at, 'byte')}, and had {end.length:,} when it was read to its end"
            return Claim(name="source", holds=False, text=text)
        text = f"the source holds what was read, in {counted(len(segments), 'segment')} up to byte {self._state.offset}"
        return Claim(name="source", holds=True, text=text)

    def _missing(self, key: SegmentKey) -> int:
        """How many bytes until `key` begins, or ends where it has begun."""
        return (key.offset if self._at < key.offset else key.offset + key.length) - self._at

    def _close(self, key: SegmentKey) -> None:
        if self._digest.hexdigest() != key.digest:
            self._differing.append(key)
        self._next()

    def _next(self) -> None:
        self._key = next(self._segments, None)
        self._digest = xxh3_128()
        # An empty segment has no byte that could end it.
        if self._key is not None and not self._key.length and self._at >= self._key.offset:
            self._close(self._key)
