"""The scripts for Slurm do what it asks for: a signal is handed on, and what may run again goes back into the queue."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from bulk_importer.errors import ExitCode
from support.places import CONFIG

SCRIPTS = sorted((CONFIG / "slurm").glob("*.sh"))
WORK, SUBMIT = CONFIG / "slurm" / "work.sh", CONFIG / "slurm" / "submit.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that write down how they are called; the worker ends with what `ENDS` says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, does in {
        "bulk-importer": 'eval "$ENDS"',
        "scontrol": "",
        "sbatch": "echo '4711;cluster'",
    }.items():
        path = folder / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >> "$CALLS"\n{does}\n')
        path.chmod(0o755)
    return folder


def called(programs: Path) -> list[str]:
    """The calls so far, in order."""
    path = programs.parent / "calls"
    return path.read_text().splitlines() if path.exists() else []


def environment(programs: Path, ends: str = "exit 0", **more: str) -> dict[str, str]:
    """What a task of an array finds."""
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CALLS": str(programs.parent / "calls"),
        "ENDS": ends,
        "SLURM_ARRAY_JOB_ID": "4711",
        "SLURM_ARRAY_TASK_ID": "17",
        **more,
    }


def work(programs: Path, ends: str, **more: str) -> int:
    """The exit code of a task."""
    return subprocess.run(
        ["bash", WORK, "huge.plan"],
        env=environment(programs, ends, **more),
        capture_output=True,
        timeout=60,
        check=False,
    ).returncode


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_nothing_that_shellcheck_warns_of(script: Path) -> None:
    """Where that is installed."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("code", [0, 1, 3, 5, 6, 7, 9, 10, 70, 143])
def test_a_task_goes_back_into_the_queue_where_its_code_may_run_again(programs: Path, code: int) -> None:
    """And ends with that code each time."""
    assert work(programs, f"exit {code}") == code
    calls = called(programs)
    assert calls[0] == "bulk-importer work huge.plan --index 17 --rejections-exit 0"
    again = ["scontrol requeue 4711_17"] if ExitCode(code).may_run_again else []
    assert calls[1:] == again


def test_a_task_is_not_tried_for_ever(programs: Path) -> None:
    """Slurm counts how often it was begun again."""
    assert work(programs, "exit 6", SLURM_RESTART_COUNT="7") == 6
    assert "scontrol requeue 4711_17" in called(programs)
    (programs.parent / "calls").unlink()
    assert work(programs, "exit 6", SLURM_RESTART_COUNT="8") == 6
    assert not [call for call in called(programs) if call.startswith("scontrol")]


@pytest.mark.parametrize("code", [143, 0, 5])
def test_a_signal_is_handed_on_and_the_end_is_waited_for(programs: Path, code: int) -> None:
    """The code is that of the program, which takes its time to land what is in flight."""
    ready = programs.parent / "ready"
    os.mkfifo(ready)
    waits = "for i in {1..600}; do sleep 0.05; done"
    ends = f"trap 'sleep 0.1; exit {code}' TERM; echo ready > {ready}; {waits}; exit 99"
    with subprocess.Popen(["bash", WORK, "huge.plan"], env=environment(programs, ends)) as task:
        assert ready.read_text() == "ready\n"
        task.send_signal(signal.SIGTERM)
        assert task.wait(60) == code


@pytest.mark.parametrize("moment", ["bulk-importer*", "worker=*", "wait*"])
def test_a_signal_is_handed_on_whenever_it_comes(programs: Path, moment: str) -> None:
    """The shell sends it to itself before that command; a program that has hardly begun ends by it."""
    sends = programs.parent / "sends"
    sends.write_text(f"trap 'case $BASH_COMMAND in {moment}) trap - DEBUG; kill -TERM $$;; esac' DEBUG\n")
    ends = "trap 'exit 5' TERM; for i in {1..200}; do sleep 0.05; done; exit 99"
    assert work(programs, ends, BASH_ENV=str(sends)) in {5, 143}


def test_the_plan_comes_first_and_what_came_of_all_behind_the_array(programs: Path) -> None:
    """A shard for each index, and as many at a time as the plan has seats."""
    done = subprocess.run(
        ["bash", SUBMIT, "labels.json", "my labels.plan"],
        env=environment(programs, SHARDS="12", AT_ONCE="3"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    plan, array, gather = called(programs)
    assert plan == "bulk-importer plan labels.json --output my labels.plan --shards 12 --at-once 3"
    assert array == f"sbatch --parsable --array=0-11%3 {WORK} my labels.plan"
    assert gather.startswith("sbatch --dependency=afterany:4711 ")
    assert gather.endswith(r"--wrap=bulk-importer gather my\ labels.plan")


def test_a_plan_that_fails_submits_nothing(programs: Path) -> None:
    """And ends with its code."""
    done = subprocess.run(
        ["bash", SUBMIT, "labels.json", "labels.plan"],
        env=environment(programs, "exit 3"),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, len(called(programs))) == (3, 1)
