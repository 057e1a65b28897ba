"""Every prefix of a log is true, and no flipped bit goes unnoticed: held against a naive model."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint import records
from bulk_importer.checkpoint.frames import Damage, frame
from bulk_importer.checkpoint.replay import replay
from bulk_importer.checkpoint.snapshot import snapshot
from bulk_importer.checkpoint.state import CheckpointState
from bulk_importer.checkpoint.transitions import apply
from bulk_importer.model import SegmentKey
from bulk_importer.spans import SpanSet

HEADER = records.Header(
    source="labels.json",
    identity=records.SourceIdentity(size=10_000, plain=True),
    server="http://localhost:8080",
    project="p",
    run="r",
)


class NaiveLedger:
    """What became of each position, one by one; makes up a story and tells its records."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.fates: list[str] = []
        self.batches: dict[int, list[int]] = {}
        self.doubted: set[int] = set()
        self.numbers = 0
        self.offset = 0

    def positions(self, fate: str) -> list[int]:
        return [position for position, is_now in enumerate(self.fates) if is_now == fate]

    def step(self) -> records.Record:
        owed, flying = self.positions("owed"), sorted(self.batches.keys() - self.doubted)
        moves = [self.segment, self.note]
        if owed:
            moves += [self.sent, self.sent, self.sent, self.rejected, self.skipped]
        if flying:
            moves += [self.delivered, self.delivered, self.owed, self.refused, self.doubt, self.again]
        if self.doubted:
            moves.append(self.resolved)
        if self.positions("rejected"):
            moves.append(self.corrected)
        return self.rng.choice(moves)()

    def choose(self, positions: list[int]) -> list[int]:
        return sorted(self.rng.sample(positions, self.rng.randint(1, min(4, len(positions)))))

    def settle(self, number: int, fate: str) -> None:
        self.doubted.discard(number)
        for position in self.batches.pop(number):
            self.fates[position] = fate

    def flying(self) -> int:
        return self.rng.choice(sorted(self.batches.keys() - self.doubted))

    def segment(self) -> records.Record:
        first, count = len(self.fates), self.rng.randint(0, 6)
        self.fates += self.rng.choices(["owed", "owed", "owed", "rejected", "skipped"], k=count)
        key = SegmentKey(first, count, self.offset, count * 10 + 1, f"{first:032x}")
        self.offset += key.length
        return records.SegmentRead(
            key=key,
            digests_crc=self.rng.getrandbits(32),
            rejected=SpanSet.of(p for p in self.positions("rejected") if p >= first).spans,
            skipped=SpanSet.of(p for p in self.positions("skipped") if p >= first).spans,
            counts={"schema": count},
            rejected_bytes=first * 100,
        )

    def note(self) -> records.Record:
        return records.Note(name="gate", value={"in_flight": self.rng.randint(1, 8)})

    def sent(self) -> records.Record:
        chosen = self.choose(self.positions("owed"))
        self.batches[self.numbers] = chosen
        self.numbers += 1
        for position in chosen:
            self.fates[position] = "sent"
        return records.Sent(
            batch=self.numbers - 1, spans=SpanSet.of(chosen).spans, at=self.rng.random() * 1e9
        )

    def again(self) -> records.Record:
        number = self.flying()
        return records.Sent(batch=number, spans=SpanSet.of(self.batches[number]).spans, at=1e9)

    def delivered(self) -> records.Record:
        number = self.flying()
        self.settle(number, "delivered")
        return records.Delivered(batch=number)

    def owed(self) -> records.Record:
        number = self.flying()
        self.settle(number, "owed")
        return records.Owed(batch=number, reason="503")

    def refused(self) -> records.Record:
        number = self.flying()
        culprits = self.choose(self.batches[number])
        self.settle(number, "owed")
        return self.reject(culprits, number)

    def rejected(self) -> records.Record:
        return self.reject(self.choose(self.positions("owed")), None)

    def reject(self, culprits: list[int], batch: int | None) -> records.Record:
        for position in culprits:
            self.fates[position] = "rejected"
        spans = SpanSet.of(culprits).spans
        return records.Rejected(spans=spans, counts={"refused": 1}, rejected_bytes=7, batch=batch)

    def corrected(self) -> records.Record:
        chosen = self.choose(self.positions("rejected"))
        for position in chosen:
            self.fates[position] = "delivered"
        return records.Corrected(spans=SpanSet.of(chosen).spans)

    def skipped(self) -> records.Record:
        chosen = self.choose(self.positions("owed"))
        for position in chosen:
            self.fates[position] = "skipped"
        return records.Skipped(spans=SpanSet.of(chosen).spans)

    def doubt(self) -> records.Record:
        number = self.flying()
        self.doubted.add(number)
        return records.InDoubt(batch=number, reason="connection reset")

    def resolved(self) -> records.Record:
        number = self.rng.choice(sorted(self.doubted))
        delivered = self.rng.random() < 0.5
        self.settle(number, "delivered" if delivered else "owed")
        return records.Resolved(batch=number, delivered=delivered, why="read back")


def naive(fates: list[str]) -> dict[str, set[int]]:
    return {
        fate: {position for position, is_now in enumerate(fates) if is_now == fate}
        for fate in ("owed", "sent", "delivered", "rejected", "skipped")
    }


def told(state: CheckpointState) -> dict[str, set[int]]:
    def positions(spans: SpanSet) -> set[int]:
        return {position for start, stop in spans for position in range(start, stop)}

    return {
        "owed": positions(SpanSet(state.owed_within(0, state.position))),
        "sent": positions(state.taken),
        "delivered": positions(state.delivered),
        "rejected": positions(state.rejected),
        "skipped": positions(state.skipped),
    }


def story(seed: int, steps: int) -> list[tuple[bytes, list[str]]]:
    """Records as they are written, and what is true after each; the first is the header."""
    ledger = NaiveLedger(random.Random(seed))
    begun = (records.encode(HEADER), list[str]())
    return [begun, *((records.encode(ledger.step()), list(ledger.fates)) for _ in range(steps))]


def written(payloads: list[bytes]) -> tuple[bytes, list[int]]:
    """A log, and where each of its frames ends."""
    content, ends = b"", []
    for payload in payloads:
        content += frame(payload, len(content))
        ends.append(len(content))
    return content, ends


def compacted(content: bytes) -> bytes:
    replayed = replay(content)
    header = msgspec.structs.replace(replayed.header, compacted=True)
    return written([records.encode(header), records.encode(snapshot(replayed.state))])[0]


@given(st.integers(0, 2**32), st.integers(1, 40), st.data())
@settings(max_examples=60, deadline=None)
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
@settings(max_examples=150, deadline=None)
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
@settings(max_examples=60, deadline=None)
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
@settings(max_examples=60, deadline=None)
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
