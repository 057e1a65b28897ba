"""What was set is known after anything, and a line that was not written here is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.datagym.task_states import TaskState
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.migration.tasks.state_record import StateRecord

DONE, SKIPPED = TaskState.COMPLETED, TaskState.SKIPPED


def test_it_knows_what_was_set_in_any_of_the_folders(tmp_path: Path) -> None:
    """A refusal is no setting, and one that came later counts."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder, task in zip(folders, ("t1", "t2"), strict=True):
        folder.mkdir()
        with StateRecord([folder]) as record:
            record.note(task, "m", DONE, 1.0)
            record.note("t3", "m", DONE, 1.0, refused="why")
    with StateRecord(folders) as record:
        assert [record.has(each, DONE) for each in ("t1", "t2", "t3")] == [True, True, False]
        assert not record.has("t1", SKIPPED)
        record.note("t3", "m", DONE, 2.0)
        assert record.has("t3", DONE)


def test_a_line_that_was_cut_short_is_cut_off(tmp_path: Path) -> None:
    with StateRecord([tmp_path]) as record:
        record.note("t1", "m", DONE, 1.0)
    file = tmp_path / "task-states.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:20])
    with StateRecord([tmp_path]) as record:
        assert record.has("t1", DONE)
    assert file.read_bytes() == whole


def test_what_was_not_written_here_is_damage(tmp_path: Path) -> None:
    (tmp_path / "task-states.jsonl").write_text('{"task":"t1"}\n')
    with pytest.raises(CheckpointDamaged, match=r"task-states\.jsonl"):
        StateRecord([tmp_path])


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnusable):
        StateRecord([tmp_path / "nowhere"])
