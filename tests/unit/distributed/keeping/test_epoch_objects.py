"""A checkpoint in a bucket: what was said to be on record is there for whoever takes over, wherever the first died."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bulk_importer.backups.replaced import KeptMedia, ReplacedFile, kept_media
from bulk_importer.checkpoint import Checkpoint, FolderOptions, read_state, rejected_lines, verify
from bulk_importer.checkpoint.correction import Correction
from bulk_importer.checkpoint.retries import create_retry, retry_folders
from bulk_importer.checkpoint.retry_claims import claim_of_retries
from bulk_importer.distributed.keeping.epoch_objects import EpochObjects
from bulk_importer.distributed.keeping.interfaces import WHOLE, Kept
from bulk_importer.distributed.leases.claims import Names
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable, LeaseLost
from bulk_importer.spans import SpanSet
from support.checkpoints import header
from support.entries import batch_of, rejection_of, segment_of
from support.fleet.memory import MemoryPlace

ROOT = "work/00017"


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr("bulk_importer.distributed.keeping.shipping._TRIES", 1)


@pytest.fixture
def place() -> MemoryPlace:
    """A place that stays."""
    return MemoryPlace()


def begun(place: MemoryPlace, epoch: int) -> Kept:
    """The checkpoint of the holder of an epoch."""
    place.create(Names(ROOT, epoch).lease, b"")
    return EpochObjects(place, ROOT).begun(epoch, unbroken_since=epoch)


def opened(kept: Kept, compact_bytes: int = 1 << 30) -> Checkpoint:
    """It, for a run."""
    options = FolderOptions(open_file=kept.open_file, compact_bytes=compact_bytes)
    return Checkpoint.open(kept.folder, header(kept.name), options)


async def test_what_was_said_to_be_on_record_is_there_while_the_first_one_still_writes(
    place: MemoryPlace,
) -> None:
    """And what that one writes later, it writes where nobody reads."""
    lost = opened(begun(place, 1))
    await lost.record_segment(segment_of(0, 10, rejected=[4]))
    await lost.record_sent(batch_of(1, [2, 3]))
    second = begun(place, 2)
    await lost.record_delivered(batch_of(1, [2, 3]))
    checkpoint = opened(second)
    assert [doubt.batch for doubt in checkpoint.state.doubts()] == [1]
    assert [line.position for line in rejected_lines(second.folder)] == [4]
    await checkpoint.record_resolved(1, delivered=True, why="seen")
    await checkpoint.close()
    await lost.close()
    last = EpochObjects(place, ROOT).last()
    assert last is not None
    assert last.name == "epoch-000002"
    assert len(read_state(last.folder)[1].delivered) == 2
    assert verify(last.folder).holds


async def test_a_log_that_was_compacted_is_read_from_its_last_generation(place: MemoryPlace) -> None:
    """Several times over, and gone on with by the next holder."""
    for epoch in (1, 2):
        checkpoint = opened(begun(place, epoch), compact_bytes=2000)
        if epoch == 1:
            await checkpoint.record_segment(segment_of(0, 200))
        for number in range(checkpoint.state.next_batch, checkpoint.state.next_batch + 40):
            batch = batch_of(number, [number])
            await checkpoint.record_sent(batch)
            await checkpoint.record_delivered(batch)
        await checkpoint.close()
    assert any("log/0003-" in name for name in place.names(f"{ROOT}/epoch-000002/"))
    last = EpochObjects(place, ROOT).last()
    assert last is not None
    assert len(read_state(last.folder)[1].delivered) == 80
    assert verify(last.folder).holds


@asynccontextmanager
async def closed_in_the_end(checkpoint: Checkpoint) -> AsyncIterator[Checkpoint]:
    """It, of which no file stays open."""
    try:
        yield checkpoint
    finally:
        with suppress(CheckpointUnusable):
            await checkpoint.close()


async def story(place: MemoryPlace, epoch: int) -> list[int]:
    """Write until the place is gone; the positions that were said to be delivered."""
    delivered: list[int] = []
    with suppress(CheckpointUnusable):
        async with closed_in_the_end(opened(begun(place, epoch), compact_bytes=1200)) as checkpoint:
            if not checkpoint.state.position:
                await checkpoint.record_segment(segment_of(0, 100, rejected=[7]))
            for number in range(checkpoint.state.next_batch, checkpoint.state.next_batch + 6):
                first = next(iter(checkpoint.state.owed_within(0, 100)))[0]
                positions = [first, first + 1] if first != 6 else [first]
                batch = batch_of(number, positions)
                await checkpoint.record_sent(batch)
                if number % 3:
                    await checkpoint.record_delivered(batch)
                    delivered += positions
                else:
                    await checkpoint.record_rejected([rejection_of(first)], batch)
    return delivered


@pytest.mark.parametrize("is_done", [False, True])
async def test_wherever_a_holder_dies_the_next_one_has_all_that_was_said(is_done: bool) -> None:
    """At each object that it puts: in its beginning, in its copy of the last epoch, in the middle of its work."""
    for lives in range(45):
        place = MemoryPlace(lives, is_done=is_done)
        said = set(await story(place, 1))
        place.lives = 12 if place.lives < 0 else place.lives
        said |= set(await story(place, 2))
        place.lives = 1 << 30
        kept = begun(place, 3)
        await opened(kept).close()
        proof = verify(kept.folder)
        assert proof.holds, (lives, proof.claims)
        assert all(position in proof.state.delivered for position in said), lives


async def story_of_a_retry(place: MemoryPlace, epoch: int) -> set[int]:
    """Reject, feed again, and put on record what was delivered, until the place is gone; what was said to be."""
    delivered = set[int]()
    with suppress(CheckpointUnusable):
        kept = begun(place, epoch)
        async with closed_in_the_end(opened(kept)) as checkpoint:
            if not checkpoint.state.position:
                await checkpoint.record_segment(segment_of(0, 10, rejected=[2, 4, 7]))
            for fed, refused in (((2, 7), 8), ((4,), 9)):
                left = [position for position in fed if position in checkpoint.state.rejected]
                if left:
                    await feed(kept, left)
                    delivered |= set(left)
                    await checkpoint.record_corrected(SpanSet.of(left).spans)
                    await checkpoint.record_rejected([rejection_of(refused)])
    return delivered


async def feed(kept: Kept, positions: list[int]) -> None:
    """Deliver corrections for these, in a retry of its own."""
    retry = create_retry(kept.folder, [Correction(each, b"{}") for each in positions], kept.open_file)
    options = FolderOptions(open_file=kept.open_file)
    async with closed_in_the_end(Checkpoint.open(retry.checkpoint, header("r"), options)) as own:
        await own.record_segment(segment_of(0, len(positions)))
        batch = batch_of(1, range(len(positions)))
        await own.record_sent(batch)
        await own.record_delivered(batch)


@pytest.mark.parametrize("is_done", [False, True])
async def test_wherever_a_retry_dies_the_next_one_has_what_it_delivered(is_done: bool) -> None:
    """In its own ledger, or in that which had rejected it; and each rejected entry has its line."""
    for lives in range(30):
        place = MemoryPlace(lives, is_done=is_done)
        said = await story_of_a_retry(place, 1)
        place.lives = 17 if place.lives < 0 else place.lives
        said |= await story_of_a_retry(place, 2)
        place.lives = 1 << 30
        kept = begun(place, 3)
        if not (kept.folder / "log").exists():
            continue
        await opened(kept).close()
        proof = verify(kept.folder)
        assert proof.holds, (lives, proof.claims)
        known = frozenset[int]().union(*(each.standing().delivered for each in retry_folders(kept.folder)))
        assert said <= known | set(proof.state.delivered), lives
        claim = claim_of_retries(kept.folder, proof.state)
        assert claim is None or claim.holds, lives
        lines = [line.position for line in rejected_lines(kept.folder, proof.state.rejected_bytes)]
        assert SpanSet.of(sorted(lines)) == proof.state.rejected, lives


async def test_a_retry_that_was_withdrawn_stands_for_nothing_with_the_next_one(place: MemoryPlace) -> None:
    """It is not deleted in the bucket, and nobody goes on with it."""
    kept = begun(place, 1)
    checkpoint = opened(kept)
    await checkpoint.record_segment(segment_of(0, 10, rejected=[2]))
    retry = create_retry(kept.folder, [Correction(2, b"{}")], kept.open_file)
    assert retry.withdraw(kept.open_file)
    await checkpoint.close()
    folder = begun(place, 2).folder
    assert [each.standing().unsettled for each in retry_folders(folder)] == [frozenset()]
    assert create_retry(folder, [Correction(2, b"{}")]).path.name == "0002"


async def test_what_replaced_labels_were_is_there_for_who_goes_on(place: MemoryPlace) -> None:
    """And not for those who only look; nor are files of which a copy can be made anew."""
    kept = begun(place, 1)
    await opened(kept).close()
    replaced = ReplacedFile(kept.folder, kept.open_file)
    replaced.append([KeptMedia("m1", 0, (b"{}",))])
    replaced.close()
    (kept.folder / "mentions").write_bytes(b"1")
    EpochObjects(place, ROOT).put_away(kept, *WHOLE)
    looked = EpochObjects(place, ROOT).last()
    assert looked is not None
    assert sorted(path.name for path in looked.folder.iterdir()) == ["log"]
    for epoch in (2, 3):
        folder = begun(place, epoch).folder
        assert [each.media_id for each in kept_media(folder)] == ["m1"]
        assert (folder / "mentions").read_bytes() == b"1"


async def test_a_segment_that_somebody_else_put_there_is_a_lost_lease(place: MemoryPlace) -> None:
    """It is seen at the first one; nothing is known to be on record then."""
    kept = begun(place, 1)
    checkpoint = opened(kept)
    end = (kept.folder / "log").stat().st_size
    place.create(f"{ROOT}/{kept.name}/log/0001-{end:012d}", b"other")
    with pytest.raises(LeaseLost, match="another worker writes the same checkpoint"):
        await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.close()


async def test_a_segment_that_was_deleted_is_named(place: MemoryPlace) -> None:
    """It is not gone on without it."""
    kept = begun(place, 1)
    checkpoint = opened(kept)
    await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.record_sent(batch_of(1, [2]))
    await checkpoint.close()
    _, _, gone, *_ = place.names(f"{ROOT}/{kept.name}/log/")
    place.remove(gone)
    with pytest.raises(CheckpointUnusable, match=r"log has nothing between byte \d+ and log/0001"):
        begun(place, 2)


async def test_a_damaged_log_is_named_by_where_it_is(place: MemoryPlace) -> None:
    """And not by the folder of this machine, which goes with the process, and where nothing can be repaired."""
    checkpoint = opened(begun(place, 1))
    await checkpoint.record_segment(segment_of(0, 10))
    await checkpoint.close()
    first, *_ = place.names(f"{ROOT}/epoch-000001/log/")
    place.replace(first, place.objects[first].replace(b"a", b"b"))
    with pytest.raises(CheckpointDamaged) as told:
        begun(place, 2)
    assert str(told.value).startswith(f"{place.name}/{ROOT}/epoch-000001/log is damaged at byte")
    assert "--repair" not in str(told.value)


async def test_files_for_people_are_put_away_beside_it(place: MemoryPlace) -> None:
    """Those that there are."""
    keeping = EpochObjects(place, ROOT)
    kept = keeping.begun(1, unbroken_since=1)
    (kept.folder / "summary.json").write_text("{}")
    keeping.put_away(kept, "summary.json", "report.html")
    assert place.names(f"{ROOT}/{kept.name}/") == [f"{ROOT}/{kept.name}/summary.json"]


async def test_where_nobody_worked_there_is_nothing(place: MemoryPlace) -> None:
    """Also where somebody has only taken the lease."""
    assert EpochObjects(place, ROOT).last() is None
    begun(place, 1)
    assert EpochObjects(place, ROOT).last() is None
