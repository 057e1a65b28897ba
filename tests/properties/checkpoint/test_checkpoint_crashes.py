"""A checkpoint that crashes at random moments remembers all that it acknowledged: held against a naive ledger."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint import Checkpoint, CheckpointState, FolderOptions, rejected_lines, verify
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.spans import SpanSet
from support.checkpoints import FailingFile, header
from support.entries import batch_of, rejection_of, segment_of
from support.profiles import examples

UNREAD = "unread"


class Disk:
    """Files of one life, and the step at which the power is cut."""

    def __init__(self, rng: random.Random, steps: int) -> None:
        self.rng = rng
        self.left = steps
        self.files: list[FailingFile] = []

    def open(self, path: Path) -> FailingFile:
        self.files.append(FailingFile(path, self.step))
        return self.files[-1]

    def step(self, *_: object) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError("power cut")

    def crash(self, folder: Path) -> None:
        """Leave of each file what was synced, and of the rest what chance leaves: some, zeros, or nothing."""
        synced = {file.inode: file.synced for file in self.files}
        for path in folder.iterdir():
            inode, size = path.stat().st_ino, path.stat().st_size
            if inode not in synced:
                continue
            kept = self.rng.randint(synced[inode], size) if size > synced[inode] else size
            zeros = self.rng.choice([0, 0, size - kept])
            os.truncate(path, kept)
            os.truncate(path, kept + zeros)


class Story:
    """What may be true of each position: one thing when it was acknowledged, two while it was asked for."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.may_be: list[set[str]] = []
        self.busy: set[int] = set()
        self.number = 0

    def asks(self, positions: list[int], fate: str) -> None:
        for position in positions:
            self.may_be[position] = self.may_be[position] | {fate}

    def knows(self, positions: list[int], fate: str) -> None:
        for position in positions:
            self.may_be[position] = {fate}

    def choose_owed(self) -> list[int]:
        owed = [n for n, fates in enumerate(self.may_be) if fates == {"owed"} and n not in self.busy]
        chosen = self.rng.sample(owed, min(len(owed), self.rng.randint(1, 5)))
        self.busy.update(chosen)
        return sorted(chosen)

    def settle_with(self, state: CheckpointState) -> None:
        """What the reopened checkpoint says must be among what may be; from here on it is what is."""
        self.busy.clear()
        told = [told_fate(state, position) for position in range(len(self.may_be))]
        for position, fate in enumerate(told):
            assert fate in self.may_be[position], (position, fate, self.may_be[position])
        self.may_be = [{fate} for fate in told if fate != UNREAD]
        self.number = max(self.number, state.next_batch)


def told_fate(state: CheckpointState, position: int) -> str:
    if position >= state.position:
        return UNREAD
    sets = {
        "delivered": state.delivered,
        "rejected": state.rejected,
        "skipped": state.skipped,
        "taken": state.taken,
    }
    fates = [name for name, spans in sets.items() if position in spans]
    assert len(fates) <= 1
    return fates[0] if fates else "owed"


async def feed(checkpoint: Checkpoint, story: Story) -> None:
    """Records segments, one after the other."""
    for _ in range(story.rng.randint(0, 4)):
        first, count = len(story.may_be), story.rng.randint(0, 8)
        fates = story.rng.choices(["owed", "owed", "rejected", "skipped"], k=count)
        story.may_be += [{UNREAD, fate} for fate in fates]
        await checkpoint.record_segment(
            segment_of(
                first,
                count,
                rejected=[first + n for n, fate in enumerate(fates) if fate == "rejected"],
                skipped=[first + n for n, fate in enumerate(fates) if fate == "skipped"],
            )
        )
        for n, fate in enumerate(fates):
            story.may_be[first + n] = {fate}


async def carry(checkpoint: Checkpoint, story: Story) -> None:
    """Sends batches and learns what became of them, as one connection does."""
    for _ in range(story.rng.randint(1, 6)):
        positions = story.choose_owed()
        if not positions:
            await checkpoint.record_note("gate", story.rng.random())
            continue
        story.number += 1
        batch = batch_of(story.number, positions)
        story.asks(positions, "taken")
        await checkpoint.record_sent(batch)
        story.knows(positions, "taken")
        match story.rng.randrange(5):
            case 0:
                story.asks(positions, "owed")
                await checkpoint.record_owed(batch, "503")
                story.knows(positions, "owed")
                story.busy.difference_update(positions)
            case 1:
                culprit, *rest = story.rng.sample(positions, len(positions))
                story.asks([culprit], "rejected")
                story.asks(rest, "owed")
                await checkpoint.record_rejected([rejection_of(culprit)], batch)
                story.knows([culprit], "rejected")
                story.knows(rest, "owed")
            case 2:
                await checkpoint.record_in_doubt(batch, "reset")
            case _:
                story.asks(positions, "delivered")
                await checkpoint.record_delivered(batch)
                story.knows(positions, "delivered")


async def correct(checkpoint: Checkpoint, story: Story) -> None:
    """Puts on record that a retry delivered some of what was rejected, while others reject more."""
    for _ in range(story.rng.randint(0, 3)):
        rejected = [n for n, fates in enumerate(story.may_be) if fates == {"rejected"}]
        positions = sorted(story.rng.sample(rejected, min(len(rejected), story.rng.randint(0, 3))))
        if positions:
            story.asks(positions, "delivered")
            await checkpoint.record_corrected(SpanSet.of(positions).spans)
            story.knows(positions, "delivered")
        await asyncio.sleep(0)


async def resolve(checkpoint: Checkpoint, story: Story) -> None:
    """Finds out about some of what was in doubt at the beginning."""
    for doubt in checkpoint.state.doubts():
        if story.rng.random() < 0.5:
            delivered = story.rng.random() < 0.5
            fate = "delivered" if delivered else "owed"
            positions = [position for start, stop in doubt.spans for position in range(start, stop)]
            story.asks(positions, fate)
            await checkpoint.record_resolved(doubt.batch, delivered=delivered, why="looked")
            story.knows(positions, fate)


async def survive(step: Coroutine[None, None, None]) -> None:
    """Take a step that the power cut may end."""
    with suppress(CheckpointUnusable):
        await step


async def live(folder: Path, story: Story, disk: Disk, compact_bytes: int) -> None:
    """One life: from opening to the power cut, or to the end of what there was to do."""
    try:
        checkpoint = Checkpoint.open(
            folder, header(), FolderOptions(compact_bytes=compact_bytes, open_file=disk.open)
        )
    except CheckpointUnusable:
        return
    story.settle_with(checkpoint.state)
    async with asyncio.TaskGroup() as tasks:
        for step in (resolve(checkpoint, story), feed(checkpoint, story), correct(checkpoint, story)):
            tasks.create_task(survive(step))
        for _ in range(3):
            tasks.create_task(survive(carry(checkpoint, story)))
    await checkpoint.close()


@given(
    st.integers(0, 2**32),
    st.lists(st.integers(0, 60), min_size=1, max_size=6),
    st.sampled_from([400, 1 << 30]),
)
@settings(max_examples=examples(60))
@example(0, [0, 3, 9], 400)
def test_what_was_acknowledged_survives_any_power_cut(seed: int, cuts: list[int], compact_bytes: int) -> None:
    """Nothing is forgotten and nothing made up, over several lives, with and without compaction."""
    rng = random.Random(seed)
    story = Story(rng)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "checkpoint"
        for steps in [*cuts, 1 << 30]:
            disk = Disk(rng, steps)
            asyncio.run(live(folder, story, disk, compact_bytes))
            if folder.exists():
                disk.crash(folder)
        with_end = Checkpoint.open(folder, header())
        story.settle_with(with_end.state)
        asyncio.run(with_end.close())
        proof = verify(folder)
        assert proof.holds, proof.claims
        listed = [line.position for line in rejected_lines(folder, with_end.state.rejected_bytes)]
        assert SpanSet.of(sorted(listed)) == with_end.state.rejected
