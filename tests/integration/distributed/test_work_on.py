"""Work on a shard is an import of it, by one worker at a time, that another one resumes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.values import ShardState
from bulk_importer.distributed.leases.lease import Lease, take
from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import UNDONE, Plan, Seat
from bulk_importer.distributed.work.working import Worked, Worker, work_on
from bulk_importer.errors import CheckpointMismatch, ExitCode, LeaseHeld
from bulk_importer.events import BatchDelivered, Event, Observer
from bulk_importer.pipeline import Caller
from bulk_importer.sandbox import Sandbox
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch
from support.entries import noted
from support.fleet.plans import draft_of, write_plan

ENTRIES = 40
MEDIA = 10


@dataclass
class Fleet:
    """A plan of two shards: the even positions, and the odd ones; entries of a media are in one of them."""

    place: FolderPlace
    plan: Plan
    sandbox: Sandbox
    told: list[str] = field(default_factory=list)

    async def work(
        self, index: int = 0, *, stop: StopSwitch | None = None, batches: int | None = None, **own: Any
    ) -> Worked:
        """Work on a shard; a stop is requested after so many batches."""
        stop = stop or StopSwitch()

        def see(event: Event) -> None:
            nonlocal batches
            if batches is not None and isinstance(event, BatchDelivered):
                batches -= 1
                if batches <= 0:
                    stop.request("stopped by SIGTERM", ExitCode.TERMINATED)

        @contextmanager
        def observing(folder: Path, settings: Settings) -> Iterator[Sequence[Observer]]:
            del folder, settings
            yield [see]

        settings = Settings(**{"workers": 0, "lease": 30.0, **own})
        worker = Worker(settings=settings, said={"workers", *own}, tell=self.told.append, observing=observing)
        return await work_on(self.plan, index, self.place, worker, Caller(stop=stop))

    @property
    def uploads(self) -> int:
        """How many uploads were executed."""
        return sum(self.sandbox.commits.values())

    def file(self, name: str) -> Path:
        """A file of the first shard."""
        assert self.place.folder is not None
        return self.place.folder / "work/00000" / name

    def let_die(self) -> None:
        """Leave the first shard, whose worker is gone, as one leaves it that died with a lease of a moment.

        The work itself has a long lease, which no busy machine makes it lose.
        """
        self.file("free-000001").unlink(missing_ok=True)
        claim = json.loads(self.file("lease-000001").read_bytes())
        self.file("lease-000001").write_text(json.dumps({**claim, "seconds": 0.2}))


@pytest.fixture
async def fleet(sandbox: Sandbox, tmp_path: Path) -> Fleet:
    """The plan, for a project of the sandbox."""
    project = await sandbox.prepare(name="p", media=MEDIA)
    return await _fleet(sandbox, tmp_path, project)


async def _fleet(sandbox: Sandbox, folder: Path, project: Any, **changes: Any) -> Fleet:
    entries = [noted(project.media_ids[number % MEDIA], number) for number in range(ENTRIES)]
    draft, pieces = draft_of(
        folder / "l.json",
        [range(0, ENTRIES, 2), range(1, ENTRIES, 2)],
        entries,
        **{
            "server": sandbox.url,
            "project": project.id,
            "settings": {"max_batch_entries": 2, "server_request_limit": 0, "doubt_wait": 5},
            "seats": (Seat(max_in_flight=1),),
            **changes,
        },
    )
    place = FolderPlace(folder / "plan")
    return Fleet(place, write_plan(place, draft, pieces), sandbox)


async def test_a_shard_is_imported_alone_and_says_what_came_of_it(fleet: Fleet) -> None:
    """The entries of the other shard are left to it; lease and seat are free again."""
    worked = await fleet.work(1)
    assert worked.summary.delivered == ENTRIES // 2
    assert await fleet.sandbox.count_labelled(fleet.plan.project) == MEDIA // 2
    result = json.loads(fleet.place.read("work/00001/result.json") or b"")
    assert result == msgspec.to_builtins(worked.result)
    assert (result["state"], result["exit_code"], result["epoch"]) == ("complete", 0, 1)
    assert fleet.place.names("work/00001/free-") == ["work/00001/free-000001"]
    assert fleet.place.names("seats/0/free-") == ["seats/0/free-000001"]


async def test_a_finished_shard_is_left_alone(fleet: Fleet) -> None:
    """It says what came of it, and asks the server nothing; the source need not be there."""
    first = await fleet.work()
    asked = len(fleet.sandbox.requests)
    Path(fleet.plan.source).unlink()
    again = await fleet.work()
    assert (again.is_new, again.result) == (False, first.result)
    assert len(fleet.sandbox.requests) == asked


async def test_what_was_given_back_is_gone_on_with_in_the_same_folder(fleet: Fleet) -> None:
    """The epoch counts on; nothing is copied, and nothing sent twice."""
    stopped = await fleet.work(batches=2)
    assert (stopped.result.state, stopped.result.exit_code) == ("stopped", ExitCode.TERMINATED)
    worked = await fleet.work()
    assert (worked.result.epoch, worked.result.folder) == (2, "epoch-000001")
    assert worked.summary.delivered == ENTRIES // 2
    assert set(fleet.sandbox.commits.values()) == {1}


async def test_a_lost_worker_is_followed_by_one_that_has_its_log(fleet: Fleet) -> None:
    """In a folder of its own, which begins as a copy; it says whom it waits for."""
    await fleet.work(batches=2)
    fleet.let_die()
    delivered = fleet.uploads
    worked = await fleet.work()
    assert (worked.result.epoch, worked.result.folder) == (2, "epoch-000002")
    assert (worked.summary.delivered, worked.summary.this_run.delivered) == (
        ENTRIES // 2,
        ENTRIES // 2 - 2 * delivered,
    )
    assert set(fleet.sandbox.commits.values()) == {1}
    assert any("Shard 0 of" in each and "is worked on, by process" in each for each in fleet.told)


async def test_a_worker_that_lost_its_lease_sends_nothing_more_and_says_so(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was about to send is owed; it leaves no result, which is for another worker to say."""
    real, asked = Lease.holds, []

    def holds(lease: Lease) -> bool:
        asked.append(lease.key)
        return real(lease) and len(asked) < 8

    with monkeypatch.context() as patch:
        patch.setattr(Lease, "holds", holds)
        lost = await fleet.work()
    assert (lost.result.exit_code, lost.result.state) == (ExitCode.CHECKPOINT, "failed")
    assert "The lease of" in lost.summary.message
    assert "Nothing more is sent" in lost.summary.message
    assert lost.summary.in_doubt == 0
    assert not fleet.file("result.json").exists()
    assert 0 < fleet.uploads < ENTRIES // 4
    fleet.let_die()
    assert (await fleet.work()).summary.delivered == ENTRIES // 2
    assert set(fleet.sandbox.commits.values()) == {1}


async def test_another_one_is_not_waited_for_longer_than_is_said(fleet: Fleet) -> None:
    """The error names who has it, and what to leave out to wait."""
    lease = await take(fleet.place, "work/00000", holder="process 7 on pod-3", seconds=30)
    with pytest.raises(LeaseHeld, match=r"worked on, by process 7 on pod-3.*without --turn-wait"):
        await fleet.work(turn_wait=0.0)
    await lease.give_back()
    await take(fleet.place, "seats/0", holder="process 8 on pod-4", seconds=30)
    worked = await fleet.work(turn_wait=0.0)
    assert worked.result.exit_code == ExitCode.CHECKPOINT
    assert "The seat of" in worked.result.message
    assert fleet.uploads == 0


async def test_a_shard_is_not_begun_when_the_plan_was_taken_back_while_a_seat_was_waited_for(
    fleet: Fleet,
) -> None:
    """It had its lease before, so an undo may have seen nothing of it; whoever gathers hears of no failure."""
    seat = await take(fleet.place, "seats/0", holder="process 8 on pod-4", seconds=30)
    working = asyncio.create_task(fleet.work())
    while not fleet.told:
        await asyncio.sleep(0.01)
    fleet.place.create(UNDONE, b"")
    await seat.give_back()
    with pytest.raises(CheckpointMismatch, match="was taken back by undo, so nothing more of it is imported"):
        await working
    assert fleet.uploads == 0
    assert fleet.place.read("work/00000/result.json") is None, "what the shard came to is for the undo to say"
    standing = gather(fleet.place).standings[0]
    assert (standing.state, standing.message, standing.is_undone) == (ShardState.NOT_BEGUN, "", True)


async def test_another_source_is_refused_before_anything_is_sent(fleet: Fleet) -> None:
    """By its size and samples at once; the way out is said."""
    source = Path(fleet.plan.source)
    source.write_bytes(source.read_bytes().replace(b"n7", b"n8"))
    with pytest.raises(CheckpointMismatch, match=r"is not what the plan .* was made of.*at another place"):
        await fleet.work()
    assert fleet.uploads == 0


async def test_a_piece_that_is_another_one_is_never_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    """What samples do not see, its digest does; the error says where it is in the source."""
    project = await sandbox.prepare(name="p", media=MEDIA)
    fleet = await _fleet(sandbox, tmp_path, project)
    source = Path(fleet.plan.source)
    source.write_bytes(source.read_bytes().replace(b"n20", b"n21"))
    from bulk_importer.distributed.work import opening

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "identity_of", lambda _: fleet.plan.identity)
        worked = await fleet.work()
    assert worked.result.exit_code == ExitCode.CHECKPOINT
    assert "positions 20 to 20" in worked.result.message
    labels = await sandbox.labels(project.id)
    assert "n21" not in json.dumps(labels)


async def test_a_label_configuration_that_is_not_the_planned_one_ends_it_once(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """As it ends an import: a person looks at it, and the same command resumes by the one of now."""
    project = await sandbox.prepare(name="p", media=MEDIA)
    fleet = await _fleet(sandbox, tmp_path, project, label_config="0" * 32)
    changed = await fleet.work()
    assert changed.result.exit_code == ExitCode.LABEL_CONFIG
    assert "not the one that the plan was checked against" in changed.result.message
    assert fleet.uploads == 0
    assert (await fleet.work()).result.exit_code == ExitCode.DELIVERED
