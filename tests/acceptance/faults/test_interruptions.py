"""However often an import is interrupted, the labels are those of an undisturbed one."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.checkpoint import lock_owner
from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.errors import ExitCode
from support.around.turnstile import Turnstile
from support.commands import Command
from support.entries import noted

MEDIA = 150
ENTRIES = 600
KEEP_DATA = {"true": (True,), "false": (False,), "missing": (None,), "mixed": (True, False, None)}
SMALL_BATCHES = ("--max-batch-entries", "8", "--max-in-flight", "4")


def write_labels(path: Path, media_ids: Sequence[str], forms: Sequence[bool | None], seed: int) -> None:
    """Several entries for each media, spread over the file; the same for equal numbers of media and seeds."""
    chance = random.Random(seed)
    chosen = [chance.randrange(len(media_ids)) for _ in range(ENTRIES)]
    entries = [noted(media_ids[at], number, chance.choice(forms)) for number, at in enumerate(chosen)]
    path.write_text(json.dumps(entries))


def held_by(sandbox: Any, project: Any) -> list[list[dict[str, object]]]:
    """The labels of each media, in the order of the media."""
    labels = sandbox.labels(project["id"])
    return [labels[media_id] for media_id in project["media_ids"]]


def interrupt(command: Command, way: Turnstile, arguments: Sequence[str], number: int, after: int) -> int:
    """Start an import and send it a signal when so many of its requests have passed; its exit code."""
    way.let(after)
    process = command.start("import", *arguments)
    way.stop(process, number)
    return process.returncode


@pytest.mark.parametrize(
    ("number", "code", "form"),
    [
        *((signal.SIGINT, ExitCode.INTERRUPTED, form) for form in KEEP_DATA),
        (signal.SIGTERM, ExitCode.TERMINATED, "mixed"),
        (signal.SIGHUP, ExitCode.HANGUP, "mixed"),
    ],
)
def test_after_signals_the_labels_are_those_of_an_undisturbed_run(
    command: Command,
    sandbox_process: Callable[..., Any],
    turnstile: Callable[..., Turnstile],
    number: int,
    code: int,
    form: str,
) -> None:
    """A signal lets land what is in flight; nothing is in doubt, nothing is sent twice."""
    sandbox = sandbox_process("--seed", "1")
    way = turnstile(sandbox.url)
    chance = random.Random(f"{form}{number}")
    calm, stormy = (sandbox.prepare(name=name, media=MEDIA) for name in ("calm", "stormy"))
    for project in (calm, stormy):
        write_labels(
            command.folder / f"{project['name']}.json", project["media_ids"], KEEP_DATA[form], seed=5
        )
    undisturbed = command("import", "calm.json", "--server", sandbox.url, "--project", "calm")
    assert undisturbed.returncode == ExitCode.DELIVERED, undisturbed.stderr

    arguments = ["stormy.json", "--server", way.url, "--project", "stormy", *SMALL_BATCHES]
    codes = [interrupt(command, way, arguments, number, chance.randint(2, 30)) for _ in range(2)]
    summary = command.summary(*arguments)

    assert codes == [code, code]
    assert (summary["state"], summary["exit_code"], summary["delivered"]) == ("complete", 0, ENTRIES)
    assert held_by(sandbox, stormy) == held_by(sandbox, calm)
    assert set(sandbox.commits().values()) == {1}


@pytest.mark.parametrize("form", KEEP_DATA)
def test_after_kill_9_only_media_in_doubt_may_differ_and_they_are_named(
    command: Command,
    sandbox_process: Callable[..., Any],
    turnstile: Callable[..., Turnstile],
    form: str,
) -> None:
    """What was under way when the process was killed is in doubt: it is named, and not sent again."""
    sandbox = sandbox_process("--seed", "1")
    way = turnstile(sandbox.url)
    chance = random.Random(form)
    calm, stormy = (sandbox.prepare(name=name, media=MEDIA) for name in ("calm", "stormy"))
    for project in (calm, stormy):
        write_labels(
            command.folder / f"{project['name']}.json", project["media_ids"], KEEP_DATA[form], seed=6
        )
    assert command("import", "calm.json", "--server", sandbox.url, "--project", "calm").returncode == 0

    arguments = ["stormy.json", "--server", way.url, "--project", "stormy", *SMALL_BATCHES]
    for _ in range(3):
        interrupt(command, way, arguments, signal.SIGKILL, chance.randint(2, 25))
    summary = command.summary(*arguments)

    # A request that stood before the turnstile is lost, and did not reach the server.
    ended = (ExitCode.IN_DOUBT, "stopped") if summary["in_doubt"] else (ExitCode.DELIVERED, "complete")
    assert (summary["exit_code"], summary["state"]) == ended
    assert summary["delivered"] + summary["in_doubt"] + summary["owed"] == ENTRIES
    doubtful = set(summary["media_in_doubt"])
    assert bool(doubtful) == bool(summary["in_doubt"])
    pairs = zip(stormy["media_ids"], held_by(sandbox, stormy), held_by(sandbox, calm), strict=True)
    differing = {media_id for media_id, here, there in pairs if here != there}
    assert differing <= doubtful
    assert set(sandbox.commits().values()) == {1}, "something that was accepted was sent twice"


def test_a_signal_ends_the_wait_for_a_server_that_is_not_there(command: Command) -> None:
    """Nothing is under way yet, so nothing has to land; the look-up is not tried again for an hour."""
    (command.folder / "l.json").write_text("[]")
    process = command.start(
        "import", "l.json", "--server", "http://127.0.0.1:9", "--project", "p", "--wait-for-server", "1h"
    )
    while not catches_signals(process.pid):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.TERMINATED, said
    assert "resumes" in said


def test_a_signal_ends_a_look_up_that_hangs(command: Command, sandbox_process: Callable[..., Any]) -> None:
    """Nothing of ours is in flight before the first upload, so there is nothing to wait for."""
    faults = command.folder / "faults.toml"
    faults.write_text('[[fault]]\nwhat = "delay"\nroute = "*"\nseconds = 60.0\nprobability = 1.0\n')
    sandbox = sandbox_process("--faults", str(faults))
    (command.folder / "l.json").write_text("[]")
    process = command.start("import", "l.json", "--server", sandbox.url, "--project", "p")
    while not sandbox.requests():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_a_signal_ends_the_wait_for_another_run(
    command: Command, sandbox_process: Callable[..., Any], number: int, code: int
) -> None:
    """And the other one keeps its lock, and goes on."""
    sandbox = sandbox_process("--project", "p", "--media", "1")
    (command.folder / "l.json").write_text("[]")
    folder = command.folder / "l.json.checkpoint"
    folder.mkdir()
    lock = FolderLock(folder, "other")
    process = command.start(
        "import", "l.json", "--server", sandbox.url, "--project", "p", "--lock-wait", "1h"
    )
    while not has_open(process.pid, folder / "lock"):
        assert process.poll() is None
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert lock_owner(folder) is not None
    lock.release()


def test_another_run_is_waited_for_as_long_as_is_allowed(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """It ends, and the one that waited goes on at once; one that must not wait is told who has the lock."""
    sandbox = sandbox_process("--project", "p", "--media", "1")
    (command.folder / "l.json").write_text("[]")
    folder = command.folder / "l.json.checkpoint"
    folder.mkdir()
    lock = FolderLock(folder, "other")
    arguments = ["l.json", "--server", sandbox.url, "--project", "p"]
    refused = command("import", *arguments)
    assert refused.returncode == ExitCode.CHECKPOINT
    assert "run other" in refused.stderr
    process = command.start("import", *arguments, "--lock-wait", "1h")
    while not has_open(process.pid, folder / "lock"):
        assert process.poll() is None
    lock.release()
    _, said = process.communicate(timeout=60)
    assert process.returncode == ExitCode.DELIVERED, said


def has_open(process_id: int, path: Path) -> bool:
    """Whether the process has the file open right now."""
    files = Path(f"/proc/{process_id}/fd")
    with suppress(OSError):  # one that is closed meanwhile, or a process that has ended
        return any(each.readlink() == path for each in files.iterdir())
    return False


def catches_signals(process_id: int) -> bool:
    """Whether the process has begun to handle SIGTERM."""
    status = Path(f"/proc/{process_id}/status").read_text()
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_a_run_that_is_killed_while_it_is_paused_resumes_unpaused(
    command: Command, sandbox_process: Callable[..., Any], turnstile: Callable[..., Turnstile]
) -> None:
    """Below a path that is longer than the address of a socket; what it leaves there is no run to whoever asks."""
    sandbox = sandbox_process("--seed", "1")
    way = turnstile(sandbox.url)
    project = sandbox.prepare(name="p", media=MEDIA)
    folder = command.folder / ("deep" * 30) / "checkpoint"
    folder.parent.mkdir()
    write_labels(command.folder / "l.json", project["media_ids"], (None,), 3)
    arguments = (
        "l.json",
        "--server",
        way.url,
        "--project",
        "p",
        "--checkpoint",
        str(folder),
        *SMALL_BATCHES,
    )
    process = command.start("import", *arguments)
    way.lead(process, lambda: len(sandbox.commits()) >= 3)
    assert command("control", str(folder), "pause").returncode == 0
    way.let()
    while json.loads(command("control", str(folder), "status", "--json").stdout)["in_flight"]:
        pass
    before = sandbox.commits()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert (folder / "control.sock").is_socket()
    asked = command("control", str(folder), "resume")
    assert (asked.returncode, "no run is under way" in asked.stderr) == (ExitCode.CHECKPOINT, True)
    summary = command.summary(*arguments)
    assert (summary["state"], summary["delivered"], summary["in_doubt"]) == ("complete", ENTRIES, 0)
    commits = sandbox.commits()
    assert commits.items() >= before.items()
    assert set(commits.values()) == {1}
    assert not (folder / "control.sock").exists()
