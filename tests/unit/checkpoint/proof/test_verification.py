"""A proof holds for what a writer of ours leaves, and fails for everything that was taken away or made up since."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
from xxhash import xxh3_128_hexdigest

from bulk_importer.checkpoint import (
    Checkpoint,
    CheckpointState,
    Claim,
    FolderOptions,
    SourceIdentity,
    SourceProof,
    verify,
)
from bulk_importer.checkpoint.log import records
from bulk_importer.checkpoint.log.file import read_content
from bulk_importer.checkpoint.log.frames import frame, split
from bulk_importer.checkpoint.log.records import Snapshot, decode, encode
from bulk_importer.errors import CheckpointDamaged
from bulk_importer.model import SegmentKey
from bulk_importer.spans import Span
from support.checkpoints import header
from support.entries import batch_of, rejection_of, segment_of


async def written(folder: Path, *, compact_bytes: int = 1 << 30) -> None:
    """A checkpoint with something in every place, in a folder of its own."""
    checkpoint = Checkpoint.open(folder, header(), FolderOptions(compact_bytes=compact_bytes))
    await checkpoint.record_segment(segment_of(0, 50, rejected=[3], skipped=[0]))
    await checkpoint.record_segment(segment_of(50, 50))
    for number in range(8):
        batch = batch_of(number, range(10 + 10 * number, 20 + 10 * number))
        await checkpoint.record_sent(batch)
        if number == 2:
            await checkpoint.record_rejected([rejection_of(31)], batch)
        elif number == 3:
            await checkpoint.record_in_doubt(batch, "reset")
        elif number == 4:
            await checkpoint.record_owed(batch, "503")
        elif number < 7:
            await checkpoint.record_delivered(batch)
    await checkpoint.close()


def failing(folder: Path) -> dict[str, str]:
    """The claims that do not hold, with what they say."""
    return {claim.name: claim.text for claim in verify(folder).claims if not claim.holds}


@pytest.mark.parametrize("compact_bytes", [100, 1 << 30])
async def test_a_checkpoint_with_something_in_every_place_is_proven(
    tmp_path: Path, compact_bytes: int
) -> None:
    """Compacted or not."""
    await written(tmp_path, compact_bytes=compact_bytes)
    proof = verify(tmp_path)
    assert proof.holds, proof.claims
    texts = {claim.name: claim.text for claim in proof.claims}
    assert (
        texts["accounts"]
        == "40 delivered + 2 rejected + 1 skipped + 20 unconfirmed + 37 not sent yet = 100 entries"
    )
    assert "the rest is not read yet, length unknown" in texts["tiling"]
    assert ("since the log was compacted" in texts["outcomes"]) == (compact_bytes == 100)


async def test_a_fresh_checkpoint_is_proven(tmp_path: Path) -> None:
    """It claims nothing."""
    await Checkpoint.open(tmp_path, header()).close()
    assert verify(tmp_path).holds


async def test_a_damaged_log_proves_nothing(tmp_path: Path) -> None:
    """It is an error, not a claim that fails."""
    await written(tmp_path)
    content = bytearray(read_content(tmp_path))
    content[len(content) // 2] ^= 1
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(CheckpointDamaged):
        verify(tmp_path)


async def test_a_rejected_entry_that_is_missing_surplus_or_doubled_is_counted(tmp_path: Path) -> None:
    """Line by line, although the length is right."""
    await written(tmp_path)
    path = tmp_path / "rejected.jsonl"
    first, second = path.read_bytes().splitlines(keepends=True)
    assert not failing(tmp_path)
    path.write_bytes(first.replace(b'"position":3', b'"position":4', 1) + second)
    assert failing(tmp_path)["rejects"] == (
        "rejected.jsonl lacks 1 rejected entry, holds 1 that is not rejected, and 0 twice"
    )
    path.write_bytes(first + first + second[:-1])
    assert "lacks 1" in failing(tmp_path)["rejects"]
    path.write_bytes(b"x" * len(first + second))
    assert "line 1" in failing(tmp_path)["rejects"]


async def test_a_line_that_a_retry_settled_before_lines_were_taken_out_is_told_apart(tmp_path: Path) -> None:
    """It is no mistake: a log of yesterday did not say how long the rest is. The next correction takes it out."""
    await written(tmp_path)
    content, old = read_content(tmp_path), records.Corrected(spans=(Span(3, 4),))
    (tmp_path / "log").write_bytes(content + frame(encode(old), len(content)))
    assert verify(tmp_path).holds
    texts = {claim.name: claim.text for claim in verify(tmp_path).claims}
    assert texts["rejects"] == (
        "rejected.jsonl holds 1 rejected entry, each once, and 1 besides that a retry has delivered since"
    )
    checkpoint = Checkpoint.open(tmp_path, header())
    await checkpoint.record_corrected([Span(31, 32)])
    await checkpoint.close()
    assert (tmp_path / "rejected.jsonl").read_bytes() == b""
    assert "schema" not in checkpoint.state.finding_counts


async def test_a_digest_that_changed_or_is_gone_is_named(tmp_path: Path) -> None:
    """From which position on."""
    await written(tmp_path)
    path = tmp_path / "digests"
    content = path.read_bytes()
    path.write_bytes(content[:-8])
    assert "from position 50 on" in failing(tmp_path)["digests"]
    path.unlink()
    assert "No such file" in failing(tmp_path)["digests"]


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"delivered": (10, 20, 10, 35)}, "accounts"),
        ({"skipped": (0, 1, 9, 3)}, "accounts"),
        ({"delivered": (10, 20, 200, 5)}, "accounts"),
        ({"rejected": (3, 1)}, "rejects"),
    ],
    ids=["delivered and in doubt", "skipped and delivered", "delivered and never read", "a rejection less"],
)
async def test_a_snapshot_that_puts_an_entry_in_two_places_or_none_is_found_out(
    tmp_path: Path, change: dict[str, tuple[int, ...]], claim: str
) -> None:
    """Its checksums are right; its sets are not."""
    await written(tmp_path)
    checkpoint = Checkpoint.open(tmp_path, header(), FolderOptions(compact_bytes=100))
    await checkpoint.record_note("compacts", "before it is written")
    await checkpoint.close()
    content, altered = read_content(tmp_path), b""
    for _, _, payload in split(content):
        record = decode(payload)
        if isinstance(record, Snapshot):
            record = msgspec.structs.replace(record, **change)
        elif altered.count(b"\n") > 1:
            break  # what follows may contradict what was made up
        altered += frame(encode(record), len(altered))
    (tmp_path / "log").write_bytes(altered)
    assert claim in failing(tmp_path)


def state_of(content: bytes, cuts: list[int], *, start: int) -> CheckpointState:
    """A state that has read `content` in segments that end at `cuts`, the first of them beginning at `start`."""
    state = CheckpointState(SourceIdentity())
    for number, (low, high) in enumerate(zip([start, *cuts], cuts, strict=False)):
        digest = xxh3_128_hexdigest(content[low:high])
        state.segments.append(SegmentKey(number, 1, low, high - low, digest))
    return state


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
@pytest.mark.parametrize("seed", range(20))
def test_a_source_is_proven_however_it_is_cut_and_fed(seed: int, piece: int) -> None:
    """And a flipped bit in any segment is found in that segment; before and behind them it does not matter."""
    rng = random.Random(seed)
    content = rng.randbytes(rng.randint(0, 60))
    start = rng.randint(0, len(content))
    cuts = sorted(rng.choices(range(start, len(content) + 1), k=rng.randint(0, 6)))
    state = state_of(content, cuts, start=start)
    assert fed(state, content, piece).holds
    for at in range(len(content)):
        altered = bytearray(content)
        altered[at] ^= 1 << rng.randrange(8)
        touched = [key for key in state.segments if key.offset <= at < key.offset + key.length]
        claim = fed(state, bytes(altered), piece)
        assert claim.holds == (not touched)
        if touched:
            assert (
                f"between byte {touched[0].offset} and byte {touched[0].offset + touched[0].length}"
                in claim.text
            )
    if cuts and cuts[-1] > start:
        assert not fed(state, content[: cuts[-1] - 1], piece).holds


def fed(state: CheckpointState, content: bytes, piece: int) -> Claim:
    """What comes of the source when it is fed in pieces."""
    proof = SourceProof(state)
    for at in range(0, len(content), piece):
        proof.feed(content[at : at + piece])
    return proof.finish()
