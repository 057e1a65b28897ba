"""Lets the workers of a Dask scheduler judge the segments of a source, in place of processes of this one.

The reading stays as it is: segments are cut by guesses here, proven there, and put in order here, so that a check says
word for word what it says without Dask. A plain file that all workers see they read themselves, and each answer has to
have the digest of the bytes that are here; of anything else the bytes are sent.

Memory of a worker: 100 MB for Dask and the decoders, and of each segment what `intake` says: with 8 MiB, 40 MB.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import pickle
import secrets
from contextlib import suppress

from msgspec.structs import replace
from xxhash import xxh3_128_hexdigest

from bulk_importer.distributed.engines.cluster import Cluster
from bulk_importer.distributed.engines.judge_task import Unready, can_read, judge_segment
from bulk_importer.distributed.engines.kept_rules import Judging, forget, keep
from bulk_importer.errors import BulkImporterError, SourceUnreadable, UsageError
from bulk_importer.intake import IntakeOptions, Rules
from bulk_importer.intake.job import Failure, Job, JobResult
from bulk_importer.intake.workers.processes import Performer
from bulk_importer.sources import Source
from bulk_importer.sources.pread import read_at

__all__ = ["judged_by"]

_SEGMENT_BYTES = 8 << 20
"""A task costs some milliseconds whatever is in it: with 2 MiB that is a tenth of it, and with 8 MiB nothing to see."""
_MORE_ENTRIES = 4
_LIVES = 3
_SILENCE_SECONDS = 120.0
_CLOSE_SECONDS = 10.0


def judged_by(cluster: Cluster, threads: int, options: IntakeOptions) -> IntakeOptions:
    """The options of a reading by the workers of a cluster, which run so many tasks at a time."""

    async def judges(source: Source, rules: Rules) -> Performer:
        judges = _DaskJudges(cluster, threads, source, rules)
        await judges.begin()
        return judges

    return replace(
        options,
        judges=judges,
        segment_bytes=max(options.segment_bytes, _SEGMENT_BYTES),
        max_segment_entries=options.max_segment_entries * _MORE_ENTRIES,
    )


class _DaskJudges:
    """Does jobs on the workers of a cluster; one whose worker is lost is done again."""

    def __init__(self, cluster: Cluster, threads: int, source: Source, rules: Rules) -> None:
        self.width = 2 * threads
        self._cluster = cluster
        self._source = source
        self._rules = rules
        self._name = f"bulk-importer-check-{secrets.token_hex(4)}"
        self._path = os.path.abspath(source.name)
        self.wants_bytes = source.descriptor is None
        # Set by `_begin`, once.
        self._judging: Judging | None = None
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        """Give the rules to all workers, and see whether they can read the source by themselves.

        Raises:
            UsageError: a worker has another version of this program.
        """
        client = self._cluster.client
        if not self.wants_bytes:
            self.wants_bytes = not all((await client.run(can_read, self._path, self._source.size)).values())
        path = None if self.wants_bytes else self._path
        self._judging = await asyncio.to_thread(Judging.of, self._name, path, self._rules)
        await self._give_rules(None)

    async def _give_rules(self, workers: list[str] | None) -> None:
        assert self._judging is not None
        has = await self._cluster.client.run(keep, self._judging, workers=workers)
        for worker, theirs in has.items():
            if theirs != self._judging.version:
                raise UsageError(
                    f"The worker {worker} has bulk-importer {theirs}, and this is {self._judging.version}. Install the "
                    "same version on all workers, and start them again."
                )

    async def perform(self, job: Job, data: bytes) -> JobResult:
        """Do one job. Raises `SourceUnreadable` when it cannot be done. Cancelling abandons it."""
        lives = _LIVES
        while lives:
            match await self._asked(job, data):
                case Unready(worker=worker):
                    with suppress(KeyError, OSError):  # it is gone again
                        await self._give_rules([worker])
                case None:
                    lives -= 1
                    if not self._cluster.is_connected:
                        await self._reconnect()
                case result:
                    return self._checked(job, result)
        raise SourceUnreadable(
            self._source.name,
            f"{_LIVES} workers in a row were lost with its bytes {job.offset} to {job.offset + job.length}",
            advice="If memory is short there, try a smaller --segment-bytes.",
        )

    async def _reconnect(self) -> None:
        """Go on with a scheduler that was restarted; once for all jobs that have missed it."""
        async with self._turn:
            if not self._cluster.is_connected:
                await self._cluster.renew()
                await self._cluster.threads()
                await self._give_rules(None)

    async def _asked(self, job: Job, data: bytes) -> JobResult | Failure | Unready | None:
        """The answer to a job; None where its worker was lost."""
        key = f"{self._name}-{job.offset}-{job.length}-{secrets.token_hex(4)}"
        future = self._cluster.client.submit(judge_segment, self._name, job, data, key=key, pure=False)
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                content = await future
        except (asyncio.CancelledError, concurrent.futures.CancelledError):
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return None  # the scheduler has forgotten it, which looks like a cancellation
        except Exception:  # noqa: BLE001 - whatever became of a worker, or of the time: another one does the job
            return None
        finally:
            future.release()
        answer: JobResult | Failure | Unready = pickle.loads(content)  # noqa: S301 - from our own worker
        return answer

    def _checked(self, job: Job, result: JobResult | Failure) -> JobResult:
        if isinstance(result, Failure):
            if result.source_at_fault:
                raise SourceUnreadable(self._source.name, result.reason)
            stretch = f"bytes {job.offset} to {job.offset + job.length}"
            raise BulkImporterError(
                f"A worker of Dask could not judge {stretch} of {self._source.name}: {result.reason}"
            )
        descriptor = self._source.descriptor
        if not self.wants_bytes and descriptor is not None and result.digest:
            ours = xxh3_128_hexdigest(read_at(descriptor, result.found.consumed, job.offset))
            if ours != result.digest:
                raise SourceUnreadable(
                    self._source.name,
                    f"a worker of Dask reads other bytes there, from byte {job.offset} on, than this machine",
                    advice="Let it be the same file on all machines, or check it without --engine.",
                )
        return result

    async def aclose(self) -> None:
        """Let the workers forget the rules."""
        if self._judging is not None and self._cluster.is_connected:
            with suppress(Exception):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._cluster.client.run(forget, self._name)
