"""Makes accounts by class of what is on record of a conversion or a migration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from bulk_importer.checkpoint.places import MIGRATION
from bulk_importer.events import LabelsMoved
from bulk_importer.observe.report import Ledger
from bulk_importer.readable import agreeing, counted
from bulk_importer.summary import Books

__all__ = ["ledger_of_books", "ledger_of_moved", "moved_in"]

_MOVED = b'"event":"LabelsMoved"'


def ledger_of_books(books: Books) -> Ledger:
    """What became of the objects of another tool's files."""
    reasons = [
        (f"{code}: {about}" if about else code, count)
        for code, each in books.reasons.items()
        for about, count in each.items()
    ]
    return Ledger(
        title=f"Objects of the source ({books.format}), by class",
        unit="object",
        read=books.read,
        carried=books.carried,
        left_behind=books.left_behind,
        remarks=[f"{counted(books.pictures, 'picture')}, {counted(books.entries, 'entry')} made of them."],
        reasons=_by_number(reasons),
    )


def ledger_of_moved(moved: LabelsMoved) -> Ledger:
    """What became of the labels of another project."""
    reasons = [(why, count) for why, count in moved.reasons.items()]
    altered = [(f"carried, but: {why}", count) for why, count in moved.altered.items()]
    return Ledger(
        title="Labels of the project, by class",
        unit="label",
        read=moved.read,
        carried=moved.carried,
        left_behind=moved.left_behind,
        remarks=list(_remarks(moved)),
        reasons=[*_by_number(reasons), *_by_number(altered)],
    )


def moved_in(folder: Path) -> LabelsMoved | None:
    """The account of the migration whose checkpoint is in `folder`, by its `run.log`; None where none is closed."""
    if not (folder / MIGRATION).exists():
        return None
    found = None
    for name in ("run.log.1", "run.log"):
        with suppress(OSError), (folder / name).open("rb") as file:
            found = next((line for line in reversed(file.readlines()) if _MOVED in line), found)
    try:
        return None if found is None else msgspec.json.decode(found, type=LabelsMoved)
    except msgspec.MsgspecError:
        return None


def _remarks(moved: LabelsMoved) -> Iterator[str]:
    yield f"{counted(moved.media, 'media', 'holds')} labels."
    if moved.unread:
        yield f"{counted(moved.unread, 'media')} could not be read, so their labels are not counted."
    if moved.compared is None or moved.equal is None:
        yield "Nothing was compared."
    elif moved.compared == moved.equal:
        yield f"Compared: {counted(moved.compared, 'media', 'holds')} just what was sent, to the last bit."
    else:
        differ = moved.compared - moved.equal
        yield (
            f"Compared: {differ:,} of {counted(moved.compared, 'media')} {agreeing(differ, 'does')} not hold what was "
            "sent; differing.jsonl says how."
        )


def _by_number(reasons: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(reasons, key=lambda pair: -pair[1])
