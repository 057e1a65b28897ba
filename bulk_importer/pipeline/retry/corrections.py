"""Which rejected entries are to be fed again, and with what bytes: as a person corrected them, or as they came."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState, rejected_lines
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.pipeline.retry.given import given_in, refuse_foreign
from bulk_importer.spans import SpanSet

__all__ = ["corrections_in", "standing_corrections", "with_ids"]


def corrections_in(
    path: Path, rejected: SpanSet, settled: Container[int] = frozenset()
) -> tuple[list[Correction], list[int]]:
    """The corrections in a file, by position, and the positions in it that are `settled` already, which it may name.

    Raises:
        InputError: the file cannot be read, names a position twice or one that is not rejected, or a line has no entry.
    """
    found = {given.position: Correction(given.position, given.raw) for given in given_in(path)}
    left_out = [position for position in sorted(found) if position in settled and position not in rejected]
    for position in left_out:
        del found[position]
    refuse_foreign(path, [position for position in found if position not in rejected])
    return _by_position(found.values()), left_out


def with_ids(corrections: Iterable[Correction], names: NameIndex) -> list[Correction]:
    """The corrections, with the ids of the media that they name by file name alone."""
    return [msgspec.structs.replace(each, named=_id_of(each.name, names)) for each in corrections]


def standing_corrections(folder: Path, state: CheckpointState) -> list[Correction]:
    """Every rejected entry as it came, by position, but for those whose bytes are not kept as JSON."""
    return _by_position(
        Correction(line.position, bytes(line.entry))
        for line in rejected_lines(folder, state.rejected_bytes)
        if line.position in state.rejected and bytes(line.entry)
    )


def _id_of(name: str | None, names: NameIndex) -> str | None:
    try:
        return None if name is None else names.find(name)
    except SeveralMedia:
        return None


def _by_position(corrections: Iterable[Correction]) -> list[Correction]:
    return sorted(corrections, key=lambda each: each.position)
