"""An office over a spool, with a person who uploads and waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bulk_importer.cli.serving.spool.folder import Spool
from bulk_importer.cli.serving.spool.receiving import Bounds, Reception
from bulk_importer.cli.serving.spool.values import Job, JobState
from bulk_importer.cli.serving.work.checking import Found
from bulk_importer.cli.serving.work.office import Office
from bulk_importer.cli.serving.work.works import UploadWorks
from bulk_importer.errors import ExitCode
from bulk_importer.settings import Settings
from bulk_importer.transfer.stop import StopSwitch

__all__ = ["Desk", "desk", "kept"]


class Desk:
    """An office over a spool, with a person who uploads and waits."""

    def __init__(self, office: Office, spool: Spool, stop: StopSwitch) -> None:
        self.office = office
        self.spool = spool
        self.stop = stop

    async def upload(self, content: bytes | list[Any], name: str = "labels.json") -> Job:
        """Upload a file, and have it taken."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        pieces = [body, b""]

        async def read() -> bytes:
            return pieces.pop(0)

        reception = Reception(self.spool, Bounds(keep_free=0), lambda: 0)
        job = await reception.receive(name, len(body), read)
        await self.office.add(job)
        return job

    async def when(self, job: Job, is_so: Callable[[Job], bool]) -> Job:
        """The job as soon as something is so of it."""
        changed = asyncio.Event()
        leave = self.office.subscribe(changed.set)
        try:
            async with asyncio.timeout(60):
                while not is_so(self.office.jobs[job.id]):
                    changed.clear()
                    await changed.wait()
        finally:
            leave()
        return self.office.jobs[job.id]

    async def once(self, job: Job, *states: JobState) -> Job:
        """The job as soon as it stands so."""
        return await self.when(job, lambda now: now.state in states)

    async def checked(self, content: bytes | list[Any], name: str = "labels.json") -> Job:
        """Upload a file, and wait for its check."""
        return await self.once(await self.upload(content, name), JobState.CHECKED, JobState.REFUSED)

    def asked(self, job: Job) -> int | None:
        """How many media would lose labels, where that is asked."""
        running = self.office.running.get(job.id)
        return None if running is None or running.question is None else running.question.media

    def found(self, job: Job) -> Found:
        """What its check found."""
        found = Found.kept(self.spool.check_of(job))
        assert found is not None
        return found


@asynccontextmanager
async def desk(root: Path, server: str, **settings: Any) -> AsyncIterator[Desk]:
    """An office that works, until it is told to end."""
    values = Settings(**{"server": server, "project": "p", "workers": 0, **settings})
    spool, stop = Spool(root, server, "p"), StopSwitch()
    office = Office(spool, UploadWorks(spool, values), stop, print)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(office.run())
            yield Desk(office, spool, stop)
            stop.request("the test is over", ExitCode.TERMINATED)
    finally:
        spool.close()


def kept(root: Path) -> set[str]:
    """What lies in a spool, but for what always does."""
    return {each.name for each in root.iterdir()} - {"spool.json", "lock"}
