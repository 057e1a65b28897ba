"""A scheduler of Dask and its workers, each started as people start them, on ports that the system gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

__all__ = ["DaskProcesses", "dask_processes"]

_ROOT = Path(__file__).parents[2]
_NO_DASHBOARD = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
"""The second half, or its web server is for other machines, too."""
_SECONDS = 60.0
# Losses are noticed in seconds, where people have minutes.
_FAST = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s", "DASK_DISTRIBUTED__COMM__RETRY__COUNT": "0"}


class DaskProcesses:
    """One scheduler, and workers by name; all of them end with `close`.

    Attributes:
        address: of the scheduler, which stays the same when it is restarted.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        path = os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])
        self._environment = {**os.environ, **_FAST, "PYTHONPATH": path, **(environment or {})}
        # Changed by the methods that start and end them.
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._left: list[subprocess.Popen[bytes]] = []
        self._all: list[psutil.Process] = []
        self._scheduler = self._started_scheduler(0)
        self.address = self._address()

    def _started_scheduler(self, port: int) -> subprocess.Popen[bytes]:
        file = self._folder / "scheduler.json"
        file.unlink(missing_ok=True)
        return self._started(
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            *_NO_DASHBOARD,
            "--scheduler-file",
            str(file),
        )

    def _address(self) -> str:
        file, until = self._folder / "scheduler.json", time.monotonic() + _SECONDS
        while time.monotonic() < until:
            with suppress(OSError, ValueError, KeyError):
                return str(json.loads(file.read_text())["address"])
            time.sleep(0.05)
        raise AssertionError("no scheduler")

    def _started(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{what}.log").open("ab")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments],
                env=self._environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._all.append(psutil.Process(process.pid))
        return process

    def start(self, name: str, *, has_nanny: bool = True) -> subprocess.Popen[bytes]:
        """Start a worker with one thread. With a nanny its work is in a child process, which is started again."""
        assert name not in self.workers
        self.workers[name] = self._started(
            "worker",
            self.address,
            "--nthreads",
            "1",
            "--name",
            name,
            "--host",
            "127.0.0.1",
            *_NO_DASHBOARD,
            "--local-directory",
            str(self._folder),
            "--nanny" if has_nanny else "--no-nanny",
        )
        return self.workers[name]

    def kill(self, name: str) -> None:
        """Kill the process of a worker; what it had started is left to itself."""
        worker = self.workers.pop(name)
        worker.kill()
        worker.wait()

    def terminate(self, name: str) -> None:
        """Stop a worker as people and systems do, and wait for its end."""
        worker = self.workers.pop(name)
        worker.terminate()
        worker.wait(_SECONDS)

    def abandon(self, name: str) -> None:
        """Leave a worker to itself; `close` sees it off."""
        self._left.append(self.workers.pop(name))

    def restart_scheduler(self) -> None:
        """Kill the scheduler and start another one at its address."""
        self._scheduler.kill()
        self._scheduler.wait()
        self._scheduler = self._started_scheduler(int(self.address.rpartition(":")[2]))
        self._address()

    @property
    def scheduler(self) -> psutil.Process:
        """The process of the scheduler."""
        return psutil.Process(self._scheduler.pid)

    def wait_for_workers(self, count: int) -> None:
        """Return when so many workers are ready."""
        from distributed import Client

        with Client(self.address, timeout=_SECONDS, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=_SECONDS)

    def family(self, name: str) -> list[psutil.Process]:
        """The process of a worker, and all below it."""
        return [psutil.Process(self.workers[name].pid), *self.descendants(name)]

    def descendants(self, name: str) -> list[psutil.Process]:
        """All processes that a worker has started, and what these have started."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.workers[name].pid).children(recursive=True)
        return []

    def close(self) -> None:
        """End everything."""
        found = []
        for process in self._all:
            with suppress(psutil.NoSuchProcess):
                found += [process, *process.children(recursive=True)]
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        for worker in [*self.workers.values(), *self._left, self._scheduler]:
            worker.wait()


@contextmanager
def dask_processes(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[DaskProcesses]:
    """A scheduler without workers, for as long as this is open."""
    processes = DaskProcesses(folder, environment)
    try:
        yield processes
    finally:
        processes.close()
