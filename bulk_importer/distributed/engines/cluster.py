"""The way to a Dask scheduler, one that is there or one of this machine, with what goes wrong on it in words."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from bulk_importer.errors import LibraryMissing, SchedulerUnavailable, UsageError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Cluster", "opened_cluster"]

_ANOTHER_PORT = (
    "Look at the port in --scheduler: a scheduler itself is at 8786 by default, its dashboard at 8787."
)
_CLOSE_SECONDS = 10.0
_ANSWER_SECONDS = 5.0
_LAST_PORT = 65535
_LOOPBACK = "127.0.0.1:0"
"""Without a dashboard there is a web server all the same, for other machines, too, unless it is told its address."""


class Cluster:
    """A scheduler, and a client of it that can be had anew.

    Attributes:
        address: of the scheduler.

    Args:
        own_workers: how many were started for this command alone, all of which are waited for; else 0.
    """

    def __init__(self, address: str, patience: float, say: Callable[[str], None], own_workers: int) -> None:
        self.address = address
        self._own_workers = own_workers
        self._patience = patience
        self._say = say
        # Changed by `renew` and `aclose`.
        self._client: Client | None = None
        # Changed by `look_for_workers` alone: since when there are no workers; None where there are some.
        self._deserted_at: float | None = None

    @property
    def client(self) -> Client:
        """The client; there is one once it was made by `renew`."""
        assert self._client is not None
        return self._client

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler is there, as far as is known."""
        return self._client is not None and self._client.status == "running"

    async def renew(self) -> None:
        """Connect, anew if need be; futures of before are gone, and so are subscriptions.

        Raises:
            UsageError: the address is none, or not one that can be used here.
            SchedulerUnavailable: it does not answer for so long as was allowed.
        """
        await self.aclose()
        self._client = await _connected(self.address, self._patience, self._say)

    async def threads(self) -> int:
        """How many tasks run at a time; waits until there is a worker, or all that are our own.

        Raises:
            SchedulerUnavailable: there is none for so long as was allowed.
        """
        if not self._own_workers and not await self.client.nthreads():
            self._say(
                f"The Dask scheduler at {self.address} has no workers. Waiting for one, which 'dask worker "
                f"{self.address} --nthreads 1' starts."
            )
        try:
            async with asyncio.timeout(self._patience):
                least = self._own_workers or 1
                while len(threads := await self.client.nthreads()) < least:  # noqa: ASYNC110 - there is no event
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise SchedulerUnavailable(
                self.address,
                "it has no workers",
                advice=self._start_some,
            ) from error
        return sum(threads.values())

    async def look_for_workers(self, patience: float) -> None:
        """Say it, once, when all workers have gone: what is begun waits until there is another one.

        Args:
            patience: for how long, in seconds.

        Raises:
            SchedulerUnavailable: there has been none for so long.
        """
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                is_deserted = not await self.client.nthreads()
        except (OSError, TimeoutError, RuntimeError):
            return  # whether the scheduler is there is seen to elsewhere
        now = time.monotonic()
        if not is_deserted:
            self._deserted_at = None
        elif self._deserted_at is None:
            self._deserted_at = now
            self._say(
                f"The Dask scheduler at {self.address} has no workers any more. Waiting for one, which 'dask worker "
                f"{self.address} --nthreads 1' starts; Ctrl-C stops, and the same command resumes."
            )
        if self._deserted_at is not None and now - self._deserted_at >= patience:
            reason = f"it has had no workers for {patience:,.0f} s"
            raise SchedulerUnavailable(self.address, reason, advice=self._start_some)

    @property
    def _start_some(self) -> str:
        if self._own_workers:
            return "They were processes of this command. Run it again; an import resumes."
        return (
            f"Start some, where the source and the plan can be read: dask worker {self.address} --nthreads 1. Then run "
            "the same command again; an import resumes."
        )

    async def aclose(self) -> None:
        """Leave the scheduler, which forgets what it was asked for."""
        client, self._client = self._client, None
        if client is not None:
            await _closed(client)


@asynccontextmanager
async def opened_cluster(
    scheduler: str | None, *, workers: int, patience: float, say: Callable[[str], None]
) -> AsyncIterator[Cluster]:
    """A scheduler with a client; without an address one of this machine, with so many worker processes, for as long.

    Args:
        patience: how long the scheduler, and then its first worker, is waited for, in seconds.
        say: is told what a person has to know meanwhile.

    Raises:
        LibraryMissing: Dask's `distributed` is not installed.
        UsageError, SchedulerUnavailable: as `Cluster.renew` does.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise LibraryMissing("--engine dask", "distributed") from error
    _be_quiet()
    async with _address(scheduler, workers) as address:
        cluster = Cluster(address, patience, say, workers if scheduler is None else 0)
        try:
            await cluster.renew()
            yield cluster
        finally:
            await cluster.aclose()


@asynccontextmanager
async def _address(scheduler: str | None, workers: int) -> AsyncIterator[str]:
    if scheduler is not None:
        yield scheduler
        return
    from distributed import Scheduler

    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address=_LOOPBACK) as own:
        with _local_workers(own.address, workers):
            yield own.address


@contextmanager
def _local_workers(address: str, count: int) -> Iterator[None]:
    """Worker processes of this machine. They end with the scheduler, however this process dies.

    Not those of `LocalCluster`: they are in the group of this process, and a Ctrl-C at a terminal would end them, with
    tracebacks, before their children have stopped.
    """
    with tempfile.TemporaryDirectory(prefix="bulk-importer-dask-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [
                *(sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1"),
                *("--nworkers", str(count), "--nthreads", "1", "--memory-limit", "0", "--no-dashboard"),
                *("--dashboard-address", _LOOPBACK, "--local-directory", folder),
            ],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_CLOSE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def _connected(address: str, patience: float, say: Callable[[str], None]) -> Client:
    from distributed import Client

    port = address.rpartition(":")[2]
    if port.isdecimal() and int(port) > _LAST_PORT:  # else it would be tried for as long as is waited
        raise _unusable(address, ValueError(f"{port} is no port"))
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            client = Client(
                address,
                timeout=max(patience, 1.0),
                asynchronous=True,
                set_as_default=False,
                name="bulk-importer",
            )
        except (ValueError, TypeError) as error:
            raise _unusable(address, error) from error
        try:
            # Its own time-out is not heeded where something takes the connection and says nothing.
            async with asyncio.timeout(patience):
                await client
        except (OSError, TimeoutError) as error:
            await _closed(client)
            raise SchedulerUnavailable(
                address, f"nothing there answers like one, for {patience:,.0f} s"
            ) from error
        except (
            MemoryError,
            OverflowError,
        ) as error:  # a text like "HTTP/1.1", taken for how long the answer is
            await _closed(client)
            raise SchedulerUnavailable(
                address, "what answers there speaks another protocol", advice=_ANOTHER_PORT
            ) from error
        except (ValueError, TypeError) as error:
            await _closed(client)
            raise _unusable(address, error) from error
        except BaseException:
            await _closed(client)
            raise
    for each in warned:
        if each.category.__name__ == "VersionMismatchWarning":
            say(
                f"Versions differ between here, the scheduler and its workers. {' '.join(str(each.message).split())}"
            )
    return client


def _unusable(address: str, error: Exception) -> UsageError:
    reason = str(error).splitlines()[0].rstrip(".")
    if address.startswith("tls:"):
        return UsageError(
            f"--scheduler {address} cannot be used: {reason}. Name the certificates in Dask's configuration: the "
            "variables DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and "
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY."
        )
    return UsageError(f"--scheduler {address} cannot be used: {reason}. It has to be like tcp://dask:8786.")


async def _closed(client: Client) -> None:
    """Leave the scheduler, also in the moment in which the client finds it anew: it raises what that comes to."""
    try:
        with suppress(OSError, TimeoutError, RuntimeError, asyncio.CancelledError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await client.close()
    finally:
        # Else it closes itself once more when it is collected, where nobody waits for that, and Python complains.
        client.status = "closed"


def _be_quiet() -> None:
    """Keep what Dask logs of lost connections off the terminal: what matters of it is said in words."""
    theirs = ("distributed", "tornado", "bokeh")
    # Each by its own name: Dask gives some of those below levels of their own.
    for name in [*theirs, *logging.root.manager.loggerDict]:
        if name.partition(".")[0] in theirs:
            logging.getLogger(name).setLevel(logging.CRITICAL)
