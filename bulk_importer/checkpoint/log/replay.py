"""From the bytes of a log to the state that they tell.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from bulk_importer.checkpoint.log.frames import Damage, split
from bulk_importer.checkpoint.log.records import FORMAT_VERSION, Header, Record, Snapshot, decode
from bulk_importer.checkpoint.log.snapshot import restore
from bulk_importer.checkpoint.log.state import CheckpointState, Contradiction
from bulk_importer.checkpoint.log.transitions import apply

__all__ = ["Replayed", "replay", "replay_more"]


class Replayed(msgspec.Struct, frozen=True):
    """What a log says.

    Attributes:
        header: the first record, with the name that the server has now.
        length: bytes of it that are whole; what lies behind is a torn record.
        floor: bytes of header and snapshot, which compaction does not make smaller.
    """

    header: Header
    state: CheckpointState
    length: int
    floor: int


def replay(content: bytes, note: Callable[[Record], None] = lambda _: None) -> Replayed:
    """Read a whole log; `note` is told every record behind header and snapshot.

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
    state = CheckpointState(header.identity, header.server)
    if header.compacted:
        offset, length, payload = next(frames, (length, length, b""))
        record = _decode(payload, offset) if payload else None
        if not isinstance(record, Snapshot):
            raise Damage(offset, "the snapshot that the header announces is not whole")
        restore(state, record)
    whole = _go_on(state, frames, length, note)
    return Replayed(msgspec.structs.replace(header, server=state.server), state, whole, length)


def replay_more(
    state: CheckpointState, content: bytes, begin: int, note: Callable[[Record], None] = lambda _: None
) -> int:
    """Read what was appended to a log from byte `begin` on; `state` says the rest. Returns the length of it all.

    Raises:
        Damage: it is not what was written, or contradicts itself.
    """
    return _go_on(state, split(content, begin), begin, note)


def _go_on(
    state: CheckpointState,
    frames: Iterator[tuple[int, int, bytes]],
    length: int,
    note: Callable[[Record], None],
) -> int:
    for offset, end, payload in frames:
        record = _decode(payload, offset)
        try:
            apply(state, record)
        except Contradiction as contradiction:
            raise Damage(offset, f"it contradicts itself: {contradiction}", resume_at=end) from contradiction
        note(record)
        length = end
    return length


def _decode(payload: bytes, offset: int) -> Record:
    try:
        record: Record = decode(payload)
    except msgspec.MsgspecError as error:
        raise Damage(offset, f"a record is unknown or malformed: {error}") from error
    return record
