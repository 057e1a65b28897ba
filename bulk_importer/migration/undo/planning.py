"""Plans an undo: reads what each media holds that an import touched, and writes down what brings it back.

A plan is a folder with two files, and a third when both are whole:

    restore.jsonl      the entries to be sent, a media's behind each other: what `import` takes
    left_alone.jsonl   a media a line that is left alone: `{"media_id", "why", "differences", "restored"}`
    plan.json          how many media there are of each kind

Until `plan.json` is there, the plan is made anew by whoever comes next; from then on it is what is sent. Files get
their names when they are whole, `plan.json` last.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bulk_importer.backups.holdings import Held, Holdings
from bulk_importer.backups.making.entries import Beside
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.events import Advanced, Observer
from bulk_importer.files.durable import DurableFile, create_folder, replace_file
from bulk_importer.files.small_files import reason_of
from bulk_importer.labels.entry import lane_of
from bulk_importer.labels.holding import Difference, Holding
from bulk_importer.migration.undo.buckets import Deed, DeedKind, MediaBuckets
from bulk_importer.migration.undo.deciding import Edited, Restore, Touched, decide

__all__ = ["LEFT_ALONE", "RESTORE", "Plan", "Planner", "plan_in"]

RESTORE = "restore.jsonl"
LEFT_ALONE = "left_alone.jsonl"
_PLAN = "plan.json"
_SYNCED_BYTES = 8 << 20
_EDITED = "it does not hold any more what the import left there"
_NOT_KEPT = "what it held before was not kept"
_UNREAD = "what it holds cannot be read"
_HOLDS_MORE = "it holds labels that no import can write, which restoring it would delete"
_IN_PART = "of what it held before, an import cannot bring back all"
_GONE = "the server does not know it any more"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many media an import touched, and what becomes of them.

    Attributes:
        media: that it touched.
        restored: that get entries, so that they hold what they held before.
        as_before: that hold it already.
        in_part: of those, the ones that held something besides which no import brings back.
        left_alone: that somebody has changed since, or of which it is not known what they held.
        why: those that are left alone by the reason, for people.
        entries: that are to be sent.
        force: media that somebody has changed are among the restored ones where it is known what they held.
    """

    media: int = 0
    restored: int = 0
    as_before: int = 0
    in_part: int = 0
    left_alone: int = 0
    why: dict[str, int] = {}
    entries: int = 0
    force: bool = False


def plan_in(folder: Path) -> Plan | None:
    """The plan in a folder; None where none was finished. Blocks.

    Raises:
        CheckpointUnusable: it cannot be read.
    """
    path = folder / _PLAN
    try:
        return msgspec.json.decode(path.read_bytes(), type=Plan)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise CheckpointUnusable(str(path), reason_of(error)) from error


class _LeftAlone(msgspec.Struct, frozen=True, omit_defaults=True):
    media_id: str
    why: str
    differences: tuple[Difference, ...] = ()
    restored: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """What an entry that was kept says of what it does not bring back; nothing where it was made here."""

    backup: Beside | None = None


@dataclass(frozen=True, slots=True)
class _Planned:
    """What is written of one media."""

    entries: Sequence[bytes] = ()
    left_alone: _LeftAlone | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes the plan of one undo.

    Attributes:
        holdings: says what media hold now.
        held_nothing: whether a media held no labels when the import began, by lane.
        force: restore also what somebody has changed since.
        emit: receives how far the reading is.
    """

    holdings: Holdings
    held_nothing: Callable[[str], bool]
    force: bool
    emit: Observer

    async def make(
        self, buckets: MediaBuckets, folder: Path, open_file: Callable[[Path], DurableFile] = DurableFile
    ) -> Plan:
        """Make the plan of all that is in `buckets`, and put it into `folder`, written through `open_file`.

        Raises:
            ServerError: the server does not answer.
            CheckpointUnusable: the plan cannot be kept.
        """
        with _PlanFiles(folder, open_file) as files:
            plan = Plan(force=self.force)
            batches = buckets.media()
            while (bucket := await asyncio.to_thread(next, batches, None)) is not None:
                touched = {lane_of(deeds[0].media_id): deeds for deeds in bucket if _is_touched(deeds)}
                for planned in await self._bucket(touched, plan):
                    plan = _counted(plan, planned)
                    await asyncio.to_thread(files.write, planned)
            await asyncio.to_thread(files.finish, plan)
        return plan

    async def _bucket(self, deeds: dict[str, list[Deed]], so_far: Plan) -> list[_Planned]:
        read = itertools.count(so_far.media + 1)
        told = Advanced(
            work="reading what the media hold",
            done=so_far.media,
            total=None,
            unit="media",
            beside={"left alone": so_far.left_alone},
        )
        self.emit(told)
        held = await self.holdings.read(
            (each[0].media_id for each in deeds.values()),
            lambda: self.emit(msgspec.structs.replace(told, done=next(read))),
        )
        return [self._media(each, deeds[lane_of(each.media_id)]) for each in held]

    def _media(self, held: Held, deeds: Sequence[Deed]) -> _Planned:
        media_id = held.media_id
        if held.entries is None:
            why = _GONE if held.is_gone else f"{_UNREAD}: {held.why}"
            return _Planned(left_alone=_LeftAlone(media_id, why))
        now = [msgspec.json.encode(each) for each in held.entries]
        touched = _touched(deeds, held_nothing=self.held_nothing(lane_of(media_id)))
        match decide(touched, now):
            case Restore(entries) if not _lost_in(now):
                return self._restored(media_id, entries)
            case Restore(entries):
                return self._unless_forced(_LeftAlone(media_id, _HOLDS_MORE), entries)
            case Edited(differences, entries):
                why = _EDITED if differences else _NOT_KEPT
                return self._unless_forced(_LeftAlone(media_id, why, tuple(differences)), entries)
            case _ if _lost_in(touched.saved or ()) > _lost_in(now):
                return _Planned(left_alone=_LeftAlone(media_id, _IN_PART, restored=True))
            case _:
                return _Planned()

    def _restored(self, media_id: str, entries: Sequence[bytes]) -> _Planned:
        lost = _LeftAlone(media_id, _IN_PART, restored=True) if _lost_in(entries) else None
        return _Planned(entries, lost)

    def _unless_forced(self, left: _LeftAlone, entries: Sequence[bytes] | None) -> _Planned:
        if self.force and entries is not None:
            return _Planned(entries, msgspec.structs.replace(left, restored=True))
        return _Planned(left_alone=left)


def _lost_in(entries: Sequence[bytes]) -> int:
    """How many labels there were that these entries do not bring back, nor any."""
    besides = (msgspec.json.decode(entry, type=_Kept).backup for entry in entries)
    return sum(not lost.kind.is_in_entry for beside in besides if beside is not None for lost in beside.lost)


def _is_touched(deeds: Sequence[Deed]) -> bool:
    """Whether anything was delivered to a media, and not only kept of it."""
    return any(deed.kind is DeedKind.DELIVERED for deed in deeds)


def _touched(deeds: Sequence[Deed], *, held_nothing: bool) -> Touched:
    """What was done to one media, in the order in which it was done, as a decision wants it."""
    delivered = [deed for deed in deeds if deed.kind is DeedKind.DELIVERED]
    if held_nothing and not _has_foreign_labels(deeds):
        emptied = msgspec.json.encode({"internal_media_ID": deeds[0].media_id, "keepData": False})
        return Touched(_entries(delivered), (emptied,))
    kept = next((deed for deed in deeds if deed.kind is DeedKind.KEPT), None)
    if kept is None:
        is_taken_back = any(deed.kind is DeedKind.TAKEN_BACK for deed in deeds)
        return Touched(_entries(delivered), is_taken_back=is_taken_back)
    earlier = [deed for deed in delivered if deed.place < kept.place]
    return Touched(_entries(delivered[len(earlier) :]), kept.entries, _entries(earlier))


def _has_foreign_labels(deeds: Sequence[Deed]) -> bool:
    """Whether a media that held nothing held more than was delivered to it when something of it was kept."""
    kept = next((deed for deed in deeds if deed.kind is DeedKind.KEPT), None)
    if kept is None:
        return False
    ours = [deed for deed in deeds if deed.kind is DeedKind.DELIVERED and deed.place < kept.place]
    return Holding.of(kept.entries) != Holding.of(_entries(ours))


def _entries(deeds: Sequence[Deed]) -> list[bytes]:
    return [entry for deed in deeds for entry in deed.entries]


def _counted(plan: Plan, planned: _Planned) -> Plan:
    restored = bool(planned.entries)
    left_alone = planned.left_alone is not None and not planned.left_alone.restored
    why = Counter(plan.why)
    if planned.left_alone is not None and left_alone:
        why[planned.left_alone.why.partition(":")[0]] += 1
    in_part = planned.left_alone is not None and planned.left_alone.why == _IN_PART
    return msgspec.structs.replace(
        plan,
        media=plan.media + 1,
        restored=plan.restored + restored,
        left_alone=plan.left_alone + left_alone,
        why=dict(why),
        in_part=plan.in_part + in_part,
        as_before=plan.as_before + (not restored and not left_alone),
        entries=plan.entries + len(planned.entries),
    )


class _PlanFiles:
    """The files of a plan that is being made; a context manager that closes them."""

    def __init__(self, folder: Path, open_file: Callable[[Path], DurableFile]) -> None:
        self._folder = folder
        self._open_file = open_file

    def __enter__(self) -> _PlanFiles:
        try:
            create_folder(self._folder)
            self._restore, self._left_alone = (self._opened(name) for name in (RESTORE, LEFT_ALONE))
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._restore.close()
        self._left_alone.close()

    def _opened(self, name: str) -> _Growing:
        path = self._folder / name
        for earlier in (path, path.with_name(f"{name}.new")):
            earlier.unlink(missing_ok=True)
        return _Growing(self._open_file(path.with_name(f"{name}.new")), path)

    def write(self, planned: _Planned) -> None:
        """Write down what becomes of a media. Blocks."""
        try:
            if planned.entries:
                self._restore.append(b"".join(entry + b"\n" for entry in planned.entries))
            if planned.left_alone is not None:
                self._left_alone.append(msgspec.json.encode(planned.left_alone) + b"\n")
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error

    def finish(self, plan: Plan) -> None:
        """Declare the plan whole. Blocks."""
        try:
            self._restore.finish()
            self._left_alone.finish()
            replace_file(self._folder / _PLAN, msgspec.json.encode(plan), open_file=self._open_file)
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error


class _Growing:
    """A file that gets its name when it is whole. What was not synced may be held in memory, so that is not much."""

    def __init__(self, file: DurableFile, path: Path) -> None:
        self._file = file
        self._path = path
        # Changed by `append` alone.
        self._synced = 0

    def append(self, lines: bytes) -> None:
        self._file.append(lines)
        if self._file.size - self._synced >= _SYNCED_BYTES:
            self._file.sync()
            self._synced = self._file.size

    def finish(self) -> None:
        self._file.sync()
        self._file.path.replace(self._path)

    def close(self) -> None:
        self._file.close()
