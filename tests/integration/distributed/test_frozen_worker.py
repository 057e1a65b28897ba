"""A worker that is stopped for longer than its lease has lost it when it goes on, and another one has it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.places import TOP

WORKER = """
import asyncio, sys
from pathlib import Path
from bulk_importer.distributed.leases.lease import take
from bulk_importer.distributed.places.folder import FolderPlace

async def work(folder, seconds):
    lease = await take(FolderPlace(Path(folder)), "work/00000", holder="one", seconds=float(seconds))
    async with lease.kept(lambda reason: print("lost", flush=True)):
        print("took", lease.epoch, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print("holds" if lease.holds() else "does not hold", flush=True)

asyncio.run(work(*sys.argv[1:]))
"""


@contextmanager
def worker(folder: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A process that takes the lease, and answers each line by whether it holds it."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TOP,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str], question: str = "") -> str:
    """The next line of it, after it was asked."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(question)
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_who_was_frozen_for_too_long_holds_nothing_when_it_wakes(tmp_path: Path) -> None:
    """Two real processes, and a real folder."""
    with worker(tmp_path, 3) as first:
        assert said(first) == "took 1"
        assert said(first, "?\n") == "holds"
        first.send_signal(signal.SIGSTOP)
        with worker(tmp_path, 30) as second:
            assert said(second) == "took 2"
            first.send_signal(signal.SIGCONT)
            assert {said(first, "?\n"), said(first)} == {"does not hold", "lost"}
            assert said(second, "?\n") == "holds"
