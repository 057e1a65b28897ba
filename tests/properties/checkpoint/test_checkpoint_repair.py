"""A repaired log never takes for owed what was sent, nor for settled what was not: held against the undamaged one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint.log.frames import Damage, split
from bulk_importer.checkpoint.log.records import SegmentRead, decode
from bulk_importer.checkpoint.log.replay import replay
from bulk_importer.checkpoint.log.snapshot import snapshot
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.proof.salvage import salvage
from bulk_importer.spans import SpanSet
from support.profiles import examples
from support.stories import story, written


def log_of(seed: int, steps: int) -> bytes:
    """A log of an import, and nothing else."""
    return written([payload for payload, _ in story(seed, steps)])[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_any_flipped_bit_is_turned_back(seed: int) -> None:
    """Each bit of each byte of a log: what comes out is what was written, and nothing is in doubt because of it."""
    content = log_of(seed, 12)
    whole = replay(content)
    for at in range(len(content)):
        altered = bytearray(content)
        altered[at] ^= 1 << (at * 5 + seed) % 8
        salvaged = salvage(bytes(altered), whole.state.position, 1e9)
        assert (salvaged.corrected, salvaged.lost, salvaged.doubted) == (1, 0, 0)
        assert snapshot(salvaged.state) == snapshot(whole.state)


@given(st.integers(0, 2**32), st.integers(2, 60), st.data())
@settings(max_examples=examples(150))
def test_a_lost_record_never_makes_owed_what_may_have_been_sent(
    seed: int, steps: int, data: st.DataObject
) -> None:
    """One or a few records are overwritten: nothing that is delivered or in doubt is owed, nor the other way."""
    content = log_of(seed, steps)
    whole = replay(content).state
    frames = list(split(content))
    altered = bytearray(content)
    rng = random.Random(seed)
    for number in data.draw(st.lists(st.integers(1, len(frames) - 1), min_size=1, max_size=3)):
        offset, end, _ = frames[number]
        low = data.draw(st.integers(offset, end - 2))
        high = data.draw(st.integers(low + 1, min(end, low + 40)))
        altered[low:high] = rng.randbytes(high - low)
    try:
        replay(bytes(altered))
    except Damage:
        pass
    else:
        return
    try:
        salvaged = salvage(bytes(altered), whole.position, 1e9).state
    except Damage:
        lost = [decode(payload) for low, high, payload in frames if altered[low:high] != content[low:high]]
        assert any(isinstance(record, SegmentRead) for record in lost)
        return
    assert salvaged.position == whole.position
    owed = SpanSet(salvaged.owed_within(0, salvaged.position))
    for fate in (whole.delivered, whole.taken):
        assert not any(owed.meets(start, stop) for start, stop in fate)
    for name in ("delivered", "rejected", "skipped"):
        for start, stop in getattr(salvaged, name):
            assert truly(whole, name, start, stop)


def truly(whole: CheckpointState, name: str, start: int, stop: int) -> bool:
    """Whether the undamaged log says the same, or that a rejected entry was delivered by a retry later."""
    fates: list[SpanSet] = [getattr(whole, name)]
    if name == "rejected":
        fates.append(whole.delivered)
    return all(any(position in fate for fate in fates) for position in range(start, stop))


def test_a_log_without_its_header_is_not_repaired() -> None:
    """It is not known what it belongs to."""
    content = bytearray(log_of(1, 10))
    content[5:60] = b"x" * 55
    with pytest.raises(Damage, match="header is lost"):
        salvage(bytes(content), 0, 1e9)
