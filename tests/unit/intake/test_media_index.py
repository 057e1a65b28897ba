"""The index of a project's media is small, shared, and what was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.intake.media_index import MediaIndex, MediaTask
from bulk_importer.intake.media_rules import MediaFlag


def row(media_id: str, **more: object) -> dict[str, object]:
    """A row of the server's task list."""
    return {
        "mediaId": media_id,
        "labelTaskType": "DEFAULT",
        "labelTaskState": "BACKLOG",
        "hasJsonUpload": False,
        **more,
    }


def test_rows_of_the_task_list_become_flags() -> None:
    """State, type and upload; a bare id is importable."""
    assert MediaTask.of_row(row("a")).flags == MediaFlag.IMPORTABLE
    assert MediaTask.of_row({"mediaId": "a"}).flags == MediaFlag.IMPORTABLE
    assert MediaTask.of_row(row("a", labelTaskType="BENCHMARK_MASTER")).flags == MediaFlag.BENCHMARK
    assert MediaTask.of_row(row("a", hasJsonUpload=True)).flags == MediaFlag.IMPORTABLE | MediaFlag.UPLOADED
    assert MediaTask.of_row(row("a", width=640, height=480))[2:] == (640, 480)
    finished = [
        state
        for state in (
            "BACKLOG",
            "WAITING",
            "WAITING_CHANGED",
            "IN_PROGRESS",
            "SKIPPED",
            "COMPLETED",
            "REVIEWED",
        )
        if MediaTask.of_row(row("a", labelTaskState=state)).flags & MediaFlag.FINISHED
    ]
    assert finished == ["IN_PROGRESS", "COMPLETED", "REVIEWED"]


def test_a_media_is_found_by_its_lane(tmp_path: Path) -> None:
    """And by no other."""
    tasks = [
        MediaTask.of_row(row(f"Media-{number}", hasJsonUpload=number % 3 == 0)) for number in range(2000)
    ]
    index = MediaIndex.write(tmp_path / "media", tasks)
    assert len(index) == index.importable == 2000
    for number in range(2000):
        assert index.flags(f"media-{number}") == (1 if number % 3 else 1 | MediaFlag.UPLOADED)
    assert index.flags("media-2000") is None
    assert not index.is_sized
    assert index.size("media-1") is None


def test_the_tasks_of_one_media_are_made_one(tmp_path: Path) -> None:
    """Two default tasks are an ambiguity; a default and a benchmark task are not."""
    index = MediaIndex.write(
        tmp_path / "media",
        [
            MediaTask("A", MediaFlag.IMPORTABLE),
            MediaTask("a ", MediaFlag.IMPORTABLE | MediaFlag.UPLOADED),
            MediaTask("b", MediaFlag.IMPORTABLE),
            MediaTask("b", MediaFlag.BENCHMARK, 4, 3),
            MediaTask("c", MediaFlag.BENCHMARK),
        ],
    )
    assert (len(index), index.importable) == (3, 2)
    assert index.flags("a") == MediaFlag.IMPORTABLE | MediaFlag.UPLOADED | MediaFlag.TWICE
    assert index.flags("b") == MediaFlag.IMPORTABLE | MediaFlag.BENCHMARK
    assert index.is_sized
    assert index.size("b") == (4, 3)
    assert index.size("a") is None
    assert index.size("z") is None


def test_an_index_may_be_empty_and_may_be_written_again(tmp_path: Path) -> None:
    """The new one takes the place of the old one."""
    path = tmp_path / "media"
    assert len(MediaIndex.write(path, [])) == 0
    assert MediaIndex.write(path, [MediaTask("a", MediaFlag.IMPORTABLE)]).flags("a") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["media"]


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data[:-1] + b"\xff", lambda data: b"x" * len(data)]
)
def test_what_was_not_written_is_refused(tmp_path: Path, change: object) -> None:
    """A damaged index would let entries pass; it can be made anew."""
    path = tmp_path / "media"
    MediaIndex.write(path, [MediaTask("a", MediaFlag.IMPORTABLE)])
    assert callable(change)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(CheckpointUnusable, match="made anew"):
        MediaIndex(path)


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    """A missing file, an empty one, a missing folder."""
    with pytest.raises(CheckpointUnusable, match="cannot be read"):
        MediaIndex(tmp_path / "none")
    (tmp_path / "empty").touch()
    with pytest.raises(CheckpointUnusable, match="cannot be read"):
        MediaIndex(tmp_path / "empty")
    with pytest.raises(CheckpointUnusable, match="cannot be written"):
        MediaIndex.write(tmp_path / "none" / "media", [])
