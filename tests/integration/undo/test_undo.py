"""An import is taken back: its media hold again what they held before, unless somebody has changed them since."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.events import Advanced, Event
from bulk_importer.labels.holding import Holding
from bulk_importer.library.retrying import retry
from bulk_importer.library.undoing import undo
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.backups.taking_back import Place, at_place
from support.entries import entry, noted
from support.places import VECTORS

_CLASSES = json.loads((VECTORS / "semantics.json").read_text("utf-8"))["label_config"]


@pytest.fixture
async def place(sandbox: Sandbox, tmp_path: Path) -> Place:
    return await at_place(sandbox, tmp_path)


async def test_replaced_and_changed_and_added_labels_are_as_they_were(place: Place) -> None:
    a, b, c, d, *_ = place.media
    await place.person(noted(a, 1), noted(b, 2), noted(c, 3), entry(c, 4))
    before = await place.held()
    summary = await place.run(
        [noted(a, 10, False), noted(b, 11), entry(c, 12), entry(c, 13, False), noted(d, 14), entry(c, 15)]
    )
    assert summary.delivered == 6
    undone = await place.undo()
    assert (undone.plan.restored, undone.plan.left_alone) == (4, 0)
    assert await place.held() == before


async def test_what_is_only_added_to_costs_no_read(place: Place) -> None:
    a, b, *_ = place.media
    await place.person(entry(a, 1), entry(b, 2))
    await place.run([entry(a, 3), entry(b, 4)])
    assert not [each for each in place.sandbox.requests if "lcvalues" in each.path]


async def test_a_media_that_somebody_changed_is_left_alone_unless_it_is_forced(place: Place) -> None:
    a, b, *_ = place.media
    await place.person(noted(a, 1), noted(b, 2))
    before = await place.held()
    await place.run([noted(a, 3, False), noted(b, 4, False)])
    await place.person(entry(b, 5))
    changed = await place.held()
    undone = await place.undo()
    assert place.left_alone(undone) == {b: "it does not hold any more what the import left there"}
    assert await place.held() == {**before, b: changed[b]}
    forced = await place.undo(force=True)
    assert (forced.plan.restored, forced.plan.as_before) == (1, 1)
    assert await place.held() == before


async def test_a_folder_that_cannot_be_made_is_named(place: Place) -> None:
    """It is an error of the checkpoint, with what to do, and no bug; nothing was sent."""
    await place.run([noted(place.media[0], 1, False)])
    held = await place.held()
    (place.folder / "1.json.checkpoint" / "undo").write_text("")
    with pytest.raises(CheckpointUnusable, match="File exists"):
        await place.undo()
    assert await place.held() == held


async def test_how_far_the_reading_of_media_is_can_be_seen_while_they_are_read(place: Place) -> None:
    """It begins before the first answer, and not when all of a bucket are there; how many come is not known."""
    await place.run([noted(media_id, 1) for media_id in place.media])
    told: list[Event] = []
    await undo(place.checkpoint, Settings(workers=0), observers=[told.append])
    read = [
        each for each in told if isinstance(each, Advanced) and each.work == "reading what the media hold"
    ]
    assert [(each.done, each.total) for each in read] == [
        (done, None) for done in range(len(place.media) + 1)
    ]


async def test_an_undo_can_be_undone(place: Place) -> None:
    a, *_ = place.media
    await place.person(noted(a, 1))
    await place.run([noted(a, 2, False)])
    after = await place.held()
    undone = await place.undo()
    assert undone.folder is not None
    await undo(undone.folder / "checkpoint", Settings(workers=0))
    assert await place.held() == after


async def test_what_was_taken_back_is_not_sent_again_by_the_same_import(place: Place) -> None:
    from bulk_importer.errors import CheckpointMismatch

    await place.run([noted(place.media[0], 1)])
    await place.undo()
    place.imports -= 1
    with pytest.raises(CheckpointMismatch, match="taken back by undo"):
        await place.run([noted(place.media[0], 1)])


async def test_the_same_undo_again_repeats_what_it_said(place: Place) -> None:
    await place.run([noted(place.media[0], 1, False)])
    first = await place.undo()
    uploads = len(place.sandbox.requests)
    again = await place.undo()
    assert again.plan == first.plan
    assert again.summary is not None
    assert again.summary.exit_code == 0
    assert len(place.sandbox.requests) == uploads


async def test_a_dry_run_says_what_would_be_done_and_leaves_no_trace(place: Place) -> None:
    await place.run([noted(place.media[0], 1, False)])
    held = await place.held()
    undone = await place.undo(dry_run=True)
    assert (undone.plan.restored, undone.folder, undone.summary) == (1, None, None)
    assert await place.held() == held
    assert not (place.folder / "1.json.checkpoint" / "undo").exists()


async def test_what_takes_several_entries_comes_back_onto_media_that_hold_an_upload(place: Place) -> None:
    """A classification with two of those below it set has to be said in two entries, the second of which appends."""
    prepared = await place.sandbox.prepare(name="several", media=2, label_config=_CLASSES)
    other = Place(place.sandbox, place.folder, prepared.id, list(prepared.media_ids))
    a, b = other.media
    weather = {"weather": ["rain", {"daytime": ["day"]}]}, {"weather": [None, {"wind": ["storm"]}]}
    await other.person(*({"internal_media_ID": a, "global_classifications": each} for each in weather))
    before = json.dumps((await place.sandbox.labels(prepared.id))[a], sort_keys=True)
    assert "storm" in before
    replacing = {"internal_media_ID": a, "keepData": False}
    await other.run([replacing, {"internal_media_ID": b, "keepData": False}], project="several")
    undone = await other.undo()
    assert undone.summary is not None
    assert (undone.summary.rejected, undone.plan.left_alone) == (0, 0)
    assert json.dumps((await place.sandbox.labels(prepared.id))[a], sort_keys=True) == before


async def test_what_a_retry_delivered_is_taken_back_with_the_import(place: Place) -> None:
    a, b, c, *_ = place.media
    await place.person(noted(a, 1), noted(b, 2))
    before = await place.held()
    await place.run([noted(a, 3, False), entry(b, 4, broken=True), noted(c, 5)])
    checkpoint = place.folder / "1.json.checkpoint"
    corrected = place.folder / "corrected.jsonl"
    corrected.write_text(json.dumps({"position": 1, "entry": noted(b, 4, False)}))
    retried = await retry(checkpoint, Settings(workers=0), corrected=corrected)
    assert retried.summary.delivered == 3
    undone = await place.undo()
    assert (undone.plan.restored, undone.plan.left_alone) == (3, 0)
    assert await place.held() == before


async def test_what_people_added_between_two_runs_of_an_import_is_kept_as_well(place: Place) -> None:
    """The index of what media hold is as old as the checkpoint; a run that goes on looks again."""
    a, b, c, *_ = place.media
    entries = [noted(a, 1), noted(b, 2, False), noted(a, 3, False), noted(c, 4)]
    await place.run(entries, limit=1)
    await place.person(noted(b, 7))
    place.imports -= 1
    summary = await place.run(entries)
    assert summary.delivered == 4
    undone = await place.undo()
    assert (undone.plan.restored, undone.plan.left_alone) == (3, 0)
    held = await place.held()
    assert held[b] == Counter(_sent_texts([noted(b, 7)], b))
    assert not held[a]
    assert not held[c]


async def test_media_that_were_found_by_name_are_brought_back(place: Place) -> None:
    a, *_ = place.media
    await place.person(noted(a, 1))
    before = await place.held()
    by_name = noted("", 2, False) | {"external_media_ID": place.names[a]}
    del by_name["internal_media_ID"]
    summary = await place.run([by_name], media_by="name")
    assert summary.delivered == 1
    await place.undo()
    assert await place.held() == before


async def test_with_backup_never_what_was_replaced_is_said_to_be_gone(place: Place) -> None:
    a, b, *_ = place.media
    await place.person(noted(a, 1))
    await place.run([noted(a, 2, False), noted(b, 3)], backup="never")
    undone = await place.undo()
    assert place.left_alone(undone) == {a: "what it held before was not kept"}
    held = await place.held()
    assert not held[b]
    assert held[a]


@pytest.mark.parametrize("seed", range(6))
async def test_random_imports_of_mixed_entries_are_taken_back_around_what_people_did(
    place: Place, seed: int
) -> None:
    """A naive model: what each media held before the import, and which of them people changed after it."""
    chance = random.Random(seed)

    def some(count: int) -> list[dict[str, Any]]:
        kinds = (entry, noted)
        return [
            chance.choice(kinds)(
                chance.choice(place.media), chance.randrange(9), chance.choice([None, True, False])
            )
            for _ in range(count)
        ]

    for _ in range(3):
        if people := some(chance.randrange(4)):
            await place.person(*people)
        before = await place.held()
        sent = some(chance.randrange(1, 9))
        await place.run(sent, backup=chance.choice(["auto", "always"]))
        since = some(chance.randrange(2))
        if since:
            await place.person(*since)
        changed = {each["internal_media_ID"] for each in since}
        now = await place.held()
        undone = await place.undo()
        after = await place.held()
        for media_id in place.media:
            if media_id not in changed:
                assert after[media_id] == before[media_id]
            elif after[media_id] != now[media_id]:
                # Only ours is gone: what people did is there, and what was there before.
                assert not now[media_id] - after[media_id] - Counter(_sent_texts(sent, media_id))
        assert set(place.left_alone(undone)) <= changed


def _sent_texts(entries: list[dict[str, Any]], media_id: str) -> list[str]:
    holding = Holding.of(
        json.dumps({**each, "keepData": True}).encode()
        for each in entries
        if each["internal_media_ID"] == media_id
    )
    return [
        *(json.dumps([each.key, list(each.coordinates), None]) for each in holding.geometries.elements()),
        *(json.dumps([key, None, answer.texts[0]]) for key, answer in holding.answers.items()),
    ]
