"""All uploads, and how they stand: on disk first, known second, and whoever listens is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulk_importer.checkpoint import lock_owner
from bulk_importer.cli.serving.spool.values import Job, JobState

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool

__all__ = ["Register", "Untimely"]


class Untimely(Exception):
    """What a person asks for does not go together with how the upload stands by now. `str()` is for them."""


class Register:
    """The uploads in a spool, by what is known of them."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        # Changed by `ask`, `change`, `believe`, `add` and `remove`: by most of them under the lock, once it is on disk.
        self._jobs: dict[str, Job] = {job.id: job for job in spool.jobs()}
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[], object]] = []

    @property
    def jobs(self) -> Mapping[str, Job]:
        """All uploads by their ids, the oldest first."""
        return MappingProxyType(self._jobs)

    def queue(self) -> list[Job]:
        """What is being imported, and what waits for that, in order."""
        waiting = [job for job in self._jobs.values() if job.state in (JobState.QUEUED, JobState.IMPORTING)]
        return sorted(waiting, key=lambda job: (job.state is not JobState.IMPORTING, job.turn))

    def last_turn(self) -> int:
        """The turn behind all others."""
        return max((job.turn for job in self._jobs.values()), default=0) + 1

    def add(self, job: Job) -> None:
        """Take an upload that is in the spool."""
        self._jobs[job.id] = job
        self.notify()

    async def ask(self, job: Job, while_in: tuple[JobState, ...], **changes: object) -> None:
        """Change what a person asks for. Raises `Untimely` where it stands otherwise by now."""
        async with self._lock:
            now = self._now(job)
            if now.state not in while_in:
                raise Untimely(f"It is {now.state.value} by now.")
            await self._save(replace(now, **changes))
        self.notify()

    async def change(self, job: Job, **changes: object) -> None:
        """Change what is known of an upload. Raises OSError where that cannot be written; then nothing is changed."""
        async with self._lock:
            await self._save(replace(self._jobs[job.id], **changes))
        self.notify()

    def believe(self, job: Job, **changes: object) -> None:
        """Change what is known of an upload although it cannot be written."""
        self._jobs[job.id] = replace(self._jobs[job.id], **changes)
        self.notify()

    async def remove(self, job: Job, *, with_checkpoint: bool) -> None:
        """Delete an upload that is not at work; and what was delivered of it from the record, if that is said."""
        async with self._lock:
            now = self._now(job)
            if now.state in (JobState.CHECKING, JobState.QUEUED, JobState.IMPORTING):
                raise Untimely("It is at work, or about to be. Stop that first.")
            if owner := await asyncio.to_thread(lock_owner, self._spool.checkpoint(now)):
                raise Untimely(f"Its checkpoint is in use by {owner}. Stop that first.")
            await asyncio.to_thread(self._spool.remove, now, with_checkpoint=with_checkpoint)
            del self._jobs[job.id]
        self.notify()

    def subscribe(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Have a listener called whenever something changed; what is returned ends that."""
        self._listeners.append(listener)

        def leave() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return leave

    def notify(self) -> None:
        """Tell whoever listens that something changed."""
        for listener in tuple(self._listeners):
            listener()

    def _now(self, job: Job) -> Job:
        """How it stands by now; another request may have been first."""
        now = self._jobs.get(job.id)
        if now is None:
            raise Untimely("It was removed.")
        return now

    async def _save(self, job: Job) -> None:
        await asyncio.to_thread(self._spool.save, job)
        self._jobs[job.id] = job
