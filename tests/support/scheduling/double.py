"""Stands in for `work` where only the engine is tested: settles entries of its shard one by one, and says so."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from bulk_importer.distributed.places.folder import FolderPlace
from bulk_importer.distributed.values import Result

__all__ = ["PROGRAM", "run"]

PROGRAM = "support.scheduling.double:run"


def run(folder: str, plan: str, index: str, entries: str, seconds: str, code: str) -> None:
    """Settle `entries` in `seconds`; goes on where another run of it stopped, and stops when standard input ends."""
    stopped = threading.Event()
    threading.Thread(target=_watch, args=(stopped,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    place, mark = FolderPlace(Path(folder)), Path(folder) / f"settled-{index}"
    settled = len(mark.read_text().splitlines()) if mark.exists() else 0
    _tell({"event": "RunStarted", "settled": settled, "rejected": 0})
    with mark.open("a") as file:
        while settled < int(entries) and not stopped.is_set():
            time.sleep(float(seconds) / int(entries))
            file.write(f"{os.getpid()}\n")
            file.flush()
            settled += 1
            _tell({"event": "BatchDelivered", "entries": 1})
    ended = 143 if stopped.is_set() else int(code)
    if ended == 6:
        _tell({"level": "error", "message": "The server is away."})
    result = Result(
        plan=plan,
        index=int(index),
        epoch=1,
        folder="epoch-000001",
        state={0: "complete", 143: "stopped"}.get(ended, "failed"),
        exit_code=ended,
        entries=int(entries),
        delivered=settled,
        rejected=0,
        skipped=0,
        in_doubt=0,
        owed=int(entries) - settled,
        seconds=0.0,
    )
    import msgspec

    place.replace(f"work/{int(index):05}/result.json", msgspec.json.encode(result))
    sys.exit(ended)


def _watch(stopped: threading.Event) -> None:
    while os.read(0, 1):
        pass
    stopped.set()


def _tell(told: dict[str, object]) -> None:
    sys.stderr.write(json.dumps(told) + "\n")
    sys.stderr.flush()
