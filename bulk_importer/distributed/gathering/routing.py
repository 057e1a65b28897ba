"""Finds for each line of a corrected `rejected.jsonl` of the whole the shard that it belongs to.

A line says by its position in the source which entry it stands for; the checkpoint of a shard has other positions. So
lines are written anew for each shard, each with its position there, and with the rest of it as it is. All are looked
at before the first is fed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import read_state
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.distributed.gathering.translating import Translation
from bulk_importer.distributed.gathering.values import Gathered, Standing
from bulk_importer.distributed.keeping.opening import checkpoint_at
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import pieces_of
from bulk_importer.errors import InputError
from bulk_importer.files.small_files import opened

__all__ = ["Routed", "routed"]

_NAMED = 5


class _Line(msgspec.Struct):
    position: int
    entry: msgspec.Raw = msgspec.Raw()
    entry_text: str = ""


class _Given(msgspec.Struct, frozen=True):
    """A line of the file: its number, and what is to be sent, as a line that lacks its position."""

    position: int
    number: int
    rest: bytes


class Routed(msgspec.Struct, frozen=True):
    """The corrections for one shard, as lines by its own positions."""

    standing: Standing
    lines: Sequence[bytes]


def routed(place: Place, gathered: Gathered, corrected: Path) -> list[Routed]:
    """The corrections in a file, by shard. Blocks.

    Memory: the file, and the pieces of one shard.

    Raises:
        InputError: the file cannot be read, names a position twice or one that is not rejected, or a line has no entry.
        CheckpointError: what is on record of a shard cannot be read.
    """
    given = sorted(_given(corrected), key=lambda each: (each.position, each.number))
    for one, other in pairwise(given):
        if one.position == other.position:
            raise InputError(f"{corrected}, line {other.number}: position {one.position} is there twice.")
    positions = [each.position for each in given]
    found: list[Routed] = []
    left = set(positions)
    for standing in gathered.standings:
        translation = Translation(pieces_of(place, standing.shard), lines=gathered.plan.lines)
        ours = list(_within(given, positions, translation))
        if not ours:
            continue
        foreign = _not_rejected(place, standing, [own for own, _ in ours])
        if not foreign:
            left.difference_update(each.position for _, each in ours)
            lines = [b'{"position":%d,%b}\n' % (own, each.rest) for own, each in ours]
            found.append(Routed(standing, lines))
        else:
            left.difference_update(each.position for own, each in ours if own not in foreign)
    if left:
        listed = sorted(left)
        shown = ", ".join(map(str, listed[:_NAMED])) + (", ..." if len(listed) > _NAMED else "")
        raise InputError(f"{corrected} has corrections for positions that are not rejected: {shown}.")
    return found


def _within(
    given: Sequence[_Given], positions: Sequence[int], translation: Translation
) -> Iterator[tuple[int, _Given]]:
    """The lines for elements of a shard, each with its position there, in order."""
    for span in translation.spans():
        at = bisect_left(positions, span.start)
        while at < len(positions) and positions[at] < span.stop:
            own = translation.own_position(positions[at])
            assert own is not None
            yield own, given[at]
            at += 1


def _not_rejected(place: Place, standing: Standing, own: Sequence[int]) -> set[int]:
    """Those of these positions of a shard that are neither rejected, nor were fed again by an earlier retry."""
    if not standing.folder:
        return set(own)
    with checkpoint_at(place, standing.folder) as folder:
        _, state = read_state(folder)
        known = frozenset[int]().union(*(each.standing().delivered for each in retry_folders(folder)))
        return {position for position in own if position not in state.rejected and position not in known}


def _given(path: Path) -> Iterator[_Given]:
    with opened(path, "The file of corrections", refused_as=InputError) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _read(path, number, line)


def _read(path: Path, number: int, line: bytes) -> _Given:
    try:
        read = msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{path}, line {number}: not a line of rejected.jsonl: {error}.") from error
    if bytes(read.entry):
        return _Given(read.position, number, b'"entry":' + bytes(read.entry))
    if read.entry_text.strip():
        return _Given(read.position, number, b'"entry_text":' + msgspec.json.encode(read.entry_text))
    raise InputError(
        f"{path}, line {number}: there is no 'entry' for position {read.position}. Leave the line out, or give the "
        "entry there as JSON."
    )
