"""What is done with one import, and not with a plan: of a shard it is done, of the plan it is refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import Run

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Plan
from bulk_importer.sandbox import Sandbox
from support.fleet.imported import work_folder


def _labelled(labels: Mapping[str, Any]) -> set[str]:
    return {media_id for media_id, held in labels.items() if any(row["valid"] for row in held)}


async def test_undo_of_a_shard_takes_back_what_that_shard_brought_and_no_more(
    place: FolderPlace, plan: Plan, run_process: Run, sandbox: Sandbox
) -> None:
    """The source of a shard is its part of that of the plan, and no file of its name."""
    for index in (0, 1):
        assert (await run_process("work", place.name, "--index", index, "--no-report")).code == 1
    before = await sandbox.labels(plan.project)
    done = await run_process("undo", work_folder(place, 0), "--yes")
    assert done.code == 0, done.err
    after = await sandbox.labels(plan.project)
    assert (len(_labelled(before)), len(_labelled(after))) == (4, 2)
    assert _labelled(after) < _labelled(before)


@pytest.mark.parametrize(
    "command",
    [["undo"], ["resolve", "--delivered"], ["complete", "--dry-run"], ["control"]],
    ids=lambda command: command[0],
)
async def test_what_takes_a_checkpoint_says_of_a_plan_which_ones_to_give(
    place: FolderPlace, plan: Plan, run: Run, command: list[str]
) -> None:
    """A plan has no log of its own: that 'there is no log in it' would send people looking for the wrong thing."""
    name, *flags = command
    asked = [name, place.name, *flags, *(["pause"] if name == "control" else [])]
    done = await run(*asked)
    assert done.code == 2
    assert "is a plan, and this is done for one shard at a time" in done.err
    assert str(Path(place.name, "work", "00000")) in done.err
