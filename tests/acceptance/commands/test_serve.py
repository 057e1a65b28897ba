"""The real command `serve`: stopped, killed and started again, and resumed at a terminal."""

from __future__ import annotations

import json
import random
import shlex
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SandboxProcess, StartSandboxProcess

from bulk_importer.errors import ExitCode
from support.around.turnstile import Turnstile
from support.commands import Command
from support.entries import noted
from support.serving.process import Serving

ONE_BY_ONE = (
    *("--max-in-flight", "1", "--max-batch-entries", "1"),
    *("--server-request-limit", "1s", "--doubt-wait", "20s", "--workers", "0"),
)


def labels(media: list[str], first: int = 0) -> bytes:
    """A file with an entry for each media, none of which is like another."""
    return json.dumps([noted(each, first + number) for number, each in enumerate(media)]).encode()


def delivered(sandbox: SandboxProcess) -> int:
    """How many uploads of labels the sandbox has written; each once."""
    commits = sandbox.commits()
    assert set(commits.values()) <= {1}
    return len(commits)


def lead(serving: Serving, way: Turnstile, sandbox: SandboxProcess, count: int) -> None:
    """Return when so many uploads are written, and the next one stands before the turnstile."""
    way.lead(serving.process, lambda: delivered(sandbox) >= count and way.waiting > 0)


@pytest.fixture
def gym(sandbox_process: StartSandboxProcess) -> tuple[SandboxProcess, dict[str, Any]]:
    """A sandbox with a project of forty media."""
    sandbox = sandbox_process("--seed", "1")
    return sandbox, sandbox.prepare(name="p", media=40)


def test_an_import_that_was_killed_is_resumed_by_the_next_start_and_by_a_terminal(
    command: Command, gym: tuple[SandboxProcess, dict[str, Any]], turnstile: Callable[..., Turnstile]
) -> None:
    """Killed, it goes on by itself; stopped in the browser, by the command that the page shows. Nothing twice."""
    sandbox, project = gym
    way = turnstile(sandbox.url, holds="prediction")
    where = ("--server", way.url, "--project", "p", *ONE_BY_ONE)
    serving = Serving(command, *where)
    killed = serving.upload(labels(project["media_ids"][:20]), "first.json")
    waiting = serving.upload(labels(project["media_ids"][20:], 20), "se cond.json")
    serving.once(killed, "Checked: waits for you")
    assert serving.post(f"{killed}/confirm", replaced="0") == 303
    lead(serving, way, sandbox, 5)
    serving.kill()
    way.let()
    serving = Serving(command, *where)
    serving.once(killed, "Imported")
    assert delivered(sandbox) == 20
    serving.once(waiting, "Checked: waits for you")
    assert serving.post(f"{waiting}/confirm", replaced="0") == 303
    lead(serving, way, sandbox, 25)
    assert serving.post(f"{waiting}/stop") == 303
    way.let()
    serving.once(waiting, "Stopped")
    assert delivered(sandbox) < 40
    typed = shlex.split(serving.command_of(waiting))
    assert typed[:2] == ["cd", str(command.folder)]
    done = command(*typed[4:])
    assert done.returncode == ExitCode.DELIVERED, done.stderr
    assert delivered(sandbox) == 40
    assert serving.post(f"{waiting}/again") == 303
    serving.once(waiting, "Imported")
    assert serving.stop()[0] == ExitCode.DELIVERED
    assert all(sandbox.labels(project["id"]).values())


def test_sigterm_lands_what_is_in_flight_cuts_uploads_and_says_where_everything_is(
    command: Command, gym: tuple[SandboxProcess, dict[str, Any]], turnstile: Callable[..., Turnstile]
) -> None:
    """And ends with the code of the signal, because something is left; a pause before is seen at the sandbox."""
    sandbox, project = gym
    way = turnstile(sandbox.url, holds="prediction")
    where = ("--server", way.url, "--project", "p", *ONE_BY_ONE, "--json")
    serving = Serving(command, *where)
    path = serving.upload(labels(project["media_ids"]))
    serving.once(path, "Checked: waits for you")
    assert serving.post(f"{path}/confirm", replaced="0") == 303
    lead(serving, way, sandbox, 3)
    assert serving.post(f"{path}/steer", do="pause") == 303
    way.let()
    serving.once(path, "Paused")
    held = delivered(sandbox)
    checkpoint = command.folder / "bulk-importer-serve" / f"{path.rpartition('/')[2]}.checkpoint"
    paused = json.loads(command("status", str(checkpoint), "--json").stdout)
    assert paused["waits_for"]["what"] == "paused"
    assert delivered(sandbox) <= held + 1  # one was in flight
    way.let(0)
    assert serving.post(f"{path}/steer", do="resume") == 303
    lead(serving, way, sandbox, held + 2)
    assert serving.post(f"{path}/steer", do="slower") == 409  # one at a time already
    assert serving.post(f"{path}/steer", do="explode") == 409
    said = json.loads(way.stop(serving.process, signal.SIGTERM))
    assert serving.process.returncode == said["exit_code"] == 128 + signal.SIGTERM
    assert [each["state"] for each in said["uploads"]] == ["importing"]
    assert Path(said["uploads"][0]["source"]).exists()
    status = json.loads(command("status", said["uploads"][0]["checkpoint"], "--json").stdout)
    assert (status["in_flight"], status["in_doubt"]) == (0, 0)
    assert status["delivered"] == delivered(sandbox)


def test_what_cannot_be_served_is_said_before_anything_is_there(command: Command) -> None:
    """For other machines it takes a certificate and a token; a folder with other things is left alone."""
    (command.folder / "mine").mkdir()
    (command.folder / "mine" / "labels.json").write_text("[]")
    where = ("serve", "--server", "http://127.0.0.1:9", "--project", "p")
    for arguments, said in (
        (("serve", "--project", "p"), "Say where to"),
        ((*where, "--limit", "3"), "--limit has no effect in 'serve'"),
        ((*where, "--report", "r.html"), "--report has no effect in 'serve'"),
        ((*where, "--max-upload", "much"), "--max-upload: 'much' is not a size"),
        ((*where, "--page", "0.0.0.0:0"), "it needs --page-tls FILE and --page-token-file FILE"),
        ((*where, "--spool", "mine"), "holds something else than a spool, and nothing is changed there"),
    ):
        done = command(*arguments)
        assert (done.returncode, said in " ".join(done.stderr.split())) == (ExitCode.USAGE, True), done.stderr
    assert [each.name for each in (command.folder / "mine").iterdir()] == ["labels.json"]


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_kills_at_random_moments_lose_and_double_nothing(
    command: Command, gym: tuple[SandboxProcess, dict[str, Any]]
) -> None:
    """Whatever it does at that moment: receives, checks, waits, imports or removes."""
    sandbox, project = gym
    chance = random.Random(18)
    where = ("--server", sandbox.url, "--project", "p", *ONE_BY_ONE)
    media = list(project["media_ids"])
    for _ in range(40):
        serving = Serving(command, *where)
        until = time.monotonic() + chance.uniform(0.0, 2.0)
        while time.monotonic() < until:
            paths = serving.paths()
            if len(paths) < 8 and len(media) > 3:
                serving.upload(labels([media.pop() for _ in range(4)], 4 * len(media)))
            for path in paths:
                if serving.headline(path) == "Checked: waits for you":
                    serving.post(f"{path}/confirm", replaced="0")
        serving.kill()
        assert delivered(sandbox) <= 40
    serving = Serving(command, *where)
    for path in serving.paths():
        if serving.once(path, "Checked: waits for you", "Imported", "Stopped") == "Checked: waits for you":
            serving.post(f"{path}/confirm", replaced="0")
        if serving.once(path, "Imported", "Stopped") == "Stopped":
            serving.post(f"{path}/again")
            serving.once(path, "Imported")
    held = [each for each in sandbox.labels(project["id"]).values() if each]
    assert len(held) == delivered(sandbox) == 40 - len(media)
    assert len({len(each) for each in held}) == 1
    spool = command.folder / "bulk-importer-serve"
    assert not list(spool.glob("*.part"))
