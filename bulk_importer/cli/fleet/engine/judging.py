"""Who judges what a check reads: processes of this one, or the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from bulk_importer.cli import messages
from bulk_importer.readable import counted
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.intake import IntakeOptions

    Judges: TypeAlias = Callable[[IntakeOptions], IntakeOptions]

__all__ = ["Judges", "judges_of"]


@asynccontextmanager
async def judges_of(settings: Settings) -> AsyncIterator[Judges]:
    """Gives the options of a reading those of who judges, as long as this is open.

    Raises:
        LibraryMissing, UsageError, SchedulerUnavailable: the scheduler that is asked for cannot be had.
    """
    if settings.engine != "dask":
        yield lambda options: options
        return
    from bulk_importer.distributed.engines.cluster import opened_cluster
    from bulk_importer.distributed.engines.judging import judged_by
    from bulk_importer.machine.cpu_quota import usable_cores

    workers = usable_cores() if settings.workers is None else max(1, settings.workers)
    async with opened_cluster(
        settings.scheduler, workers=workers, patience=settings.wait_for_server, say=messages.say
    ) as cluster:
        threads = await cluster.threads()
        many = counted(threads, "worker")
        messages.say(f"Checking with {many} of the Dask scheduler {cluster.address}")
        yield partial(judged_by, cluster, threads)
