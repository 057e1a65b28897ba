#!/usr/bin/env bash
# distributed 2026.8.0: a cancelled task runs to its end, and its worker takes no other meanwhile.
#
# Expected: `future.cancel()` ends the task, or says that it cannot.
# Happens: the future is cancelled at once, and so it looks to the client; the function goes on, and the thread with it.
# For an importer: after Ctrl-C labels are sent for minutes, by a command that has ended.
# Do: let the task ask whether it is wanted: get_worker().state.tasks[key].state is then no longer "executing". Or stop
# what it runs by a way of your own.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END'
distributed 2026.8.0
the future, right after: cancelled
the task, 2 s after: still at work, and its state on the worker is cancelled
the worker begins the next task after the first has ended: True
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


def task(file):
    import time
    from pathlib import Path

    from distributed import get_worker

    worker = get_worker()
    key, until = worker.get_current_task(), time.monotonic() + 6
    while time.monotonic() < until:
        Path(file).write_text(f"{time.time()} {worker.state.tasks[key].state}")
        time.sleep(0.05)


def next_task():
    import time

    return time.time()


print("distributed", version("distributed"))
mark = Path("mark").absolute()
scheduler = start("scheduler", "--port", "0")
wait_for(Path("scheduler.json"))
worker = start("worker", "--nthreads", "1")
try:
    client = Client(scheduler_file="scheduler.json", timeout=60)
    client.wait_for_workers(1, timeout=60)
    future = client.submit(task, str(mark))
    wait_for(mark)
    time.sleep(1)
    future.cancel()
    print("the future, right after:", future.status)
    following = client.submit(next_task)
    time.sleep(2)
    at, state = mark.read_text().split()
    print(f"the task, 2 s after: {'still at work' if time.time() - float(at) < 1 else 'over'}", end=", ")
    print(f"and its state on the worker is {state}")
    began = following.result(timeout=60)
    print("the worker begins the next task after the first has ended:", began >= float(mark.read_text().split()[0]))
finally:
    for process in (worker, scheduler):
        process.terminate()
        process.wait(60)
END
venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: what was cancelled goes on."
