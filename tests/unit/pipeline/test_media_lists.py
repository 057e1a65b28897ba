"""Lists of media go through a file into the index, and a task that moves while it is listed is still one task."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.datagym.listings import TaskRow
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.intake.media_index import MediaIndex
from bulk_importer.intake.media_rules import MediaFlag
from bulk_importer.pipeline.media_lists import RowSpool, media_names, media_tasks


def row(number: int, state: str = "BACKLOG", task: str = "") -> TaskRow:
    """A row of a task list."""
    name = f"{number}.jpg" if number else None
    return TaskRow(
        task_id=task or f"task {number}", media_id=f"m{number}", media_name=name, label_task_state=state
    )


def test_rows_come_back_in_order_without_what_was_taken_back(tmp_path: Path) -> None:
    """A list that breaks off leaves nothing, and the file goes in the end."""
    with RowSpool(tmp_path / "rows") as spool:
        spool.rewind()
        spool.take([row(0), row(1)])
        spool.keep()
        spool.rewind()
        spool.take([row(2), row(1)])
        spool.rewind()
        spool.take([row(3)])
        spool.keep()
        assert [task.media_id for task in media_tasks(spool.path)] == ["m0", "m1", "m3"]
        assert list(media_names(spool.path)) == [("1.jpg", "m1"), ("3.jpg", "m3")]
        assert not spool.repeated()
    assert not (tmp_path / "rows").exists()


def test_a_task_that_moves_meanwhile_counts_as_it_was_seen_last(tmp_path: Path) -> None:
    """Two tasks of one media are two all the same, which the server fails on."""
    with RowSpool(tmp_path / "rows") as spool:
        for state in ("BACKLOG", "WAITING", "IN_PROGRESS"):
            spool.rewind()
            spool.take(
                [row(1, state), row(2, task=f"task of {state}"), row(3)][: 3 if state == "BACKLOG" else 2]
            )
            spool.keep()
        repeated = spool.repeated()
        assert sum(repeated.values()) == 3
        index = MediaIndex.write(tmp_path / "index", media_tasks(spool.path, repeated))
    assert index.flags("m1") == MediaFlag.IMPORTABLE | MediaFlag.FINISHED
    assert index.flags("m2") == MediaFlag.IMPORTABLE | MediaFlag.TWICE
    assert index.flags("m3") == MediaFlag.IMPORTABLE


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In the words of other files of a checkpoint."""
    with pytest.raises(CheckpointUnusable):
        RowSpool(tmp_path / "nowhere" / "rows")
