"""How a resume recognises its input: by size and digests of the file; and which changes of it are allowed.

The identity of a file is its size and the digests of its head, its tail and samples between them, 192 KiB
of reading whatever its size. It says at once whether a file is another one; that a stretch is the same is
proven when it is read again, segment by segment. Names do not count (a file may be moved together with its
checkpoint), nor do times (copying changes them, and an editor can keep them).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from xxhash import xxh3_128

from bulk_importer.checkpoint.log.records import Block, SourceIdentity
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.errors import CheckpointMismatch
from bulk_importer.model import SegmentKey
from bulk_importer.readable import counted

__all__ = ["SourceIdentity", "check_source", "identify"]

_EDGE_BYTES = 64 * 1024
_SAMPLE_BYTES = 4 * 1024
_SAMPLES = 16
# How much is read to say where a changed file differs, or to prove what a mended one kept: half a second.
_PROOF_BYTES = 256 * 1024 * 1024


def identify(file: int, *, plain: bool = True) -> SourceIdentity:
    """The identity of the open `file`; `plain` when its bytes are the array's, not compressed.

    Raises OSError.
    """
    size = os.fstat(file).st_size
    spread = range(1, _SAMPLES + 1)
    samples = [(size * n // (_SAMPLES + 1), _SAMPLE_BYTES) for n in spread] if size > 4 * _EDGE_BYTES else []
    stretches = [(0, min(size, _EDGE_BYTES)), *samples, (max(0, size - _EDGE_BYTES), min(size, _EDGE_BYTES))]
    blocks = (Block(offset, length, _digest(file, offset, length)) for offset, length in stretches)
    return SourceIdentity(size=size, blocks=tuple(blocks), plain=plain)


def check_source(
    state: CheckpointState, now: SourceIdentity, file: int | None, *, folder: Path, grew: bool = False
) -> bool:
    """Whether the source with the identity `now` is another one than the recorded, and may be gone on with.

    False when it is the recorded one. A stream has no identity: its segments prove it while it is read.

    Args:
        file: the source, open, where it is a file.
        folder: the checkpoint, for the message.
        grew: the user says that the source only grew.

    Raises:
        CheckpointMismatch: it is another source; the message says where it differs and what to do.
        OSError: the file cannot be read.
    """
    recorded = state.identity
    if recorded == now:
        return False
    if not state.segments:
        return True  # nothing of it is on record, so nothing can be doubled
    limit = _unchanged_below(state, now, grew=grew)
    if limit is None:
        raise _mismatch(state, file, now, folder, grew=grew)
    if file is not None and _differing_block(recorded, file, limit) is not None:
        raise _mismatch(state, file, now, folder, grew=grew)
    if file is not None and recorded.plain and now.plain and _differing_segment(state, file) is not None:
        raise _mismatch(state, file, now, folder, grew=grew)
    return True


def _unchanged_below(state: CheckpointState, now: SourceIdentity, *, grew: bool) -> int | None:
    """The byte below which a changed source must be the recorded one; None when no change is allowed."""
    recorded = state.identity
    if state.broken is not None:
        # What stands between the last whole element and the break is not on record: a comma, half an element. What a
        # compressed file holds cannot be told from its bytes: its segments prove it on the way.
        return state.offset if recorded.plain and now.plain else 0
    if recorded.size is None or now.size is None:
        return 0 if recorded.size is now.size else None
    if grew and now.size > recorded.size:
        # A closed array is opened again to grow: behind its last segment stood only its end.
        return state.offset if recorded.plain and state.end is not None else recorded.size
    return None


def _differing_block(recorded: SourceIdentity, file: int, limit: int) -> Block | None:
    for block in recorded.blocks:
        # One without bytes is a server's name for its content.
        if (
            0 < block.length <= limit - block.offset
            and _digest(file, block.offset, block.length) != block.digest
        ):
            return block
    return None


def _differing_segment(state: CheckpointState, file: int) -> SegmentKey | None:
    """The first recorded segment that the plain `file` does not hold, of those that are looked at."""
    for key in _looked_at(state.segments):
        if _digest(file, key.offset, key.length) != key.digest:
            return key
    return None


def _looked_at(segments: list[SegmentKey]) -> Iterator[SegmentKey]:
    """The segments from the first on, `_PROOF_BYTES` of them, and the last, which any shift must hit."""
    read = 0
    for key in segments[:-1]:
        read += key.length
        if read > _PROOF_BYTES:
            break
        yield key
    yield from segments[-1:]


def _mismatch(
    state: CheckpointState, file: int | None, now: SourceIdentity, folder: Path, *, grew: bool
) -> CheckpointMismatch:
    counts = state.counts
    grown = (
        " If it only grew, say --source-grew."
        if not grew
        and now.size is not None
        and state.identity.size is not None
        and now.size > state.identity.size
        else ""
    )
    return CheckpointMismatch(
        f"The source is not the one that the checkpoint {folder} was begun with: {_where(state, file, now)}. "
        f"Nothing of it was sent.{grown} If you fixed entries in it, run the import with a new --checkpoint and "
        f"--settled-by {folder}, which leaves out what was delivered; to feed only corrected rejections, run "
        f"'bulk-importer retry {folder} CORRECTED.jsonl'. Do not delete the folder: it alone knows that "
        f"{counted(counts.delivered, 'entry', 'is')} delivered; without it all would be sent again."
    )


def _where(state: CheckpointState, file: int | None, now: SourceIdentity) -> str:
    recorded = state.identity
    if file is not None and recorded.plain and now.plain:
        key = _differing_segment(state, file)
        if key is not None:
            return (
                f"it differs between byte {key.offset} and byte {key.offset + key.length} (positions "
                f"{key.first} to {key.first + key.count - 1})"
            )
    sizes = "" if now.size == recorded.size else f"it has {_bytes(now.size)} and had {_bytes(recorded.size)}"
    block = _differing_block(recorded, file, now.size or 0) if file is not None else None
    if block is not None:
        between = f"it differs between byte {block.offset} and byte {block.offset + block.length}"
        return f"{between}; {sizes}" if sizes else between
    return sizes or "its digests differ"


def _bytes(size: int | None) -> str:
    return "an unknown number of bytes" if size is None else counted(size, "byte")


def _digest(file: int, offset: int, length: int) -> str:
    """XXH3-128 of a stretch of a file; of what is there of it, where the file is shorter."""
    digest = xxh3_128()
    while length > 0 and (chunk := os.pread(file, min(length, 1024 * 1024), offset)):
        digest.update(chunk)
        offset += len(chunk)
        length -= len(chunk)
    return digest.hexdigest()
