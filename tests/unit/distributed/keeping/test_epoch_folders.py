"""Who follows a lost worker works on a copy of what it left; who follows one that gave back, in the same folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.checkpoint.rejects import RejectedLines, rejected_lines
from bulk_importer.distributed.keeping import epoch_folders
from bulk_importer.distributed.keeping.epoch_folders import EpochFolders
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.spans import SpanSet
from support.entries import rejection_of


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The folder that the holder of epoch 3 worked in."""
    folder = tmp_path / "epoch-000003"
    (folder / "undo").mkdir(parents=True)
    for name in ("log", "rejected.jsonl", "lock", "undo/log", "log.new"):
        (folder / name).write_text(name)
    return folder


def test_the_first_worker_begins_in_a_folder_of_its_epoch(tmp_path: Path) -> None:
    """It is made with the checkpoint, and not before."""
    kept = EpochFolders(tmp_path / "shard").begun(2, 1)
    assert (kept.name, kept.folder) == ("epoch-000002", tmp_path / "shard" / "epoch-000002")
    assert EpochFolders(tmp_path / "shard").last() is None


@pytest.mark.usefixtures("left")
def test_what_was_given_back_is_gone_on_with(tmp_path: Path) -> None:
    """Each since epoch 3 has given the lease back: nobody else writes there any more."""
    assert EpochFolders(tmp_path).begun(5, 3).name == "epoch-000003"


@pytest.mark.usefixtures("left")
def test_what_a_lost_worker_left_is_copied_but_for_what_is_of_its_process(tmp_path: Path) -> None:
    """Folders in it as well; the lost one may write what it likes."""
    kept = EpochFolders(tmp_path).begun(5, 4)
    assert kept.name == "epoch-000005"
    found = sorted(
        path.relative_to(kept.folder).as_posix() for path in kept.folder.rglob("*") if path.is_file()
    )
    assert found == ["log", "rejected.jsonl", "undo/log"]
    (tmp_path / "epoch-000003" / "log").write_text("late")
    assert (kept.folder / "log").read_text() == "log"


def test_what_is_left_of_the_rejected_entries_is_copied_before_it_has_its_name(
    tmp_path: Path, left: Path
) -> None:
    """Where the record is there that counts on it, and the worker of a retry was killed then."""
    (left / "rejected.jsonl").unlink()
    lines = RejectedLines(left, 0)
    lines.append([rejection_of(1), rejection_of(2)])
    lines.sync()
    rest = lines.write_without(SpanSet.of([1]))
    lines.close()
    kept = EpochFolders(tmp_path).begun(5, 4)
    RejectedLines(kept.folder, rest.size).close()
    assert [line.position for line in rejected_lines(kept.folder, rest.size)] == [2]


def test_what_changes_while_it_is_copied_is_copied_once_more(
    tmp_path: Path, left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was frozen may put a shorter file where the log that was copied counts on a longer one."""
    copy, copied = epoch_folders._copy_file, []

    def go_on(source: Path, target: Path) -> None:
        copied.append(source.name)
        if copied == ["log"]:
            copy(source, target)
            (left / "log").write_text("log, and a record")
            (left / "rejected.jsonl").write_text("less")
        else:
            copy(source, target)

    monkeypatch.setattr(epoch_folders, "_copy_file", go_on)
    folder = EpochFolders(tmp_path).begun(5, 4).folder
    assert [(folder / name).read_text() for name in ("log", "rejected.jsonl")] == [
        "log, and a record",
        "less",
    ]


def test_a_copy_that_broke_off_counts_for_nothing(
    tmp_path: Path, left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in the middle of it leaves a folder that nobody takes for a checkpoint, and that is tidied away."""
    copy = epoch_folders._copy_file

    def crash(source: Path, target: Path) -> None:
        if source.name == "rejected.jsonl":
            (target.parent.parent / ".epoch-000004.left").mkdir()  # as if nobody had tidied up
            raise KeyboardInterrupt
        copy(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(epoch_folders, "_copy_file", crash)
        with pytest.raises(KeyboardInterrupt):
            EpochFolders(tmp_path).begun(4, 4)
    last = EpochFolders(tmp_path).last()
    assert last is not None
    assert last.folder == left
    kept = EpochFolders(tmp_path).begun(5, 5)
    assert (kept.folder / "rejected.jsonl").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-000003", "epoch-000005"]


def test_the_log_is_copied_first(left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that still writes puts what a record counts on before the record: so it is there in the copy."""
    copied = []
    monkeypatch.setattr(epoch_folders, "_copy_file", lambda source, _: copied.append(source))
    EpochFolders(tmp_path).begun(4, 4)
    assert copied[0] == left / "log"


def test_who_was_lost_before_it_began_leaves_alone_what_the_next_one_has(tmp_path: Path, left: Path) -> None:
    """The copy that the next one is making stays; its folder is not the lost one's, nor is an earlier one then."""
    (tmp_path / ".epoch-000006.copying").mkdir()
    assert EpochFolders(tmp_path).begun(5, 5).name == "epoch-000005"
    assert (tmp_path / ".epoch-000006.copying").exists()
    with pytest.raises(CheckpointUnusable, match="of a later worker"):
        EpochFolders(tmp_path).begun(4, 4)
    assert left.exists()


@pytest.mark.usefixtures("left")
def test_a_later_folder_without_its_log_is_refused(tmp_path: Path) -> None:
    """What was sent since the earlier one stands nowhere: to go on from that would send it again."""
    (tmp_path / "epoch-000005").mkdir()
    with pytest.raises(CheckpointUnusable, match="its log is gone"):
        EpochFolders(tmp_path).begun(6, 6)
