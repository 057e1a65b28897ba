"""Has the labels kept that an import replaces, so that `undo` can bring them back.

An entry with keepData false deletes what its media holds; one with a global classification changes a value in place.
Either is read and put on disk before the batch leaves (`transfer.sender.recorded`), once for each media: what is kept
of a media is what it held before the first such entry. What an entry only adds is told apart later, and costs nothing
now. Which media hold labels the index says that was made when the checkpoint was begun; between two runs people may
have gone on, so a later run looks again. With `--backup always` each media that is touched is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bulk_importer.backups.replaced import REPLACED, KeptMedia, ReplacedFile
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import AnswerUnusable, UsageError
from bulk_importer.files.durable import DurableFile
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.rules import MediaFlag
from bulk_importer.model import Batch, KeepData
from bulk_importer.readable import counted
from bulk_importer.settings import Backup, Settings
from bulk_importer.transfer.interfaces import Keeper, KeepsNothing

if TYPE_CHECKING:
    from bulk_importer.backups.holdings import Held, Holdings

__all__ = ["Keeping", "Marks", "ReplacedLabels", "keeping_of"]

_HOLDS = MediaFlag.UPLOADED.value | MediaFlag.FINISHED.value
_UNTOUCHED = frozenset({"BACKLOG", "WAITING"})
"""States of tasks that nobody has begun."""
_SETS_A_VALUE = "global_classifications"
_AS_WRITTEN = f'"{_SETS_A_VALUE}"'.encode()
_ESCAPED = b"\\u00"
"""How JSON may write any letter of a key."""


class Marks:
    """Which media of an index hold labels that are not kept yet.

    Args:
        kept: the media of which it is kept; they are not asked for again.
        always: whatever they hold, and whatever an entry does to it.
    """

    def __init__(self, index: MediaIndex, kept: Iterable[str], *, always: bool) -> None:
        self._index = index
        self._always = always
        holds = bytes(always or bool(flags & _HOLDS) for flags in range(256))
        # A byte for each slot, 1 where what the media holds is to be kept, and how many there are; changed by `done`.
        self._open = bytearray(bytes(index.every).translate(holds))
        self.left = self._open.count(1)
        self._kept = bytearray(len(self._open))
        self.done(kept)

    def wanted(self, batch: Batch) -> dict[str, int]:
        """The media of a batch that are to be read before it leaves, and the position of the first entry of each."""
        found: dict[str, int] = {}
        if not self.left:
            return found
        first: dict[str, tuple[str, int]] = {}
        for run in batch.runs:
            for index, key in enumerate(run.keys):
                slot = self._index.slot(key)
                if slot is None or not self._open[slot]:
                    continue
                # What is kept is what the media holds before all of its entries in the batch.
                media_id, position = first.setdefault(
                    run.lanes[index], (run.media_ids[index], run.positions[index])
                )
                if self._always or run.keeps[index] == KeepData.FALSE or _sets_a_value(run.raw(index)):
                    found[media_id] = position
        return found

    def done(self, media_ids: Iterable[str]) -> None:
        """What these media held is kept."""
        for media_id in media_ids:
            slot = self._index.slot(key_of(lane_of(media_id)))
            if slot is not None:
                self.left -= self._open[slot]
                self._open[slot] = 0
                self._kept[slot] = 1

    def note(self, row: TaskRow) -> None:
        """Take what is listed now into account: a media that holds labels by now is to be kept, too."""
        if row.has_json_upload or row.label_task_state not in _UNTOUCHED:
            slot = self._index.slot(key_of(lane_of(row.media_id)))
            if slot is not None and not self._kept[slot]:
                self.left += not self._open[slot]
                self._open[slot] = 1


def _sets_a_value(raw: bytes) -> bool:
    """Whether an entry may set a global classification."""
    return _AS_WRITTEN in raw or (
        _ESCAPED in raw and _SETS_A_VALUE in msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    )


class ReplacedLabels:
    """Keeps what the batches of one run replace. A `transfer.interfaces.Keeper`.

    Args:
        holdings: opens what reads the media, when the first is to be read.
        marks: which media hold what is not kept yet.
        file: where it is kept.
        look_again: has `marks` told which media hold labels by now; None where they are of this moment.
    """

    def __init__(
        self,
        holdings: Callable[[], Awaitable[Holdings]],
        marks: Marks,
        file: ReplacedFile,
        *,
        look_again: Callable[[Marks], Awaitable[None]] | None,
    ) -> None:
        self._open = holdings
        self._look_again = look_again  # None once it was done
        self._marks = marks
        self._file = file
        # Set by the first `keep` that has something to read.
        self._holdings: Holdings | None = None
        self._opening, self._writing = asyncio.Lock(), asyncio.Lock()

    async def keep(self, batch: Batch) -> None:
        """Return when what the media of a batch hold, and it deletes or changes, is on disk.

        Raises:
            ServerError: it cannot be read.
            CheckpointUnusable: it cannot be kept.
            Interrupted: the run is to end.
        """
        await self._refresh()
        wanted = self._marks.wanted(batch)
        if not wanted:
            return
        holdings = await self._opened()
        read = await holdings.read(wanted)
        kept = [each for held in read if (each := _kept(held, wanted, holdings))]
        if kept:
            async with self._writing:
                await asyncio.to_thread(self._file.append, kept)
        self._marks.done(wanted)

    async def _refresh(self) -> None:
        async with self._opening:
            if self._look_again is not None:
                await self._look_again(self._marks)
                self._look_again = None

    async def _opened(self) -> Holdings:
        async with self._opening:
            if self._holdings is None:
                self._holdings = await self._open()
            return self._holdings

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def _kept(held: Held, wanted: Mapping[str, int], holdings: Holdings) -> KeptMedia | None:
    """What is kept of a media; None where it is not there any more. Raises `AnswerUnusable`: it could not be read."""
    if held.entries is None and held.is_gone:
        return None
    if held.entries is None:
        raise AnswerUnusable(
            holdings.reader.reader.server,
            f"what the media {held.media_id} holds cannot be read ({held.why}), and is to be kept before it is "
            "replaced",
            status=0,
            advice="Run the same command again; --backup never replaces it without.",
        )
    return KeptMedia(held.media_id, wanted[held.media_id], tuple(map(msgspec.json.encode, held.entries)))


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a run does about labels that it replaces.

    Attributes:
        phrase: for people, where it is said that labels are replaced.
    """

    keeper: Keeper
    phrase: str = ""

    def close(self) -> None:
        """Give back what it holds."""
        if isinstance(self.keeper, ReplacedLabels):
            self.keeper.close()


def keeping_of(
    settings: Settings,
    index: str | None,
    folder: Path,
    holdings: Callable[[MediaIndex], Awaitable[Holdings]],
    *,
    answer_seconds: float,
    look_again: Callable[[Marks], Awaitable[None]] | None = None,
    open_file: Callable[[Path], DurableFile] = DurableFile,
) -> Keeping:
    """What a run with these settings does about labels that it replaces. Blocks.

    Args:
        index: path of the index that says which media hold labels; None where nobody knows.
        folder: of the checkpoint.
        holdings: opens what reads the media of an index.
        answer_seconds: how long the server takes for an answer.
        look_again: as `ReplacedLabels` takes it.
        open_file: what is kept is written through.

    Raises:
        UsageError: they are to be kept, and it is not known which media there are.
        CheckpointUnusable: the index, or what earlier runs kept, cannot be read.
    """
    always = settings.backup == Backup.ALWAYS
    if index is None:
        if always:
            raise UsageError(
                "With --backup always the media of the project have to be listed: leave out --no-check-media, raise "
                "--max-listing, or give a --media-list with the columns state and has_upload."
            )
        return Keeping(KeepsNothing(), "Nothing is kept of what they held, so undo cannot bring it back.")
    media = MediaIndex(index)
    file = ReplacedFile(folder, open_file)
    marks = Marks(media, file.media_ids, always=always)
    if settings.backup == Backup.NEVER:
        return Keeping(
            KeepsNothing(), "By --backup never nothing is kept of what they held: undo cannot bring it back."
        )
    keeper = ReplacedLabels(lambda: holdings(media), marks, file, look_again=look_again)
    seconds = marks.left * answer_seconds / settings.max_reads
    # What is written through something else is kept elsewhere, and this folder goes with the process.
    place = folder / REPLACED if open_file is DurableFile else f"{REPLACED} of the checkpoint"
    return Keeping(
        keeper,
        f"What they hold is read and kept first, in {place}: one read a media, {_duration(seconds)} for "
        f"{counted(marks.left, 'media')}; undo brings it back.",
    )


def _duration(seconds: float) -> str:
    """A time that is estimated, in words."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"about {seconds / length:,.0f} {unit}"
    return f"about {max(1.0, seconds):,.0f} s"
