#!/usr/bin/env bash
# distributed 2026.8.0: without a dashboard, and with loopback as its host, it serves HTTP to every machine.
#
# Expected: `--host 127.0.0.1 --no-dashboard` leaves nothing that other machines reach.
# Happens: scheduler and worker serve HTTP all the same (health, metrics, what the cluster looks like), on 0.0.0.0. The
# host is that of the protocol alone.
# For an importer: a cluster that is started for one command on one machine tells the network about it.
# Do: give the web server an address of its own as well: --dashboard-address 127.0.0.1:0.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q distributed==2026.8.0 dask==2026.8.0

cat >expected <<'END_OF_EXPECTED'
distributed 2026.8.0
scheduler --host 127.0.0.1 --no-dashboard listens at 0.0.0.0, 127.0.0.1
scheduler --host 127.0.0.1 --no-dashboard --dashboard-address 127.0.0.1:0 listens at 127.0.0.1
worker --host 127.0.0.1 --no-dashboard listens at 0.0.0.0, 127.0.0.1
worker --host 127.0.0.1 --no-dashboard --dashboard-address 127.0.0.1:0 listens at 127.0.0.1
END_OF_EXPECTED

cat >program.py <<'END_OF_PROGRAM'
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil

USUAL = ["--host", "127.0.0.1", "--no-dashboard"]
LOOPBACK = ["--dashboard-address", "127.0.0.1:0"]
FILE = Path("scheduler.json")


def start(what, flags):
    # A scheduler takes port 8787 for its web server, or another one where that is taken, and says so.
    more = ["--port", "0"] if what == "scheduler" else ["--no-nanny"]
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", str(FILE), *flags, *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def addresses(process):
    """Where it listens, once it does so at two ports: that of the protocol and that of the web server."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = [each.laddr.ip for each in psutil.Process(process.pid).net_connections("inet") if each.status == "LISTEN"]
        if len(found) > 1:
            return ", ".join(sorted(set(found)))
        time.sleep(0.05)
    return "too few ports"


print("distributed", version("distributed"))
for what in ("scheduler", "worker"):
    for flags in (USUAL, USUAL + LOOPBACK):
        FILE.unlink(missing_ok=True)
        started = [start("scheduler", flags if what == "scheduler" else USUAL + LOOPBACK)]
        try:
            while not FILE.exists():
                time.sleep(0.05)
            if what == "worker":
                started.append(start("worker", flags))
            print(what, *flags, "listens at", addresses(started[-1]))
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(60)
END_OF_PROGRAM
timeout 300 venv/bin/python program.py >seen 2>log

cat seen
diff expected seen || { echo "CHANGED: the lines with < were recorded, those with > were seen now." >&2; exit 1; }
echo "As recorded: no dashboard is still a web server for everybody."
