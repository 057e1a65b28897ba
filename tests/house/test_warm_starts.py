"""A run that is forked off sees what a run that is started sees, and comes to the same end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.starting.warm import WarmProcess, can_be_warm, run_warm

LOOKS = """
import gc, json, os, signal, sys, threading
print(json.dumps({
    "arguments": [os.path.realpath(sys.argv[0]), *sys.argv[1:]],
    "folder": os.getcwd(),
    "path": sys.path,
    "environment": dict(os.environ),
    "descriptors": sorted(os.listdir("/proc/self/fd"))[:-1],
    "signals": [str(signal.getsignal(each)).partition(" at ")[0] for each in sorted(signal.valid_signals())],
    "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "limits": os.sched_getaffinity(0) and os.nice(0),
    "group": os.getpgrp(), "session": os.getsid(0), "umask": os.umask(0),
    "streams": [(each.encoding, each.errors, each.line_buffering, each.isatty(), each.fileno())
                for each in (sys.stdin, sys.stdout, sys.stderr)],
    "interpreter": [sys.executable, str(sys.flags), sys.orig_argv[0], __name__, sys.modules["__main__"].__name__],
    "garbage": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()],
    "threads": threading.active_count(), "input": sys.stdin.read(),
}))
"""
ENDS = {
    "with its last line": "",
    "with a code": "import sys; print('so'); sys.exit(7)",
    "with words": "import sys; sys.exit('why')",
    "with a traceback": "1 / 0",
    "by a signal": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "by an interruption": "import os, signal; os.kill(os.getpid(), signal.SIGINT); signal.pause()",
    "with what is registered": "import atexit, sys; atexit.register(print, 'at exit'); sys.stdout.write('no line')",
}


def started(arguments: tuple[str, ...], folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """A run that is a start."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_sees_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments, folder, environment, descriptors, signals, streams: whatever a program may look at."""
    monkeypatch.setenv("SOMETHING", "new")
    (tmp_path / "looks.py").write_text(LOOKS)
    arguments = ("--flag", "a b", "\N{SNOWMAN}")
    warm: dict[str, Any] = json.loads(run_warm(arguments, tmp_path, os.environ, 60, module="looks").stdout)
    assert warm == json.loads(started(arguments, tmp_path, "looks").stdout)
    assert warm["environment"]["SOMETHING"] == "new"


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_the_same(tmp_path: Path, end: str) -> None:
    """Code, both outputs."""
    (tmp_path / "ends.py").write_text(ENDS[end])
    warm, cold = run_warm((), tmp_path, os.environ, 60, module="ends"), started((), tmp_path, "ends")
    assert warm.returncode == cold.returncode
    assert warm.stdout == cold.stdout
    assert warm.stderr.splitlines()[-1:] == cold.stderr.splitlines()[-1:]


def test_it_can_be_signalled_and_does_not_outstay_its_time(tmp_path: Path) -> None:
    """Nor is anything left of it."""
    (tmp_path / "stays.py").write_text("import signal; print('here', flush=True); signal.pause()")
    with pytest.raises(subprocess.TimeoutExpired):
        run_warm((), tmp_path, os.environ, 0.2, module="stays")
    ours, theirs = os.pipe()
    with os.fdopen(ours) as told:
        process = WarmProcess((), tmp_path, os.environ, outputs=(theirs, 2), module="stays")
        os.close(theirs)
        assert told.readline() == "here\n"
        assert process.poll() is None
        process.terminate()
        assert process.wait(60) == process.poll() == -signal.SIGTERM
        assert told.read() == ""


def test_what_an_interpreter_takes_from_its_environment_needs_a_start() -> None:
    """Its own settings, the language, the time zone."""
    assert can_be_warm({**os.environ, "BULK_IMPORTER_SERVER": "http://h"})
    for name in ("PYTHONUTF8", "LC_ALL", "LANG", "TZ"):
        assert not can_be_warm({**os.environ, name: "x"})
