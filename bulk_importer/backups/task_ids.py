"""The id of the task of each media, found by the lane of the media.

The ids of a million tasks do not stay in memory: they lie in a file without a name, each at the slot that its media has
in the `MediaIndex`, and are gone with the process.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.media.index import MediaIndex

__all__ = ["AllTasks", "TaskIds", "ToldTasks"]

_WIDTH = 36  # a UUID in its usual spelling
_DEFAULT = "DEFAULT"
_PIECE_BYTES = 1 << 20


class TaskIds:
    """Takes the rows of task lists, and gives the tasks of type DEFAULT by lane. A `RowSink`.

    Args:
        index: of the media of the project; of a media that it lacks no task is kept.
        folder: where the file may lie.

    Raises:
        CheckpointUnusable: it cannot be written there.
    """

    def __init__(self, index: MediaIndex, folder: Path) -> None:
        self._index = index
        # Ids that are longer or shorter than those that servers give out, by slot; changed by `take`.
        self._odd: dict[int, str] = {}
        size = max(1, len(index.every)) * _WIDTH
        try:
            with tempfile.TemporaryFile(dir=folder) as file:
                # Not `truncate`: where the disk is full by then, to write into a hole kills the process.
                for at in range(0, size, _PIECE_BYTES):
                    file.write(bytes(min(_PIECE_BYTES, size - at)))
                file.flush()
                self._ids = mmap.mmap(file.fileno(), size)
        except OSError as error:
            raise CheckpointUnusable.by(folder, error) from error

    def rewind(self) -> None:
        """Keep the rows: one that comes again replaces itself."""

    def keep(self) -> None:
        """Do nothing: each row is right by itself."""

    def take(self, rows: Sequence[TaskRow]) -> None:
        """Take the next rows of a list."""
        for row in rows:
            slot = self._index.slot(key_of(lane_of(row.media_id)))
            if slot is None or row.label_task_type != _DEFAULT:
                continue
            task_id = row.task_id.encode()
            if len(task_id) == _WIDTH:
                self._ids[slot * _WIDTH : (slot + 1) * _WIDTH] = task_id
            else:
                self._odd[slot] = row.task_id

    def of(self, lane: str) -> str | None:
        """The id of the task of a media; None where none was listed."""
        slot = self._index.slot(key_of(lane))
        if slot is None:
            return None
        found = self._ids[slot * _WIDTH : (slot + 1) * _WIDTH].rstrip(b"\0").decode()
        return found or self._odd.get(slot)


class AllTasks:
    """The same without an index of the media: in memory, some 250 bytes a task. A `RowSink`."""

    def __init__(self) -> None:
        # By lane; changed by `take`.
        self._ids: dict[str, str] = {}

    def rewind(self) -> None:
        """Keep the rows: one that comes again replaces itself."""

    def keep(self) -> None:
        """Do nothing: each row is right by itself."""

    def take(self, rows: Sequence[TaskRow]) -> None:
        """Take the next rows of a list."""
        self._ids.update(
            (lane_of(row.media_id), row.task_id) for row in rows if row.label_task_type == _DEFAULT
        )

    def of(self, lane: str) -> str | None:
        """The id of the task of a media; None where none was listed."""
        return self._ids.get(lane)


class ToldTasks:
    """Tells of the tasks of type DEFAULT, and keeps none. A `RowSink`.

    Args:
        tell: called with each; a list that is read again is told again.
    """

    def __init__(self, tell: Callable[[TaskRow], None]) -> None:
        self._tell = tell

    def rewind(self) -> None:
        """Do nothing: what was told is true."""

    def keep(self) -> None:
        """Do nothing, likewise."""

    def take(self, rows: Sequence[TaskRow]) -> None:
        """Take the next rows of a list."""
        for row in rows:
            if row.label_task_type == _DEFAULT:
                self._tell(row)
