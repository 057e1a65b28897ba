"""Logs of imports that were made up at random, with what is naively true after each of their records."""

from __future__ import annotations

import random

from bulk_importer.checkpoint.log import records
from bulk_importer.checkpoint.log.frames import frame
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.model import SegmentKey
from bulk_importer.spans import SpanSet

__all__ = ["HEADER", "NaiveLedger", "naive", "story", "told", "written"]

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
        self.tries: dict[int, int] = {}
        self.numbers = 0
        self.offset = 0

    def positions(self, fate: str) -> list[int]:
        return [position for position, is_now in enumerate(self.fates) if is_now == fate]

    def step(self) -> records.Record:
        owed, flying = self.positions("owed"), sorted(self.batches.keys() - self.doubted)
        moves = [self.segment, self.note, self.moved]
        if owed or self.batches:
            moves.append(self.suspected)
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

    def moved(self) -> records.Record:
        return records.ServerMoved(server=f"https://server{self.rng.randint(1, 3)}")

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

    def suspected(self) -> records.Record:
        chosen = self.choose(self.positions("owed") + self.positions("sent"))
        tries = 1 + max(self.tries.get(position, 0) for position in chosen)
        self.tries.update(dict.fromkeys(chosen, tries))
        return records.Suspected(
            spans=SpanSet.of(chosen).spans, said="status 403", condemned=self.rng.random() < 0.2
        )

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
