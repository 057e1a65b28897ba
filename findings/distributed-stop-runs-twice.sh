#!/usr/bin/env bash
# distributed 2026.8.0: a worker that is stopped in order has its task begun on another worker while it still runs it.
#
# Expected: on SIGTERM a worker gives its running task time to end, or ends it before another worker begins it.
# Happens: the scheduler hands the task to another worker at once, and the first one runs on for some seconds, until its
# process is killed without any `finally`.
# For an importer: for as long two processes send the same labels, whenever a node is drained, though nothing has failed.
# Do: let something outside of Dask decide who may send, a lease that is asked before each request; and let a task look
# at get_worker().status, which says closing at once.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END'
distributed 2026.8.0
begun 2 times, by 2 processes
both ran at the same time: True
the first one went through its finally: False
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


def task(folder):
    import os
    import time
    from pathlib import Path

    trace = Path(folder, f"{time.time():.3f}-{os.getpid()}")
    try:
        until = time.time() + (30 if len(list(Path(folder).iterdir())) == 0 else 4)
        while time.time() < until:
            trace.write_text(str(time.time()))
            time.sleep(0.05)
    finally:
        Path(folder + "-finally", trace.name).touch()


print("distributed", version("distributed"))
seen = Path("seen-by-tasks").absolute()
ended = Path(f"{seen}-finally")
seen.mkdir()
ended.mkdir()
scheduler = start("scheduler", "--port", "0")
wait_for(Path("scheduler.json"))
workers = {name: start("worker", "--nthreads", "1", "--name", name) for name in ("a", "b")}
try:
    client = Client(scheduler_file="scheduler.json", timeout=60)
    client.wait_for_workers(2, timeout=60)
    where = {each["name"]: address for address, each in client.scheduler_info(n_workers=-1)["workers"].items()}
    future = client.submit(task, str(seen), workers=[where["a"]], allow_other_workers=True)
    while not list(seen.iterdir()):
        time.sleep(0.05)
    time.sleep(1)
    workers["a"].terminate()
    future.result(timeout=60)
    workers["a"].wait(60)
    first, *later = sorted(seen.iterdir())
    pids = {each.name.partition("-")[2] for each in (first, *later)}
    print(f"begun {1 + len(later)} times, by {len(pids)} processes")
    print("both ran at the same time:", float(first.read_text()) > float(later[0].name.partition("-")[0]) + 1)
    print("the first one went through its finally:", (ended / first.name).exists())
finally:
    for process in (*workers.values(), scheduler):
        process.terminate()
        process.wait(60)
END
venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: two processes do one task while a worker is stopped."
