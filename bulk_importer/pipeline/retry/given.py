"""Reads the lines of a file of corrections, whose positions are those of whoever wrote it.

A correction is a line of `rejected.jsonl` or of an edited copy of it: `position` says which entry it stands for,
`entry` is what is sent in its place; or `entry_text`, where the entry was not JSON and was mended in that text. Other
keys do not matter, so a line may be left as it is but for what is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec

from bulk_importer.errors import InputError
from bulk_importer.files.small_files import opened

__all__ = ["Given", "given_in", "refuse_foreign"]

_NAMED = 5
# A correction becomes one line. Between tokens a tab is a blank as a line break is, and inside a text it is refused as
# one is: what was wrong stays wrong, and is said again.
_JOINED = bytes.maketrans(b"\n\r", b"\t\t")


class Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a file of corrections, but for what of it does not matter."""

    position: int
    entry: msgspec.Raw = msgspec.Raw()
    entry_text: str = ""

    @property
    def raw(self) -> bytes:
        """What is to be sent; empty where the line gives nothing."""
        return bytes(self.entry) or self.entry_text.strip(" \t\n\r").encode().translate(_JOINED)


def given_in(path: Path) -> Iterator[Given]:
    """The lines of a file of corrections, in its order.

    Raises:
        InputError: the file cannot be read, names a position twice, or a line has no entry.
    """
    seen = set[int]()
    for number, line in _lines(path):
        try:
            given = msgspec.json.decode(line, type=Given)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(f"{path}, line {number}: not a line of rejected.jsonl: {error}.") from error
        if given.position in seen:
            raise InputError(f"{path}, line {number}: position {given.position} is there twice.")
        if not given.raw:
            raise InputError(
                f"{path}, line {number}: there is no 'entry' for position {given.position}. Leave the line out, or "
                "give the entry there as JSON."
            )
        seen.add(given.position)
        yield given


def refuse_foreign(path: Path, positions: Collection[int]) -> None:
    """Raise `InputError` where there are any: positions in a file of corrections that are not rejected."""
    if positions:
        shown = ", ".join(map(str, sorted(positions)[:_NAMED])) + (", ..." if len(positions) > _NAMED else "")
        raise InputError(f"{path} has corrections for positions that are not rejected: {shown}.")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with opened(path, "The file of corrections", refused_as=InputError) as file:
        yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
