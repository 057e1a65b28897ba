#!/usr/bin/env bash
# distributed 2026.8.0: retries=0 lets a task run four times, if it is the worker that dies.
#
# Expected: with `retries=0` a task is begun once, and what goes wrong is told.
# Happens: `retries` counts exceptions. When the process of a worker is gone the task is begun again on another one,
# until distributed.scheduler.allowed-failures (3) is exceeded; only then KilledWorker comes.
# For an importer: what is not meant to run twice runs four times, each time after a crash in the middle.
# Do: make a task safe to begin again at any point, or set allowed-failures to 0 where the scheduler is started.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END'
distributed 2026.8.0
retries=0, a task that raises: begun 1 time
retries=0, a task whose worker dies: begun 4 times, then KilledWorker
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


def raises(folder):
    import time
    from pathlib import Path

    Path(folder, str(time.time())).touch()
    raise ValueError


def dies(folder):
    import os
    import signal
    import time
    from pathlib import Path

    Path(folder, str(time.time())).touch()
    os.kill(os.getpid(), signal.SIGKILL)


def times(client, function):
    folder = Path(function.__name__).absolute()
    folder.mkdir()
    error = client.submit(function, str(folder), retries=0).exception(timeout=60)
    return len(list(folder.iterdir())), type(error).__name__


print("distributed", version("distributed"))
scheduler = start("scheduler", "--port", "0")
wait_for(Path("scheduler.json"))
worker = start("worker", "--nthreads", "1")
try:
    client = Client(scheduler_file="scheduler.json", timeout=60)
    client.wait_for_workers(1, timeout=60)
    print("retries=0, a task that raises: begun %d time" % times(client, raises)[0])
    print("retries=0, a task whose worker dies: begun %d times, then %s" % times(client, dies))
finally:
    for process in (worker, scheduler):
        process.terminate()
        process.wait(60)
END
venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: retries= does not count deaths."
