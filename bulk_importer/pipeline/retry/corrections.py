"""Reads which rejected entries are to be fed again, and with what bytes.

A correction is a line of `rejected.jsonl` or of an edited copy of it: `position` says which entry it stands for,
`entry` is what is sent in its place; or `entry_text`, where the entry was not JSON and was mended in that text. Other
keys do not matter, so a line may be left as it is but for what is wrong.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import msgspec

from bulk_importer.checkpoint import CheckpointState, rejected_lines
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.errors import InputError
from bulk_importer.files.small_files import opened
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.spans import SpanSet

__all__ = ["corrections_in", "standing_corrections", "with_ids"]

_NAMED = 5
# A correction becomes one line. Between tokens a tab is a blank as a line break is, and inside a text it is refused as
# one is: what was wrong stays wrong, and is said again.
_JOINED = bytes.maketrans(b"\n\r", b"\t\t")


class _Line(msgspec.Struct):
    position: int
    entry: msgspec.Raw = msgspec.Raw()
    entry_text: str = ""

    @property
    def raw(self) -> bytes:
        """What is to be sent; empty where the line gives nothing."""
        return bytes(self.entry) or self.entry_text.strip(" \t\n\r").encode().translate(_JOINED)


def corrections_in(
    path: Path, rejected: SpanSet, settled: Container[int] = frozenset()
) -> tuple[list[Correction], list[int]]:
    """The corrections in a file, by position, and the positions in it that are `settled` already, which it may name.

    Raises:
        InputError: the file cannot be read, names a position twice or one that is not rejected, or a line has no entry.
    """
    found: dict[int, Correction] = {}
    for number, line in _lines(path):
        try:
            given = msgspec.json.decode(line, type=_Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(f"{path}, line {number}: not a line of rejected.jsonl: {error}.") from error
        if given.position in found:
            raise InputError(f"{path}, line {number}: position {given.position} is there twice.")
        raw = given.raw
        if not raw:
            raise InputError(
                f"{path}, line {number}: there is no 'entry' for position {given.position}. Leave the line out, or "
                "give the entry there as JSON."
            )
        found[given.position] = Correction(given.position, raw)
    left_out = [position for position in sorted(found) if position in settled and position not in rejected]
    for position in left_out:
        del found[position]
    foreign = [position for position in sorted(found) if position not in rejected]
    if foreign:
        shown = ", ".join(map(str, foreign[:_NAMED])) + (", ..." if len(foreign) > _NAMED else "")
        raise InputError(f"{path} has corrections for positions that are not rejected: {shown}.")
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


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with opened(path, "The file of corrections", refused_as=InputError) as file:
        yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
