"""Doubts are resolved by what a real server says, a real log records, and a clock that the test sets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from bulk_importer.checkpoint import Checkpoint, FolderOptions, Header, SourceIdentity
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.reads.server_clock import ServerClock
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.events import OutageEnded
from bulk_importer.model import Batch, EntryRun, KeepData
from bulk_importer.readback.doubts import Doubts
from bulk_importer.readback.sent_by import note_clock
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from support.entries import entry, run_of, segment_of

LIMIT = 100.0
KEEP = {None: KeepData.MISSING, True: KeepData.TRUE, False: KeepData.FALSE}


@dataclass
class Stage:
    """A batch of three entries whose answer was lost, and a clock."""

    sandbox: Sandbox
    checkpoint: Checkpoint
    doubts: Doubts
    project_id: str
    body: bytes
    run: EntryRun
    later: list[float]

    def land(self) -> None:
        """The request is executed after all."""
        urlopen(
            Request(f"{self.sandbox.url}/api/v1/project/{self.project_id}/prediction", data=self.body)
        ).close()

    @property
    def fate(self) -> str:
        """What the log says of the entries."""
        counts = self.checkpoint.state.counts
        return next(name for name in ("delivered", "in_doubt", "owed") if getattr(counts, name) == 3)


@asynccontextmanager
async def staged(
    sandbox: Sandbox,
    folder: Path,
    *,
    keep: bool | None = None,
    labels: dict[str, Any] | None = None,
    token: str = "",
    ahead: float = 0.0,
) -> AsyncIterator[Stage]:
    """Send nothing, but record that a batch was sent and its answer lost.

    `ahead`: how many seconds the clock of who sent it is ahead of ours.
    """

    def theirs() -> float:
        return time.time() + ahead

    shown = (
        {"labels": {"poi": [{"point": [{"x": 7, "y": 8}]}]}} if labels is None else {"labels": {}, **labels}
    )
    project = await sandbox.prepare(name="p", media=3)
    ids = project.media_ids
    raws = [json.dumps(entry(media_id, keep=keep, **shown)).encode() for media_id in ids]
    run = run_of(ids, raws, keeps=[KEEP[keep]] * 3, weight=2)
    header = Header(source="s", identity=SourceIdentity(), server=sandbox.url, project=project.id, run="r")
    checkpoint = Checkpoint.open(folder / "c", header, FolderOptions(clock=theirs))
    await checkpoint.record_segment(segment_of(0, 3, run=run, key={"length": len(run.data)}))
    batch = Batch(0, (run,), b"[" + run.data + b"]", 3, 6)
    clock = ServerClock()
    clock.note(theirs(), theirs(), time.time() // 1)
    await note_clock(checkpoint, clock)
    await checkpoint.record_sent(batch)
    await checkpoint.record_in_doubt(batch, "reset")
    later = [0.0]
    async with Client.of(Settings(server=sandbox.url), Token(token or None)) as client:
        queries = Queries(client, Patience(5, 5, Timing(time.monotonic, asyncio.sleep), lambda _: None))
        catalog = Catalog(queries)
        await note_clock(checkpoint, queries.server_clock)
        found = await catalog.find_project(project.id)
        reader = LabelReader(queries, catalog, found)
        doubts = Doubts(checkpoint, reader, limit_seconds=LIMIT, clock=lambda: time.time() + later[0])
        doubts.note(run)
        yield Stage(sandbox, checkpoint, doubts, project.id, batch.body, run, later)
    await checkpoint.close()


async def test_labels_that_are_there_prove_delivery_at_any_time(sandbox: Sandbox, tmp_path: Path) -> None:
    """However late they came."""
    async with staged(sandbox, tmp_path) as stage:
        assert not await stage.doubts.ask()
        assert stage.fate == "in_doubt"
        await asyncio.to_thread(stage.land)
        assert await stage.doubts.ask()
        assert (stage.fate, stage.doubts.exist, stage.doubts.media_ids) == ("delivered", False, [])


async def test_labels_that_are_not_there_are_owed_when_the_request_is_over(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """And not a moment sooner: it may still be running."""
    async with staged(sandbox, tmp_path) as stage:
        stage.later[0] = LIMIT - 5
        assert not await stage.doubts.ask()
        assert 0 < stage.doubts.seconds_until_known() <= 5
        stage.later[0] = LIMIT + 1
        assert await stage.doubts.ask()
        assert stage.fate == "owed"


@pytest.mark.parametrize("ahead", [-3600.0, -30.0, 30.0, 3600.0])
async def test_labels_are_found_whatever_clock_the_machine_had_that_sent_them(
    sandbox: Sandbox, tmp_path: Path, ahead: float
) -> None:
    """They are as old as the request by the clock of the server; by another one, those that are there look older."""
    async with staged(sandbox, tmp_path, ahead=ahead) as stage:
        await asyncio.to_thread(stage.land)
        stage.later[0] = LIMIT + 3601
        assert await stage.doubts.ask()
        assert stage.fate == "delivered"


async def test_a_request_is_not_over_before_its_time_by_the_clock_of_the_server(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """By a clock that was behind ours it would have left long ago."""
    async with staged(sandbox, tmp_path, ahead=-3600.0) as stage:
        stage.later[0] = LIMIT - 5
        await stage.doubts.ask()
        assert stage.fate == "in_doubt"
        assert 0 < stage.doubts.seconds_until_known() <= 5 + 3
        stage.later[0] = LIMIT + 3
        assert await stage.doubts.ask()
        assert stage.fate == "owed"


async def test_time_without_a_server_does_not_count(sandbox: Sandbox, tmp_path: Path) -> None:
    """A server that stands still does not finish requests either."""
    async with staged(sandbox, tmp_path) as stage:
        stage.later[0] = 60.0
        stage.doubts.see(OutageEnded(seconds=50.0))
        stage.later[0] = LIMIT + 20
        assert not await stage.doubts.ask()
        assert 25 < stage.doubts.seconds_until_known() <= 30
        stage.later[0] = LIMIT + 51
        assert await stage.doubts.ask()


@pytest.mark.parametrize(("keep", "fate"), [(False, "owed"), (True, "in_doubt"), (None, "in_doubt")])
async def test_where_nothing_proves_anything_only_what_replaces_is_sent_again(
    sandbox: Sandbox, tmp_path: Path, keep: bool | None, fate: str
) -> None:
    """Sending it twice changes nothing; anything else stays in doubt, for a person to decide."""
    async with staged(sandbox, tmp_path, keep=keep, labels={}) as stage:
        assert not await stage.doubts.ask()
        stage.later[0] = LIMIT + 1
        assert await stage.doubts.ask() == (fate == "owed")
        assert stage.fate == fate


async def test_by_token_media_are_read_when_the_request_is_over_and_not_before(
    start_sandbox: Any, tmp_path: Path
) -> None:
    """To read is to write there, and nothing of a media may be in flight meanwhile."""
    token = "6d9f9c1e-5ec7-4a0b-9d5e-0f7a3b1c2d3e"
    sandbox = await start_sandbox(seed=1, flavour="cloud", tokens=[token])
    async with staged(sandbox, tmp_path, token=token) as stage:
        assert not await stage.doubts.ask()
        read = [
            each
            for each in sandbox.requests
            if each.path.startswith("/api/v1/task/") and "list" not in each.path
        ]
        assert not read
        stage.later[0] = LIMIT + 1
        assert await stage.doubts.ask()
        assert stage.fate == "owed"


@pytest.mark.parametrize("keeps", [True, False], ids=["as sent", "changed meanwhile"])
async def test_what_was_sent_again_because_it_replaces_is_read_back(
    sandbox: Sandbox, tmp_path: Path, *, keeps: bool
) -> None:
    """The lost request may have run for longer than anybody thought."""
    async with staged(sandbox, tmp_path, keep=False) as stage:
        stage.later[0] = LIMIT + 1
        assert await stage.doubts.ask()
        assert stage.fate == "owed"
        await asyncio.to_thread(stage.land)
        if not keeps:
            stage.body = stage.body.replace(b'"x": 7', b'"x": 9')
            await asyncio.to_thread(stage.land)
        again = Batch(1, (stage.run,), stage.body, 3, 6)
        await stage.doubts.verify(again)
        assert len(stage.doubts.not_verified) == (0 if keeps else 3)
