"""From the bytes of a log to the state that they tell.

Pure.
"""

from __future__ import annotations

import msgspec

from bulk_importer.checkpoint.frames import Damage, split
from bulk_importer.checkpoint.records import FORMAT_VERSION, Header, Record, Snapshot, decode
from bulk_importer.checkpoint.snapshot import restore
from bulk_importer.checkpoint.state import CheckpointState, Contradiction
from bulk_importer.checkpoint.transitions import apply

__all__ = ["Replayed", "replay"]


class Replayed(msgspec.Struct, frozen=True):
    """What a log says.

    Attributes:
        length: bytes of it that are whole; what lies behind is a torn record.
        floor: bytes of header and snapshot, which compaction does not make smaller.
    """

    header: Header
    state: CheckpointState
    length: int
    floor: int


def replay(content: bytes) -> Replayed:
    """Read a whole log.

    Raises:
        Damage: it is not what was written, or contradicts itself.
    """
    frames = split(content)
    # No crash leaves a log without its first record, nor one whose header announces a snapshot without that:
    # a log gets its name when both are on disk. So here a record that is cut short is damage, too.
    offset, length, payload = next(frames, (0, 0, b""))
    header = _decode(payload, offset) if payload else None
    if not isinstance(header, Header):
        raise Damage(0, "it does not begin with a whole header")
    if header.version != FORMAT_VERSION:
        raise Damage(0, f"it has format {header.version}, this program reads format {FORMAT_VERSION}")
    state = CheckpointState(header.identity)
    if header.compacted:
        offset, length, payload = next(frames, (length, length, b""))
        record = _decode(payload, offset) if payload else None
        if not isinstance(record, Snapshot):
            raise Damage(offset, "the snapshot that the header announces is not whole")
        restore(state, record)
    floor = length
    for offset, end, payload in frames:
        try:
            apply(state, _decode(payload, offset))
        except Contradiction as contradiction:
            raise Damage(offset, f"it contradicts itself: {contradiction}", resume_at=end) from contradiction
        length = end
    return Replayed(header, state, length, floor)


def _decode(payload: bytes, offset: int) -> Record:
    try:
        record: Record = decode(payload)
    except msgspec.MsgspecError as error:
        raise Damage(offset, f"a record is unknown or malformed: {error}") from error
    return record
