"""Closes the account of a migration: what was read is what is carried and what is left behind; and what arrived.

The backup of the one project is gone through once more. Each media is mapped again, what is left behind is written
down, and what the other project holds is read and compared, label by label, to the last bit.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

from bulk_importer.backups.file.content import Backup, opened_backup
from bulk_importer.backups.holdings import Held, Holdings
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.events import Advanced, LabelsMoved, Observer
from bulk_importer.files.durable import DurableFile
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.labels.holding import Difference, Holding
from bulk_importer.media.names.index import NameIndex, SeveralMedia
from bulk_importer.migration.moving.mapped import LeftBehind, Mapped
from bulk_importer.migration.moving.mapping import EntryMapper
from bulk_importer.spans import SpanSet

__all__ = ["DIFFERING", "LEFT_BEHIND", "Arrived", "MovedLabels", "close_account"]

LEFT_BEHIND = "left_behind.jsonl"
DIFFERING = "differing.jsonl"
_MANY = 256
_GONE = "the project does not have it any more"
_REJECTED = "the import rejected its entry: see rejected.jsonl"


@dataclass(slots=True)
class MovedLabels:
    """What a migration did, label by label.

    Attributes:
        media: media of the project they came from that hold labels, and were asked for.
        unread: media whose labels could not be read, so that it is not known what they hold.
        read: labels by class; the sum of the two others.
        carried, left_behind: likewise.
        reasons: how often what was left behind for which reason.
        altered: labels that were carried without something that is said of them, by what.
        is_complete: nothing is left behind that the class map does not leave out.
        compared, equal: media that were read back, and those of them that hold just what was sent; None where nobody
            looked.
        apart: keys of the media there that do not hold what the others hold here, as far as that is known.
    """

    media: int = 0
    unread: int = 0
    read: Counter[str] = field(default_factory=Counter)
    carried: Counter[str] = field(default_factory=Counter)
    left_behind: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    altered: Counter[str] = field(default_factory=Counter)
    is_complete: bool = True
    compared: int | None = None
    equal: int | None = None
    apart: set[int] = field(default_factory=set)

    def take(self, mapped: Mapped) -> None:
        """Count the next media."""
        self.media += 1
        self.read.update(mapped.read)
        for line in mapped.lines:
            self.carried.update(line.carried)
        for each in mapped.left:
            self.left_behind[each.key] += each.labels
            self.reasons[each.why] += each.labels
        self.altered.update(each.why for each in mapped.altered)
        self.is_complete = self.is_complete and all(each.is_chosen for each in mapped.left)

    def told(self) -> LabelsMoved:
        """The account, for those who look on."""
        return LabelsMoved(
            media=self.media,
            unread=self.unread,
            read=self.read,
            carried=self.carried,
            left_behind=self.left_behind,
            reasons=self.reasons,
            altered=self.altered,
            compared=self.compared,
            equal=self.equal,
        )


class _Differing(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    media_id: str = ""
    why: str = ""
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is known of the other side.

    Attributes:
        names: of its media.
        rejected: positions of the entries that were not delivered.
        holdings: reads what the media hold; None where nothing is to be compared.
    """

    names: NameIndex
    rejected: SpanSet
    holdings: Holdings | None


async def close_account(
    backup: Path, folder: Path, mapper: EntryMapper, arrived: Arrived, emit: Observer
) -> MovedLabels:
    """Go through a finished backup, write down what is left behind, and compare what arrived.

    Args:
        folder: where `left_behind.jsonl` and `differing.jsonl` are written.

    Raises:
        BackupUnusable: the backup cannot be read.
        ServerError: the other project cannot be read.
        CheckpointUnusable: the lists cannot be written.
    """
    moved = MovedLabels()
    if arrived.holdings is not None:
        moved.compared = moved.equal = 0
    with (
        opened_backup(backup) as opened,
        _List(folder / LEFT_BEHIND) as left,
        _List(folder / DIFFERING) as differing,
    ):
        moved.unread = opened.trailer.unread
        media = _mapped(opened, mapper, arrived.rejected)
        while some := await asyncio.to_thread(lambda: list(islice(media, _MANY))):
            for mapped in some:
                moved.take(mapped)
                for each in (*mapped.left, *mapped.altered):
                    left.append(each)
            await _compare(some, arrived, moved, differing)
            emit(
                Advanced(
                    work="closing the account" if arrived.holdings is None else "comparing what arrived",
                    done=moved.media,
                    total=opened.scan.tally.labelled,
                    unit="media",
                )
            )
        await asyncio.to_thread(left.sync)
        await asyncio.to_thread(differing.sync)
    emit(moved.told())
    return moved


def _mapped(backup: Backup, mapper: EntryMapper, rejected: SpanSet) -> Iterator[Mapped]:
    """The media of which anything is said, with what was rejected of their entries left behind."""
    position = 0
    for entries in backup.media():
        mapped = mapper.map(entries)
        lines = mapped.lines
        mapped.lines = [line for at, line in enumerate(lines, position) if at not in rejected]
        for line in (line for at, line in enumerate(lines, position) if at in rejected):
            mapped.left += [
                LeftBehind(mapped.media_id, mapped.name, "", key, _REJECTED, labels=labels)
                for key, labels in line.carried.items()
            ]
        mapped.is_whole = len(mapped.lines) == len(lines)
        position += len(lines)
        if lines or mapped.left:
            yield mapped


async def _compare(some: Sequence[Mapped], arrived: Arrived, moved: MovedLabels, differing: _List) -> None:
    sent: dict[str, Mapped] = {}
    for mapped in some:
        with suppress(SeveralMedia):
            media_id = arrived.names.find(mapped.name) if mapped.name else None
            if media_id is None:
                continue
            if not mapped.is_whole:
                moved.apart.add(key_of(lane_of(media_id)))
            elif mapped.lines:
                sent[lane_of(media_id)] = mapped
    if arrived.holdings is None:
        return
    moved.compared = (moved.compared or 0) + len(sent)
    for held in await arrived.holdings.read(sent):
        found = _difference(held, sent[lane_of(held.media_id)])
        if found is None:
            moved.equal = (moved.equal or 0) + 1
        else:
            moved.apart.add(key_of(lane_of(held.media_id)))
            differing.append(found)


def _difference(held: Held, mapped: Mapped) -> _Differing | None:
    if held.entries is None:
        return _Differing(mapped.name, held.media_id, held.why or _GONE)
    now = Holding.of(msgspec.json.encode(each) for each in held.entries)
    found = Holding.of(line.raw for line in mapped.lines).differences(now)
    return _Differing(mapped.name, held.media_id, differences=tuple(found)) if found else None


class _List:
    """A file of JSON Lines that is written anew; a context manager that closes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _List:
        try:
            self._path.unlink(missing_ok=True)
            self._file = DurableFile(self._path)
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, value: msgspec.Struct) -> None:
        """Write a line."""
        try:
            self._file.append(msgspec.json.encode(value) + b"\n")
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error

    def sync(self) -> None:
        """Return when all lines are on disk. Blocks."""
        try:
            self._file.sync()
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
