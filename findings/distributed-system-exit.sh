#!/usr/bin/env bash
# distributed 2026.8.0: sys.exit() in a task ends the worker, and the task is begun again on the next one.
#
# Expected: a task that ends with `SystemExit` has failed, and the future says so, as with any exception.
# Happens: the worker closes, and the task goes to the next worker, which closes as well; the future stays pending when
# all of them are gone.
# For an importer: a command line program that is called as a function, and ends with its exit code, takes down a whole
# cluster, shard by shard.
# Do: run programs as child processes, and return the exit code as a value; catch SystemExit where a function may
# raise it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END'
distributed 2026.8.0
an exception: the future is error, workers left: 2
sys.exit(1): the future is pending, workers left: 0
END

cat >program.py <<'END'
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from distributed import Client

sys.stdout.reconfigure(line_buffering=True)
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def start(what, *more):
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", "scheduler.json", "--no-dashboard"]
    return subprocess.Popen([*command, "--host", "127.0.0.1", *more], **QUIET)


def wait_for(file):
    until = time.monotonic() + 60
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.05)


def raises():
    raise ValueError


def leaves():
    import sys

    sys.exit(1)


print("distributed", version("distributed"))
scheduler = start("scheduler", "--port", "0")
wait_for(Path("scheduler.json"))
workers = [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
try:
    client = Client(scheduler_file="scheduler.json", timeout=60)
    client.wait_for_workers(2, timeout=60)
    future = client.submit(raises)
    future.exception(timeout=60)
    print(f"an exception: the future is {future.status}, workers left: {len(client.nthreads())}")
    future = client.submit(leaves)
    until = time.monotonic() + 30
    while client.nthreads() and time.monotonic() < until:
        time.sleep(0.1)
    print(f"sys.exit(1): the future is {future.status}, workers left: {len(client.nthreads())}")
finally:
    for process in (*workers, scheduler):
        process.terminate()
        process.wait(60)
END
venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: sys.exit() in a task ends its worker."
