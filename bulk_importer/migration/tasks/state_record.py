"""`task-states.jsonl` in the folder of a checkpoint: which tasks were given which state, one a line.

A line is `{"task", "media", "state", "at"}`, and `refused` beside it where the server did not do it, with why. A later
line about a task replaces an earlier one. It is written when the answer is there, and synced every now and then: what a
power cut takes away is seen in the states that the server lists, so nothing hangs on the last lines. What hangs on the
file is that a task is given its state once: what people do with it afterwards stands. A line that a crash cut short is
cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from xxhash import xxh3_64_intdigest

from bulk_importer.datagym.task_states import TaskState
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.files.durable import DurableFile
from bulk_importer.times import written

__all__ = ["StateRecord"]

_FILE = "task-states.jsonl"
_SYNCED = 256  # lines: the most that a power cut takes away


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    task: str
    media: str
    state: TaskState
    at: str
    refused: str = ""


class StateRecord:
    """What was set, by this run and earlier ones; a context manager. Memory: 60 bytes a task.

    Args:
        folders: of the checkpoints; all are read, and the first is written.

    Raises:
        CheckpointUnusable, CheckpointDamaged: one cannot be read or written, or holds a line that was not written here.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        # Tasks by a digest of id and state. Changed by `__init__` and `note` alone.
        self._set: set[int] = set()
        self._path = folders[0] / _FILE
        self._unsynced = 0
        try:
            whole = [self._read(folder / _FILE) for folder in folders]
            self._file = DurableFile(self._path)
            if self._file.size > whole[0]:
                self._file.cut(whole[0])
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error

    def __enter__(self) -> StateRecord:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._file.sync()
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
        finally:
            self._file.close()

    def has(self, task_id: str, state: TaskState) -> bool:
        """Whether the task was given the state, whatever became of it since."""
        return _key(task_id, state) in self._set

    def note(self, task_id: str, media_id: str, state: TaskState, at: float, *, refused: str = "") -> None:
        """Write down that a task was given a state, or why not.

        Raises:
            CheckpointUnusable: it cannot be written.
        """
        line = _Line(task=task_id, media=media_id, state=state, at=written(at), refused=refused)
        try:
            self._file.append(msgspec.json.encode(line) + b"\n")
            self._unsynced += 1
            if self._unsynced >= _SYNCED:
                self._unsynced = 0
                self._file.sync()
        except OSError as error:
            raise CheckpointUnusable.by(self._path, error) from error
        if not refused:
            self._set.add(_key(task_id, state))

    def _read(self, path: Path) -> int:
        """Take in the lines of a file; how many bytes of it are whole lines. Raises OSError, `CheckpointDamaged`."""
        whole = 0
        decode = msgspec.json.Decoder(_Line).decode
        if not path.exists():
            return whole
        with path.open("rb") as file:
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                try:
                    line = decode(raw)
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    raise CheckpointDamaged(str(path), whole, str(error)) from error
                if not line.refused:
                    self._set.add(_key(line.task, line.state))
                whole += len(raw)
        return whole


def _key(task_id: str, state: TaskState) -> int:
    return xxh3_64_intdigest(f"{state} {task_id}".encode(errors="surrogatepass"))
