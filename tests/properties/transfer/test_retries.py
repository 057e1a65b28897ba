"""Retries over a server that fails at random: nothing is doubled, nothing is lost, and every count agrees."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulk_importer.checkpoint import read_state, verify
from bulk_importer.checkpoint.retries import retry_folders
from bulk_importer.pipeline import Caller
from bulk_importer.pipeline.retry.plan import RetrySpec
from bulk_importer.pipeline.retry.retrying import retry_rejected
from bulk_importer.sandbox import Fault, FaultScript, Prepared, Sandbox, SandboxConfig
from bulk_importer.settings import Settings
from support.entries import entry
from support.importing import import_file
from support.profiles import examples

ENTRIES = 8
FAILURES: list[int | str] = [503, 503, 502, "reset before commit", "reset after commit", "half an answer"]


class Person:
    """Mends what is rejected, some of it, again and again, and never looks at what is settled."""

    def __init__(self, rng: random.Random, folder: Path, sandbox: Sandbox, project: Prepared) -> None:
        self.rng = rng
        self.folder = folder
        self.sandbox = sandbox
        self.project = project
        self.checkpoint = folder / "l.json.checkpoint"
        # What was asked for each position, by the coordinate; a position may hold any of them, once.
        self.tries: dict[int, set[int]] = {at: set() for at in range(ENTRIES)}
        self.settings = Settings(
            workers=0,
            retry_wait=0.001,
            max_retry_wait=0.002,
            probe_wait=0.002,
            max_probe_wait=0.004,
            doubt_wait=0.0,
            max_batch_entries=3,
            request_timeout=2.0,
        )

    async def load(self) -> None:
        path = self.folder / "l.json"
        entries = [entry(media, at, broken=True) for at, media in enumerate(self.project.media_ids)]
        path.write_text(json.dumps(entries))
        told = replace(self.settings, server=self.sandbox.url, project=self.project.id)
        await import_file(path, told)

    async def retry(self, *, sane: bool) -> None:
        """Feed a part of what is listed, well or badly mended, or go on with what was begun."""
        lines = [json.loads(line) for line in (self.checkpoint / "rejected.jsonl").read_text().splitlines()]
        corrected = None
        if lines and not sane and self.rng.random() < 0.75:
            corrected = self.folder / "c.jsonl"
            corrected.write_text(
                "".join(map(self.mended, self.rng.sample(lines, self.rng.randint(1, len(lines)))))
            )
        told = replace(
            self.settings,
            max_outage=60.0 if sane else 0.01,
            server_request_limit=0.0 if sane or self.rng.random() < 0.5 else 600.0,
        )
        await retry_rejected(RetrySpec(self.checkpoint, told, corrected=corrected), Caller())

    def mended(self, line: dict[str, Any]) -> str:
        at = line["position"]
        x = 100 * (len(self.tries[at]) + 1) + at
        still_broken = self.rng.random() < 0.2
        if not still_broken:
            self.tries[at].add(x)
        return (
            json.dumps({"position": at, "entry": entry(self.project.media_ids[at], x, broken=still_broken)})
            + "\n"
        )

    async def check(self, *, at_rest: bool) -> None:
        """What is said, listed and held."""
        proof = verify(self.checkpoint)
        assert proof.holds, proof.claims
        _, state = read_state(self.checkpoint)
        lines = [json.loads(line) for line in (self.checkpoint / "rejected.jsonl").read_text().splitlines()]
        assert sorted(line["position"] for line in lines) == [
            at for start, stop in state.rejected for at in range(start, stop)
        ]
        assert state.finding_counts.get("schema-missing-key", 0) == len(lines)
        held = await self.sandbox.labels(self.project.id)
        for at, media in enumerate(self.project.media_ids):
            xs = [int(value["g"][0]) for value in held[media] if value["k"] == "poi"]  # type: ignore[index]  # canonical values are plain JSON
            assert len(xs) <= 1, (at, xs)
            assert set(xs) <= self.tries[at]
            if at_rest or at in state.delivered:
                assert bool(xs) == (at in state.delivered), (at, xs)


async def live(seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    mishaps = [
        Fault(rng.choice([*FAILURES, "ok", "ok", "ok"]), times=rng.randint(1, 3)) for _ in range(3 * rounds)
    ]
    with tempfile.TemporaryDirectory() as place:
        async with Sandbox(SandboxConfig(seed=1, faults=FaultScript(mishaps))) as sandbox:
            person = Person(rng, Path(place), sandbox, await sandbox.prepare(name="p", media=ENTRIES))
            await person.load()
            for _ in range(rounds):
                await person.retry(sane=False)
                await person.check(at_rest=False)
            for _ in range(60):  # without a file, each goes on until nothing is unsettled
                await person.retry(sane=True)
                if not any(each.standing().unsettled for each in retry_folders(person.checkpoint)):
                    break
            await person.check(at_rest=True)


@pytest.mark.slow
@given(st.integers(0, 2**32), st.integers(1, 5))
@settings(max_examples=examples(10))
@example(0, 5)
@example(1571, 5)
def test_retries_double_nothing_and_lose_nothing(seed: int, rounds: int) -> None:
    """Whatever fails on the way, and whatever a person feeds next; at rest all that was delivered is there, once."""
    asyncio.run(live(seed, rounds))
