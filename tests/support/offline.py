"""A run without a server: its source, its checkpoint and its stages are real, the sending side is made up.

async with offline_run(tmp_path, [entry("a"), entry("b")]) as world:
    result = await world.flow().run()
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bulk_importer.checkpoint import Checkpoint, Header, SourceIdentity
from bulk_importer.datagym.reads.catalog import Project
from bulk_importer.datagym.reads.label_reader import LabelReader
from bulk_importer.datagym.reads.server_clock import ServerClock
from bulk_importer.datagym.wire.client import Client
from bulk_importer.events import Event, ReplacementForeseen
from bulk_importer.intake import Rules
from bulk_importer.labels.entry import key_of, lane_of
from bulk_importer.model import Batch, KeepData, Limits, Outcome
from bulk_importer.packing import Pool
from bulk_importer.pipeline.announcing import Announcement, Announcer
from bulk_importer.pipeline.guards.first_contact import FirstContact
from bulk_importer.pipeline.guards.replacement import Confirm, Confirmation, Forecast, ReplacementGuard
from bulk_importer.pipeline.one_pass.flow import Flow, PassErrors, ledger_of
from bulk_importer.pipeline.one_pass.run_ledger import RunLedger
from bulk_importer.pipeline.ruleset import RuleSet
from bulk_importer.pipeline.run import Run, SegmentFilter
from bulk_importer.pipeline.summarizing import Before
from bulk_importer.pipeline.wiped.followed_media import FollowedMedia
from bulk_importer.pipeline.wiped.mention_log import MentionLog
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.readback.doubts import Doubts
from bulk_importer.settings import Settings
from bulk_importer.sources import open_entries, open_source
from bulk_importer.transfer.admission.steering import Steering
from bulk_importer.transfer.interfaces import KeepsNothing
from bulk_importer.transfer.options import Remembered
from bulk_importer.transfer.stop import StopSwitch
from support.entries import rejection_of

__all__ = ["LIMIT_SECONDS", "MadeUpSending", "Offline", "offline_run"]

LIMIT_SECONDS = 100.0
"""How long a request of such a run may be running."""

Fate = Callable[[Batch], Outcome]
"""What becomes of a batch. A rejected one is refused for its first entry."""


class GivenUp:
    """In place of a client: a server that never answers, and whether its uploads were given up."""

    server = "http://localhost"
    has_answered = False

    def __init__(self) -> None:
        self.has_given_up = False

    def give_up(self) -> None:
        self.has_given_up = True


class NoTasks:
    """In place of a reader of labels: the project has no tasks, so nothing can be read back."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.server_clock = ServerClock()

    async def tasks(self, lanes: Sequence[str]) -> dict[str, Any]:
        self.asked += lanes
        return {}


class MadeUpSending:
    """Carries one batch of at most `max_entries` at a time; `fate` says what becomes of it."""

    def __init__(self, run: Run, pool: Pool, ledger: RunLedger, fate: Fate, *, max_entries: int = 2) -> None:
        self._run = run
        self._pool = pool
        self._ledger = ledger
        self._fate = fate
        self._limits = Limits(max_entries, 1 << 20, 1 << 20)
        self.requests = 0
        self.retries = 0

    async def run(self) -> None:
        while not self._run.stop.is_requested:
            batch = self._pool.seal(self._limits)
            if batch is not None:
                await self._carry(batch)
            elif self._pool.is_closed:
                return
            else:
                await self._pool.changed()

    def remembered(self) -> Remembered:
        return Remembered(3, 1000)

    async def _carry(self, batch: Batch) -> None:
        self.requests += 1
        await self._ledger.record_sent(batch)
        outcome = self._fate(batch)
        if outcome is Outcome.DELIVERED:
            await self._ledger.record_delivered(batch)
        elif outcome is Outcome.IN_DOUBT:
            await self._ledger.record_in_doubt(batch, "reset")
        elif outcome is Outcome.OWED:
            await self._ledger.record_owed(batch, "away")
        else:
            first = next(batch.each())
            await self._ledger.record_rejected([rejection_of(first.position, first.raw)], batch)
            self._pool.settle(batch, Outcome.REJECTED, [0])
            self._pool.settle(batch, Outcome.OWED, range(1, batch.entries))
            return
        self._pool.settle(batch, outcome)


@dataclass
class Offline:
    """A run and what was seen of it.

    Attributes:
        begun: with which mix of keepData the run was announced.
        later: seconds that the clock of the doubts is ahead.
        sent: the positions of each batch that left.
        fate: of the batches, for flows that are made from then on.
    """

    run: Run
    client: GivenUp
    reader: NoTasks
    events: list[Event]
    begun: list[Mapping[KeepData, int]]
    later: list[float]
    sent: list[list[int]] = field(default_factory=list)
    fate: Fate = lambda _: Outcome.DELIVERED

    def pool(self) -> Pool:
        """A pool as a pass has it, for a source without suspects."""
        return Pool(1 << 20, next_number=self.run.checkpoint.state.next_batch)

    def flow(self) -> Flow:
        """The stages of a pass."""
        pool, errors = self.pool(), PassErrors(self.run.stop)

        def noted(batch: Batch) -> Outcome:
            self.sent.append([each.position for each in batch.each()])
            return self.fate(batch)

        return Flow(self.run, pool, MadeUpSending(self.run, pool, ledger_of(self.run, errors), noted), errors)

    @property
    def fates(self) -> dict[str, int]:
        """How many entries are where, as the checkpoint says; places without any are left out."""
        counts = self.run.checkpoint.state.counts
        places = ("delivered", "rejected", "skipped", "in_doubt", "owed")
        return {name: count for name in places if (count := getattr(counts, name))}

    def seen(self, kind: type[Event]) -> list[Event]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


async def nobody(_: ReplacementForeseen) -> Confirmation:
    """There is nobody to ask."""
    return Confirmation.UNASKED


@asynccontextmanager
async def offline_run(
    folder: Path,
    content: bytes | Sequence[Mapping[str, object]],
    *,
    once: bool = False,
    identity: SourceIdentity | None = None,
    filters: Sequence[SegmentFilter] = (),
    held: Sequence[str] = (),
    confirm: Confirm = nobody,
    clock: Callable[[], float] = time.monotonic,
    **settings: Any,
) -> AsyncIterator[Offline]:
    """Open a run over the checkpoint in `folder`, which is begun or gone on with.

    Args:
        content: of the source, or its entries.
        once: the entries come as a stream, which cannot be read again.
        identity: by what the source is known again.
        held: media that are in doubt in another source.
        confirm: answers whether labels may be deleted; it is not known which media hold some.
        settings: a segment holds an entry or two unless they say otherwise.
    """
    path = folder / "source.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    source = open_entries(json.loads(path.read_bytes())) if once else await open_source(str(path))
    known = identity or (SourceIdentity() if once else SourceIdentity(size=path.stat().st_size, plain=True))
    checkpoint = Checkpoint.open(
        folder / "cp", Header(source="s", identity=known, server="http://localhost", project="p", run="r")
    )
    stop, events, later = StopSwitch(), list[Event](), [0.0]
    steering = Steering(stop)
    begun: list[Mapping[KeepData, int]] = []
    given_up, reader = GivenUp(), NoTasks()
    client = cast("Client", given_up)
    known_settings = Settings(**{"workers": 0, "segment_bytes": 90, **settings})
    announcement = Announcement(
        "s", "http://localhost", "p", "p", folder / "cp", {}, checkpoint.state.counts, None
    )
    wiped = WipedEntries(Rules())
    doubts = Doubts(
        checkpoint,
        cast("LabelReader", reader),
        limit_seconds=LIMIT_SECONDS,
        emit=events.append,
        clock=lambda: time.time() + later[0],
    )
    with MentionLog(folder / "cp", checkpoint.state.position, wiped.mentions) as mention_log:
        run = Run(
            source=source,
            settings=known_settings,
            folder=folder / "cp",
            stop=stop,
            steering=steering,
            clock=clock,
            emit=events.append,
            announcer=Announcer(lambda announcement: begun.append(announcement.keep_data), announcement),
            keeper=KeepsNothing(),
            replacement=ReplacementGuard(
                Forecast(source, known_settings, Rules(), lambda: None, False, checkpoint.state),
                checkpoint,
                stop,
                events.append,
                confirm,
                yes=False,
            ),
            client=client,
            project=Project("p", "p", "IMAGE"),
            checkpoint=checkpoint,
            ruleset=RuleSet(Rules()),
            doubts=doubts,
            watch=None,
            first_contact=FirstContact(client, 1.0, steering, events.append),
            filters=tuple(filters),
            media=FollowedMedia(
                wiped, mention_log, frozenset(key_of(lane_of(media_id)) for media_id in held)
            ),
            before=Before.of(checkpoint.state),
        )
        try:
            yield Offline(run, given_up, reader, events, begun, later)
        finally:
            await checkpoint.close()
            await source.aclose()
