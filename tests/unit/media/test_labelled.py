"""The media whose labels an entry with keepData false deletes are those where the rules let it be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulk_importer.labels.findings import severities
from bulk_importer.media.index import MediaIndex
from bulk_importer.media.labelled import LabelledMedia
from bulk_importer.media.rules import MediaFlag, MediaRules
from bulk_importer.media.task_runs import MediaTask, TaskRun
from bulk_importer.model import KeepData
from support.entries import run_of

IMPORTABLE, UPLOADED, FINISHED = MediaFlag.IMPORTABLE, MediaFlag.UPLOADED, MediaFlag.FINISHED
TASKS = {
    "free": IMPORTABLE,
    "uploaded": IMPORTABLE | UPLOADED,
    "finished": IMPORTABLE | FINISHED,
    "both": IMPORTABLE | UPLOADED | FINISHED,
    "benchmark": MediaFlag.BENCHMARK | UPLOADED,
    "twice": IMPORTABLE | UPLOADED | MediaFlag.TWICE,
}


@pytest.mark.parametrize(
    ("rules", "told", "lost"),
    [
        (MediaRules(), {}, {"uploaded"}),
        (MediaRules(replace_finished=True), {}, {"uploaded", "finished", "both"}),
        (MediaRules(), {"allow": ["media-finished"]}, {"uploaded", "finished", "both"}),
        (MediaRules(), {"deny": ["media-replaced"]}, set()),
        (MediaRules(replace_finished=True), {"deny": ["media-replaced"]}, set()),
    ],
    ids=["as it is", "--replace-finished", "work of people is allowed", "denied", "denied all the same"],
)
def test_what_may_be_lost_is_what_the_rules_let_pass(
    tmp_path: Path, rules: MediaRules, told: dict[str, Any], lost: set[str]
) -> None:
    """Each media counts once, however often it is met, and only by keepData false."""
    tasks = [MediaTask(name, flags) for name, flags in TASKS.items()]
    index = MediaIndex.write(tmp_path / "media", [TaskRun.of(tasks)])
    labelled = LabelledMedia(index, rules, severities(**told))
    assert (labelled.holding, labelled.importable, labelled.met) == (len(lost), 5, 0)
    names = [*TASKS, "nobody", "Uploaded "]
    assert labelled.meet(run_of(names, keeps=[KeepData.TRUE] * len(names))) == 0
    met = labelled.meet(run_of(names, keeps=[KeepData.FALSE] * len(names)))
    assert met == len(lost) + ("uploaded" in lost)
    assert labelled.met == len(lost)
