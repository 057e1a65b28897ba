"""Has the labels kept that an import replaces, so that `undo` can bring them back.

An entry with keepData false deletes what its media holds; one with a global classification changes a value in place.
Either is read and put on disk before the batch leaves (`transfer.sender.preserved`), once for each media: what is kept
of a media is what it held before the first such entry. What an entry only adds is told apart later, and costs nothing
now. Which media hold labels the index says that was made when the checkpoint was begun; with `--backup always`, and for
what it does not know, each media that is touched is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bulk_importer.backups.gate import ReadGate
from bulk_importer.backups.making.entries import EntryMaker, MediaTask
from bulk_importer.backups.reading import Hearing, MediaReader, ReadMedia
from bulk_importer.backups.replaced import REPLACED, KeptMedia, ReplacedFile
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.timing import Timing
from bulk_importer.errors import AnswerUnusable, UsageError
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.labels.label_config import read_label_config
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag
from bulk_importer.media.task_ids import TaskIds
from bulk_importer.model import Batch, KeepData
from bulk_importer.readable import counted
from bulk_importer.settings import Backup, Settings
from bulk_importer.transfer.interfaces import Keeper, KeepsNothing

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.pipeline.connecting import Connected

__all__ = ["Keeping", "ReplacedLabels", "Wanted", "keeping_of"]

_MOST_IN_FLIGHT = 8
_HOLDS = MediaFlag.UPLOADED.value | MediaFlag.FINISHED.value
_SETS_A_VALUE = b'"global_classifications"'


@dataclass(frozen=True, slots=True)
class Wanted:
    """A media whose labels are to be kept: its id, and the position of the first entry that they are kept before."""

    media_id: str
    position: int


class _Marks:
    """Which media of an index hold labels that are not kept yet."""

    def __init__(self, index: MediaIndex, kept: Sequence[str], *, always: bool) -> None:
        self._index = index
        self._always = always
        holds = bytes(always or bool(flags & _HOLDS) for flags in range(256))
        # A byte for each slot, 1 where what the media holds is to be kept, and how many there are; changed by `done`.
        self._open = bytearray(bytes(index.every).translate(holds))
        self.left = self._open.count(1)
        for media_id in kept:
            self.done(media_id)

    def wanted(self, batch: Batch) -> dict[str, Wanted]:
        """The media of a batch that are to be read before it leaves, by lane."""
        found: dict[str, Wanted] = {}
        if not self.left:
            return found
        first: dict[str, Wanted] = {}
        for run in batch.runs:
            for index, key in enumerate(run.keys):
                slot = self._index.slot(key)
                if slot is None or not self._open[slot]:
                    continue
                lane = run.lanes[index]
                # What is kept is what the media holds before all of its entries in the batch.
                wanted = first.setdefault(lane, Wanted(run.media_ids[index], run.positions[index]))
                if self._always or run.keeps[index] == KeepData.FALSE or _SETS_A_VALUE in run.raw(index):
                    found[lane] = wanted
        return found

    def done(self, media_id: str) -> None:
        """What a media held is kept."""
        slot = self._index.slot(key_of(lane_of(media_id)))
        if slot is not None:
            self.left -= self._open[slot]
            self._open[slot] = 0


class ReplacedLabels:
    """Keeps what the batches of one run replace. A `transfer.interfaces.Keeper`.

    Args:
        connected: the project. Its tasks are listed when the first media is to be read.
        index: of its media, as they were when the checkpoint was begun.
        folder: of the checkpoint.
        always: keep what each media holds that is touched, also where nothing of it is deleted or changed.
        timing: of the run; its sleep raises `Interrupted` when the run is to end.

    Raises:
        CheckpointUnusable: what earlier runs kept cannot be read.
    """

    def __init__(
        self,
        connected: Connected,
        index: MediaIndex,
        folder: Path,
        timing: Timing,
        emit: Observer,
        *,
        always: bool,
    ) -> None:
        self._connected = connected
        self._index = index
        self._folder = folder
        self._timing = timing
        self._file = ReplacedFile(folder)
        self._marks = _Marks(index, self._file.media_ids, always=always)
        gate = ReadGate(_MOST_IN_FLIGHT)
        queries = connected.queries.heard_by(Hearing(gate, emit))
        target = connected.target
        self._reader = MediaReader(LabelReader(queries, target.catalog, target.project), gate, timing)
        # Set by the first `keep` that has something to read.
        self._known: tuple[TaskIds, EntryMaker] | None = None
        self._learning, self._writing = asyncio.Lock(), asyncio.Lock()

    @property
    def left(self) -> int:
        """How many media hold labels that are not kept yet, and may have to be."""
        return self._marks.left

    async def keep(self, batch: Batch) -> None:
        """Return when what the media of a batch hold, and it deletes or changes, is on disk.

        Raises:
            ServerError: it cannot be read.
            CheckpointUnusable: it cannot be kept.
            Interrupted: the run is to end.
        """
        wanted = self._marks.wanted(batch)
        if not wanted:
            return
        kept = await self._read(wanted)
        if kept:
            async with self._writing:
                await asyncio.to_thread(self._file.append, kept)
        for each in wanted.values():
            self._marks.done(each.media_id)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    async def _read(self, wanted: Mapping[str, Wanted]) -> list[KeptMedia]:
        tasks, maker = await self._learn()
        kept: list[KeptMedia] = []

        def entries(media: ReadMedia) -> tuple[str, tuple[bytes, ...]]:
            task = media.task
            if media.held is None:
                if media.is_gone:
                    return task.media_id, ()
                raise AnswerUnusable(
                    self._reader.reader.server,
                    f"what the media {task.media_id} holds cannot be read ({media.why}), and is to be kept before it "
                    "is replaced",
                    status=0,
                    advice="Run the same command again; --backup never replaces it without.",
                )
            made = maker.entries(MediaTask(task.media_id, task.task_id, task.label_task_state), media.held)
            return task.media_id, tuple(map(msgspec.json.encode, made))

        async def take(read: tuple[str, tuple[bytes, ...]]) -> None:
            media_id, lines = read
            if lines:
                kept.append(KeptMedia(media_id, wanted[lane_of(media_id)].position, lines))

        await self._reader.read(_rows(wanted, tasks), entries, take)
        return kept

    async def _learn(self) -> tuple[TaskIds, EntryMaker]:
        """Where the tasks are, and what entries have to fit."""
        async with self._learning:
            if self._known is None:
                target = self._connected.target
                catalog = target.catalog.silent()
                tasks = TaskIds(self._index, self._folder)
                await catalog.tasks(target.project, tasks)
                config = read_label_config(await catalog.label_config(target.project))
                self._known = tasks, EntryMaker(config)
            return self._known


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a run does about labels that it replaces.

    Attributes:
        phrase: for people; empty where nothing can be replaced.
    """

    keeper: Keeper
    phrase: str = ""

    def close(self) -> None:
        """Give back what it holds."""
        if isinstance(self.keeper, ReplacedLabels):
            self.keeper.close()


def keeping_of(
    settings: Settings, connected: Connected, index: str | None, folder: Path, timing: Timing, emit: Observer
) -> Keeping:
    """What a run with these settings does about labels that it replaces. Blocks.

    Args:
        index: path of the index that says which media hold labels; None where nobody knows.

    Raises:
        UsageError: they are to be kept, and it is not known which media there are.
        CheckpointUnusable: the index, or what earlier runs kept, cannot be read.
    """
    wanted = settings.backup
    if index is None:
        if wanted == Backup.ALWAYS:
            raise UsageError(
                "With --backup always the media of the project have to be listed: leave out --no-check-media, raise "
                "--max-listing, or give a --media-list with the columns state and has_upload."
            )
        return Keeping(KeepsNothing(), "nothing: it is not known which media hold labels")
    media = MediaIndex(index)
    holding = sum(bool(flags & _HOLDS) for flags in media.every)
    if wanted == Backup.NEVER and not holding:
        return Keeping(KeepsNothing())
    if wanted == Backup.NEVER:
        return Keeping(
            KeepsNothing(),
            f"nothing (--backup never): undo cannot bring back what is replaced on {_held_by(holding)}",
        )
    always = wanted == Backup.ALWAYS
    keeper = ReplacedLabels(connected, media, folder, timing, emit, always=always)
    if not keeper.left:
        return Keeping(keeper)
    seconds = keeper.left * connected.answer_seconds / _MOST_IN_FLIGHT
    which = f"{counted(keeper.left, 'media')} that may be touched" if always else _held_by(keeper.left)
    costs = f"one read a media, {_duration(seconds)} for all of them"
    return Keeping(keeper, f"what is replaced on {which}, before it is, in {folder / REPLACED} ({costs})")


def _held_by(media: int) -> str:
    return f"{counted(media, 'media')} that hold labels"


def _duration(seconds: float) -> str:
    """A time that is estimated, in words."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"about {seconds / length:,.0f} {unit}"
    return f"about {max(1.0, seconds):,.0f} s"


def _rows(wanted: Mapping[str, Wanted], tasks: TaskIds) -> Iterator[TaskRow]:
    for lane, each in wanted.items():
        task_id = tasks.of(lane)
        if task_id is not None:
            yield TaskRow(task_id=task_id, media_id=each.media_id)
