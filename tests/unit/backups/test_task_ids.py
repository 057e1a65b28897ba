"""The ids of tasks lie in a file, at the slots that the media have in their index."""

from __future__ import annotations

import errno
import io
import tempfile
from pathlib import Path

import pytest

from bulk_importer.backups.task_ids import TaskIds
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.labels.entry import lane_of
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.task_runs import MediaTask, TaskRun

_USUAL = "3f0c1d9e-8f4b-4a8e-9d0b-4a6c3b1c2d5e"


@pytest.fixture
def index(tmp_path: Path) -> MediaIndex:
    """Of the media `a` and `b`."""
    return MediaIndex.write(tmp_path / "index", [TaskRun.of([MediaTask.of_id("a"), MediaTask.of_id("b")])])


def test_each_media_has_its_task(index: MediaIndex, tmp_path: Path) -> None:
    """Whatever its id looks like; one of another type, or of a media that is not in the index, is none."""
    ids = TaskIds(index, tmp_path)
    ids.take([TaskRow(task_id=_USUAL, media_id="a"), TaskRow(task_id="7", media_id="B")])
    ids.take([TaskRow(task_id="8", media_id="a", label_task_type="BENCHMARK_MASTER")])
    ids.take([TaskRow(task_id="9", media_id="c")])
    assert [ids.of(lane_of(each)) for each in ("a", "b", "c")] == [_USUAL, "7", None]


class _Full(io.FileIO):
    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_without_room_for_them_is_told_of_at_once(
    index: MediaIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later it would be no error that can be told, but the end of the process."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: _Full(dir / "ids", "w+"))  # noqa: A006
    with pytest.raises(CheckpointUnusable, match="No space left on device"):
        TaskIds(index, tmp_path)
