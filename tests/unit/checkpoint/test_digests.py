"""Digests of what was delivered, by which it is known again in a mended source."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.checkpoint import Checkpoint, DeliveredDigests, delivered_digests
from bulk_importer.checkpoint.digests import damaged_digests
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from support.checkpoints import header
from support.entries import batch_of, segment_of

# Few different ones that overlap when they lie side by side, so that a search could hit between two of them.
ALIKE = st.lists(st.sampled_from([0, 1, 256]), min_size=8, max_size=8).map(
    lambda bits: bytes(b % 255 for b in bits)
)


@given(st.lists(ALIKE | st.binary(min_size=8, max_size=8), max_size=40), st.data())
def test_each_digest_can_be_taken_as_often_as_it_was_put_in(
    digests: list[bytes], data: st.DataObject
) -> None:
    """Held against a `Counter`."""
    found = DeliveredDigests(len(digests))
    found.put(b"".join(digests))
    naive = Counter(digests)
    wanted = data.draw(st.lists(st.sampled_from(digests) if digests else ALIKE, max_size=60))
    for digest in wanted:
        assert found.take(digest) == (naive[digest] > 0)
        naive[digest] -= naive[digest] > 0
    assert len(found) == naive.total()


async def folder_with_deliveries(folder: Path) -> None:
    """Forty entries in two segments; 3, 4 and 25 are delivered."""
    checkpoint = Checkpoint.open(folder, header())
    await checkpoint.record_segment(segment_of(0, 20))
    await checkpoint.record_segment(segment_of(20, 20))
    await checkpoint.record_sent(batch_of(1, [3, 4, 25]))
    await checkpoint.record_delivered(batch_of(1, [3, 4, 25]))
    await checkpoint.record_sent(batch_of(2, [5]))
    await checkpoint.close()


async def test_only_what_is_delivered_is_known_again(tmp_path: Path) -> None:
    """What is owed or in doubt is not."""
    await folder_with_deliveries(tmp_path)
    found = delivered_digests(tmp_path)
    assert [n for n in range(40) if found.take(n.to_bytes(8, "big"))] == [3, 4, 25]


async def test_digests_that_are_not_what_was_written_are_named_by_position(tmp_path: Path) -> None:
    """They would skip an entry that was never delivered, or send one twice."""
    await folder_with_deliveries(tmp_path)
    content = bytearray((tmp_path / "digests").read_bytes())
    content[8 * 30] ^= 1
    (tmp_path / "digests").write_bytes(content)
    with pytest.raises(CheckpointDamaged, match="positions 20 to 39"):
        delivered_digests(tmp_path)


async def test_a_missing_tail_is_damage_and_a_surplus_is_cut(tmp_path: Path) -> None:
    """The log counts on eight bytes for each position that it has."""
    await folder_with_deliveries(tmp_path)
    with (tmp_path / "digests").open("ab") as file:
        file.write(b"surplus")
    checkpoint = Checkpoint.open(tmp_path, header())
    assert not damaged_digests(tmp_path, checkpoint.state)
    await checkpoint.close()
    content = (tmp_path / "digests").read_bytes()
    assert len(content) == 320
    (tmp_path / "digests").write_bytes(content[:-1])
    with pytest.raises(CheckpointUnusable, match="319 bytes, the log counts on 320"):
        Checkpoint.open(tmp_path, header())
