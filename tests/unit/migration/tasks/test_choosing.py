"""Tasks are chosen out of lists that begin anew and name a task twice."""

from __future__ import annotations

from pathlib import Path

from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.task_states import TaskState
from bulk_importer.migration.tasks.choosing import TaskChooser
from bulk_importer.migration.tasks.delivered import DeliveredMedia, MediaFate
from bulk_importer.migration.tasks.state_record import StateRecord


class Media(DeliveredMedia):
    """Media whose fate their ids begin with."""

    def fates(self, media_ids: list[str]) -> list[MediaFate | None]:  # type: ignore[override]  # what it is called with
        known = {fate.name.lower(): fate for fate in MediaFate}
        return [known.get(each.partition("-")[0]) for each in media_ids]


def row(number: int, fate: str = "whole", state: str = "BACKLOG", kind: str = "DEFAULT") -> TaskRow:
    return TaskRow(
        task_id=f"t{number}", media_id=f"{fate}-{number}", label_task_state=state, label_task_type=kind
    )


def test_each_task_is_chosen_once_or_counted(tmp_path: Path) -> None:
    """One that moved to another list meanwhile is in both; of a list that breaks off nothing stays."""
    with StateRecord([tmp_path]) as record:
        record.note("t9", "whole-9", TaskState.COMPLETED, 1.0)
        chooser = TaskChooser(Media(), record, TaskState.COMPLETED, is_decided=False)
        chooser.rewind()
        chooser.take([row(1), row(2, "rejected"), row(3, "elsewhere"), row(4, kind="BENCHMARK_MASTER")])
        chooser.rewind()
        assert (len(chooser), sum(chooser.counts.values())) == (0, 0)
        chooser.take([row(1), row(2, "rejected")])
        chooser.keep()
        chooser.rewind()
        chooser.take([row(1, state="IN_PROGRESS"), row(5, "unsent"), row(6, state="SKIPPED"), row(7)])
        chooser.take([row(8, state="REVIEWED"), row(9, state="WAITING_CHANGED"), row(7)])
        chooser.keep()
    assert [each.task_id for each in chooser.chosen()] == ["t1", "t7"]
    assert [each.media_id for each in chooser.chosen()] == ["whole-1", "whole-7"]
    assert chooser.counts == {"rejected": 1, "unsent": 1, "decided": 1, "already": 1, "given": 1}
