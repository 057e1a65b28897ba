"""What the server lists of the media of a project, in a file on its way into an index.

A list of a million media does not stay in memory: the rows go to the file as they come, and `lists` reads them.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import msgspec

from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import DurableFile

__all__ = ["RowSpool"]


class RowSpool:
    """Keeps the rows of lists in a file, as JSON Lines; a context manager that removes the file in the end.

    Raises:
        CheckpointUnusable: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Changed by `keep`: where the lists that came whole end, in the file and in `_tasks`.
        self._whole = 0
        self._whole_tasks = 0
        # A hash of each task's id.
        self._tasks = array("q")
        try:
            path.unlink(missing_ok=True)
            self._file = DurableFile(path)
        except OSError as error:
            raise CheckpointUnusable.by(path, error) from error

    def __enter__(self) -> RowSpool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def rewind(self) -> None:
        """Begin a list: forget the rows behind the last list that came whole."""
        try:
            self._file.cut(self._whole)
        except OSError as error:
            raise CheckpointUnusable.by(self.path, error) from error
        del self._tasks[self._whole_tasks :]

    def take(self, rows: Sequence[msgspec.Struct]) -> None:
        """Write the next rows of a list."""
        try:
            self._file.append(msgspec.json.Encoder().encode_lines(rows))
        except OSError as error:
            raise CheckpointUnusable.by(self.path, error) from error
        self._tasks.extend(hash(row.task_id) for row in rows if isinstance(row, TaskRow))

    def keep(self) -> None:
        """End a list: it came whole, and its rows stay."""
        self._whole = self._file.size
        self._whole_tasks = len(self._tasks)

    def repeated(self) -> Counter[int]:
        """The hash of each task that came more than once, and how often: its state changed while states were listed."""
        ordered = sorted(self._tasks)
        again = Counter(task for before, task in pairwise(ordered) if before == task)
        return Counter({task: times + 1 for task, times in again.items()})
