"""A process that has loaded the program, and of which each run of it is a fork: run as a script by `warm.py`.

Nine tenths of the processor time of a short command goes into loading libraries. What a run can see is as after a
start of its own (a test compares): arguments, folder, environment, streams, descriptors, signals, an interpreter that
ends as it does. But /proc shows the command line of this process, and what an interpreter takes from its environment
when it starts (`TAKEN_AT_START` in `warm.py`) is that of this one.

On the wire, a socket that keeps messages apart: a pickle of (module, arguments, folder, environment), with the
descriptors of the three streams and of a pipe. The pipe gets two integers: the process, and how it ended, as
`Popen.returncode` has it.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import pkgutil
import runpy
import signal
import socket
import struct
import sys
import time
from contextlib import suppress

LONGEST = 1 << 18
NUMBER = struct.Struct("<i")
# What the program imports where it is used.
_LAZY = (
    "aiohttp",
    "aiohttp.web",
    "ijson",
    "jsonschema_rs",
    "orjson",
    "sqlite3",
    "tenacity",
    "uvloop",
    "xxhash",
)

Job = tuple[str, list[str], str, dict[str, str]]


def main(control: socket.socket) -> None:
    """Serve until the other end is closed; returns in each process that is to be a run of the program, as that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LONGEST, 4)
        _see_off_keepers()
        if not message:
            os._exit(0)
        if os.fork() == 0:
            control.close()
            _keep(pickle.loads(message), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _see_off_keepers() -> None:
    """Let nothing of those stay that have told how their process ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(job: Job, descriptors: list[int]) -> None:
    """Fork once more, and tell what becomes of that process; returns in it alone."""
    *streams, told = descriptors
    process = os.fork()
    if process == 0:
        os.close(told)
        _become(job, streams)
        return
    for descriptor in streams:
        os.close(descriptor)
    os.write(told, NUMBER.pack(process))
    _, status = os.waitpid(process, 0)
    os.write(told, NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(job: Job, streams: list[int]) -> None:
    """Make this process look as if it had just been started for the job."""
    module, arguments, folder, environment = job
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.path[0] = folder  # what `-m` puts there
    sys.argv[:] = [module, *arguments]


def load() -> None:
    """Import all modules of the program, and what they import later; nothing of it is garbage in any run."""
    package = importlib.import_module("bulk_importer")
    for found in pkgutil.walk_packages(package.__path__, "bulk_importer."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in _LAZY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    load()
    main(socket.socket(fileno=int(sys.argv[1])))
    gc.unfreeze()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
