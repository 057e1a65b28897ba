"""Runs of the program that need not load it: forks of one process of `nursery.py`, for all tests of this one."""

from __future__ import annotations

import atexit
import functools
import io
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from support.starting.nursery import LONGEST, NUMBER

__all__ = ["WarmProcess", "can_be_warm", "run_warm"]

TAKEN_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_", "SSL_")
"""Variables that an interpreter, or a library, reads once; a run with other ones has to be a start."""


def can_be_warm(environment: Mapping[str, str]) -> bool:
    """Whether a run with this environment differs in nothing from a fork of a process with ours."""
    return _taken(environment) == _taken(_environment())


def _taken(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(TAKEN_AT_START)}


class WarmProcess:
    """A run of a module. It inherits standard input and the two outputs that it is given, and nothing else.

    Attributes:
        pid: the process; it is no child of this one.
        returncode: as `Popen` has it; None until `poll` or `wait` has seen the end.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        folder: Path,
        environment: Mapping[str, str],
        outputs: tuple[int, int],
        *,
        module: str = "bulk_importer",
    ) -> None:
        self.returncode: int | None = None
        self._told, theirs = os.pipe()
        job = pickle.dumps((module, list(arguments), str(folder), dict(environment)))
        assert len(job) <= LONGEST
        try:
            socket.send_fds(_nursery(), [job], [0, *outputs, theirs])
        finally:
            os.close(theirs)
        self.pid = self._next()

    def _next(self) -> int:
        told = os.read(self._told, NUMBER.size)
        assert told, "the nursery is gone"
        number: int = NUMBER.unpack(told)[0]
        return number

    def poll(self) -> int | None:
        """As `Popen` has it."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """As `Popen` has it."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(["bulk-importer"], timeout or 0)
            self.returncode = self._next()
            os.close(self._told)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """As `Popen` has it."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended since
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """As `Popen` has it."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As `Popen` has it."""
        self.send_signal(signal.SIGKILL)


def run_warm(
    arguments: tuple[str, ...],
    folder: Path,
    environment: Mapping[str, str],
    timeout: float,
    *,
    module: str = "bulk_importer",
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` has it, of a text and with both outputs captured."""
    (out, out_end), (error, error_end) = os.pipe(), os.pipe()
    process = WarmProcess(arguments, folder, environment, outputs=(out_end, error_end), module=module)
    os.close(out_end)
    os.close(error_end)
    try:
        texts = _read((out, error), time.monotonic() + timeout)
        code = process.wait(timeout)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        os.close(out)
        os.close(error)
    return subprocess.CompletedProcess(["bulk-importer", *arguments], code, *texts)


def _read(pipes: tuple[int, int], deadline: float) -> tuple[str, str]:
    """All that comes from both until they end."""
    read = {pipe: bytearray() for pipe in pipes}
    left = set(pipes)
    while left:
        ready, _, _ = select.select(left, [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise subprocess.TimeoutExpired(["bulk-importer"], deadline)
        for pipe in ready:
            piece = os.read(pipe, 1 << 16)
            read[pipe] += piece
            if not piece:
                left.remove(pipe)
    out, error = (io.TextIOWrapper(io.BytesIO(read[pipe])).read() for pipe in pipes)
    return out, error


@functools.cache
def _environment() -> dict[str, str]:
    """What the process is started with: as it was at first, whatever a test changes in it later."""
    return dict(os.environ)


@functools.cache
def _nursery() -> socket.socket:
    """A socket to the process, which ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    script = Path(__file__).with_name("nursery.py")
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(script), str(theirs.fileno())],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        process.communicate()

    atexit.register(end)
    return ours
