"""Every prefix of a log is true, and no flipped bit goes unnoticed: held against a naive model."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint.log import records
from bulk_importer.checkpoint.log.frames import Damage
from bulk_importer.checkpoint.log.replay import replay
from bulk_importer.checkpoint.log.snapshot import snapshot
from bulk_importer.checkpoint.log.transitions import apply
from support.profiles import examples
from support.stories import HEADER, NaiveLedger, naive, story, told, written


def compacted(content: bytes) -> bytes:
    replayed = replay(content)
    header = msgspec.structs.replace(replayed.header, compacted=True)
    return written([records.encode(header), records.encode(snapshot(replayed.state))])[0]


@given(st.integers(0, 2**32), st.integers(1, 40), st.data())
@settings(max_examples=examples(60))
def test_any_prefix_of_a_log_tells_what_was_true_at_that_length(
    seed: int, steps: int, data: st.DataObject
) -> None:
    """Cut anywhere, with or without zeros behind: the whole frames count, the torn one does not."""
    chapters = story(seed, steps)
    content, ends = written([payload for payload, _ in chapters])
    cuts = data.draw(st.lists(st.integers(ends[0], len(content)), min_size=1, max_size=20))
    for length in [*ends, *cuts]:
        whole = sum(end <= length for end in ends)
        for zeros in (0, 1, 500):
            replayed = replay(content[:length] + bytes(zeros))
            assert told(replayed.state) == naive(chapters[whole - 1][1])
            assert replayed.length == ends[whole - 1]


@pytest.mark.parametrize("seed", [1, 2])
def test_every_prefix_of_one_log_tells_what_was_true_at_that_length(seed: int) -> None:
    """Byte by byte, so that no length is left to chance; without a whole header there is no state."""
    chapters = story(seed, 25)
    content, ends = written([payload for payload, _ in chapters])
    for length in range(len(content) + 1):
        whole = sum(end <= length for end in ends)
        if whole:
            assert told(replay(content[:length]).state) == naive(chapters[whole - 1][1])
        else:
            with pytest.raises(Damage):
                replay(content[:length])


@pytest.mark.parametrize("is_compacted", [False, True])
def test_every_single_flipped_bit_of_one_log_is_damage(is_compacted: bool) -> None:
    """Each bit of each byte, of checksums, lengths, blanks and line feeds as well."""
    content, _ = written([payload for payload, _ in story(7, 12)])
    if is_compacted:
        content = compacted(content)
    for at in range(len(content)):
        for bit in range(8):
            altered = bytearray(content)
            altered[at] ^= 1 << bit
            with pytest.raises(Damage):
                replay(bytes(altered))


@given(st.integers(0, 2**32), st.integers(1, 40), st.integers(0, 200), st.data())
@settings(max_examples=examples(150))
def test_a_flipped_bit_in_a_torn_log_never_changes_what_it_tells(
    seed: int, steps: int, torn: int, data: st.DataObject
) -> None:
    """With the end missing as well, the state is the one of the whole frames, or there is a clear error."""
    content, ends = written([payload for payload, _ in story(seed, steps)])
    content = content[: max(ends[0], len(content) - torn)]
    before = replay(content)
    altered = bytearray(content)
    altered[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        after = replay(bytes(altered))
    except Damage:
        return
    assert snapshot(after.state) == snapshot(before.state)
    assert after.length == before.length


@given(st.integers(0, 2**32), st.integers(2, 60), st.data())
@settings(max_examples=examples(60))
def test_a_dropped_or_doubled_frame_is_damage(seed: int, steps: int, data: st.DataObject) -> None:
    """Frames know their place, so a file system that loses or repeats a stretch does not go unnoticed."""
    content, ends = written([payload for payload, _ in story(seed, steps)])
    number = data.draw(st.integers(0, len(ends) - 2))
    start, end = ends[number], ends[number + 1]
    for altered in (content[:start] + content[end:], content[:end] + content[start:end]):
        if altered != content[: len(altered)]:
            with pytest.raises(Damage):
                replay(altered)


@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(0, 30))
@settings(max_examples=examples(60))
def test_a_compacted_log_tells_the_same_then_and_ever_after(seed: int, steps: int, more: int) -> None:
    """A snapshot in place of the history makes no difference to what it says, or to what may follow."""
    chapters = story(seed, steps + more)
    content, ends = written([payload for payload, _ in chapters])
    short = replay(compacted(content[: ends[steps]]))
    assert snapshot(short.state) == snapshot(replay(content[: ends[steps]]).state)
    for payload, _ in chapters[steps + 1 :]:
        apply(short.state, records.decode(payload))
    assert snapshot(short.state) == snapshot(replay(content).state)


def test_a_compacted_log_that_breaks_off_in_its_snapshot_is_damage() -> None:
    """It would otherwise pass for a log in which nothing was sent yet."""
    content = compacted(written([payload for payload, _ in story(3, 30)])[0])
    header_end = content.index(b"\n") + 1
    for length in range(header_end, len(content)):
        with pytest.raises(Damage):
            replay(content[:length])


@given(st.integers(0, 2**32), st.integers(1, 80))
@settings(max_examples=examples(60))
def test_how_often_an_entry_failed_is_known_as_long_as_it_is_unsettled(seed: int, steps: int) -> None:
    """By the entries that it failed together with, through compaction as well; no entry is in two groups."""
    ledger = NaiveLedger(Random(seed))
    chapters = [records.encode(HEADER), *(records.encode(ledger.step()) for _ in range(steps))]
    content, _ = written(chapters)
    for state in (replay(content).state, replay(compacted(content)).state):
        known: dict[int, int] = {}
        for group in state.suspects:
            for start, stop in state.unsettled(group.spans):
                for position in range(start, stop):
                    assert position not in known
                    known[position] = group.tries
        unsettled = set(ledger.positions("owed") + ledger.positions("sent"))
        assert known == {position: tries for position, tries in ledger.tries.items() if position in unsettled}
