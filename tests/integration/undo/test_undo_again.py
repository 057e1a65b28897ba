"""What an undo says and does where the import, or an earlier undo, leaves it less than it would like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bulk_importer.datagym.task_states import TaskState
from bulk_importer.errors import CheckpointMismatch, ExitCode, SourceUnreadable, UsageError
from bulk_importer.library.inputs import caller_of
from bulk_importer.library.undoing import undo
from bulk_importer.migration.tasks.completing import TasksSpec, complete_delivered
from bulk_importer.pipeline import Confirmation
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.backups.taking_back import Place, at_place
from support.entries import entry, noted

NOT_KEPT = "what it held before was not kept"


@pytest.fixture
async def place(sandbox: Sandbox, tmp_path: Path) -> Place:
    return await at_place(sandbox, tmp_path)


@pytest.mark.parametrize("how", [{"backup": "never"}, {"check_media": False}])
async def test_what_was_emptied_and_not_kept_is_left_alone(place: Place, how: dict[str, object]) -> None:
    """Also where what came in its place are geometries, or nothing: without them it is not what it was."""
    a, b, c, *_ = place.media
    await place.person(entry(a, 1), entry(b, 1), entry(c, 1))
    await place.run([entry(a, 2, False), entry(b, 2, False, labels={}), entry(c, 2)], **how)
    after = await place.held()
    undone = await place.undo()
    assert place.left_alone(undone) == {a: NOT_KEPT, b: NOT_KEPT}
    assert undone.plan.why == {NOT_KEPT: 2}
    held = await place.held()
    assert (held[a], held[b]) == (after[a], after[b])
    assert len(held[c]) == 1


async def test_a_value_is_kept_however_its_key_is_written(place: Place) -> None:
    a, *_ = place.media
    await place.person(noted(a, 1))
    before = await place.held()
    await place.run_text(json.dumps([noted(a, 2)]).replace("global_", "global\\u005f"))
    await place.undo()
    assert await place.held() == before


async def test_what_an_undo_of_an_undo_brought_back_can_be_taken_back_again(place: Place) -> None:
    a, *_ = place.media
    await place.person(noted(a, 1))
    before = await place.held()
    await place.run([noted(a, 2, False)])
    first = await place.undo()
    assert first.folder is not None
    await undo(first.folder / "checkpoint", Settings(workers=0))
    assert await place.held() != before
    await place.undo()
    assert await place.held() == before


async def test_force_takes_nothing_out_twice(place: Place) -> None:
    """A geometry that was there before, equal to one that was added, is no more of the import."""
    a, b, *_ = place.media
    await place.person(entry(a, 1), noted(b, 1))
    before = await place.held()
    await place.run([entry(a, 1), noted(b, 2, False)])
    await place.person(entry(b, 5))
    assert set(place.left_alone(await place.undo())) == {b}
    await place.undo(force=True)
    assert await place.held() == before


async def test_nothing_that_was_taken_back_counts_as_delivered(place: Place) -> None:
    """Neither for an import of a mended source, nor for the states of tasks."""
    a, *_ = place.media
    await place.run([noted(a, 1)])
    await place.undo()
    checkpoint = place.folder / "1.json.checkpoint"
    summary = await place.run([noted(a, 1)], settled_by=str(checkpoint))
    assert summary.exit_code == ExitCode.CHECKPOINT
    assert "was taken back by undo, so what it delivered is there no more" in summary.message
    spec = TasksSpec([checkpoint], Settings(), TaskState.COMPLETED)

    async def agreed(_: object) -> Confirmation:
        return Confirmation.YES

    with pytest.raises(CheckpointMismatch, match="No task was changed"):
        await complete_delivered(spec, caller_of(spec.settings, None, ()), agreed)


async def test_another_server_is_not_asked_unless_it_is_said_that_it_moved(place: Place) -> None:
    a, *_ = place.media
    await place.run([noted(a, 1)])
    moved = place.sandbox.url.replace("127.0.0.1", "localhost")
    with pytest.raises(UsageError, match="--server-moved"):
        await place.undo(server=moved)
    undone = await place.undo(server=moved, server_moved=True)
    assert undone.summary is not None
    assert undone.summary.server == moved
    assert not (await place.held())[a]


async def test_a_source_that_is_gone_is_asked_for(place: Place) -> None:
    await place.run([noted(place.media[0], 1)])
    (place.folder / "1.json").unlink()
    with pytest.raises(SourceUnreadable, match="Say with --source where it is now"):
        await place.undo()


async def test_labels_come_back_however_strict_imports_are(place: Place) -> None:
    """What a media held before is not judged by what is demanded of an import."""
    a, *_ = place.media
    await place.person(entry(a, 1))
    before = await place.held()
    await place.run([entry(a, 2, False)])
    undone = await place.undo(strict=True, deny=("required-omitted",))
    assert undone.summary is not None
    assert not undone.summary.rejected
    assert await place.held() == before


async def test_without_the_names_of_media_nothing_is_called_taken_back(place: Place) -> None:
    """An import that found its media by their names, whose index of them somebody deleted."""
    a, *_ = place.media
    by_name = {"external_media_ID": place.names[a], "labels": entry(a, 1)["labels"]}
    await place.run([by_name], media_by="name")
    (place.folder / "1.json.checkpoint" / "media.names").unlink()
    with pytest.raises(UsageError, match=r"media\.names is not in"):
        await place.undo()
