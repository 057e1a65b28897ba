"""A server that is wrong or dead is said to be at once, by every command that asks one, and ends it in seconds."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.alone import port_of, reserve_port
from support.commands import Command
from support.entries import noted

ID = "224623b3-7595-4a96-84b8-6b14d79226de"
TO_PROJECT = ("--project", "p")
ASKING: dict[str, tuple[str, ...]] = {
    "import": ("import", "l.json", *TO_PROJECT),
    "import without a look-up": (
        *("import", "l.json", "--project", ID, "--label-config", "none", "--no-check-media"),
    ),
    "check": ("check", "l.json", *TO_PROJECT),
    "projects": ("projects",),
    "datasets": ("datasets",),
    "media": ("media", *TO_PROJECT),
    "label-config": ("label-config", *TO_PROJECT),
}
SECONDS = re.compile(r"Asking again until \d\d:\d\d:\d\d\.")


@pytest.fixture
def plain_port() -> Iterator[int]:
    """A port where something speaks HTTP without TLS."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        yield int(process.stdout.readline().split("port ")[1].split()[0])
        process.kill()


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port where nothing listens."""
    with reserve_port() as held:
        yield port_of(held)


@pytest.fixture
def labels(command: Command) -> Path:
    """A file with a label."""
    path = command.folder / "l.json"
    path.write_text(json.dumps([noted(ID, 1)]))
    return path


def told_first(command: Command, *arguments: str, **environment: str) -> str:
    """The line that says that a server does not answer, to somebody who waits for it."""
    command.environment |= environment
    process = command.start(*arguments, "--wait-for-server", "1h")
    assert process.stderr
    told = next(line for line in process.stderr if "does not answer" in line)
    process.terminate()
    process.communicate(timeout=60)
    return told


@pytest.mark.parametrize("name", ASKING)
def test_a_refused_connection_is_said_and_ends_every_command(
    command: Command, labels: Path, name: str
) -> None:
    """With what happens next, and at the end with what to look at; standard output is for what was asked for."""
    asking = (*ASKING[name], "--server", "http://127.0.0.1:9")
    told = told_first(command, *asking)
    assert "onnection refused" in told
    assert SECONDS.search(told)
    done = command(*asking, "--wait-for-server", "0")
    assert done.returncode == ExitCode.SERVER
    assert "Check" in done.stdout + done.stderr
    assert "--wait-for-server" in done.stdout + done.stderr
    if name != "import without a look-up":
        assert not done.stdout


WRONG = {
    "a name without an address": ("http://nowhere.invalid", {}, "Name or service not known", "the host name"),
    "https at a plain port": ("https://127.0.0.1:{plain}", {}, "wrong version number", "or write http://"),
    "a proxy that is not there": (
        *("http://datagym.invalid", {"HTTP_PROXY": "http://127.0.0.1:9"}),
        *(
            "the proxy http://127.0.0.1:9 cannot be reached: Connection refused",
            "the proxy in the environment",
        ),
    ),
    "a SOCKS proxy that is not there": (
        *("https://datagym.invalid", {"ALL_PROXY": "socks5h://u:secret@127.0.0.1:9"}),
        *(
            "the proxy socks5h://127.0.0.1:9 cannot be reached: Connection refused",
            "the proxy in the environment",
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("name", ["import", "projects"])
def test_a_wrong_address_is_told_from_a_server_that_is_away(
    command: Command, labels: Path, plain_port: int, case: str, name: str
) -> None:
    """By what the system or the proxy says, in words; neither token nor login are repeated."""
    server, environment, reason, remedy = WRONG[case]
    environment = {key: value.format(plain=plain_port) for key, value in environment.items()}
    environment["DATAGYM_TOKEN"] = "secret-token"
    asking = (*ASKING[name], "--server", server.format(plain=plain_port))
    told = told_first(command, *asking, **environment)
    assert reason in told
    done = command(*asking, "--wait-for-server", "0", **environment)
    assert done.returncode == ExitCode.SERVER
    assert remedy in done.stderr.splitlines()[-1]
    assert not re.search(r"secret|_ssl\.c|Errno|ssl:default", told + done.stderr)


def test_a_proxy_that_refuses_is_not_waited_for(command: Command, plain_port: int) -> None:
    """It does not come to like us by waiting."""
    done = command(
        *("projects", "--server", "https://datagym.invalid", "--wait-for-server", "1h"),
        HTTPS_PROXY=f"http://127.0.0.1:{plain_port}",
    )
    assert done.returncode == ExitCode.SERVER
    [line] = done.stderr.splitlines()
    assert "answers 501" in line
    assert "Check the proxy in the environment" in line


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_server_that_is_started_late_is_imported_into(
    command: Command,
    labels: Path,
    sandbox_process: Callable[..., Any],
    free_port: int,
    more: tuple[str, ...],
) -> None:
    """Where a person said that it is to be waited for; that it answers is said as well."""
    url = f"http://127.0.0.1:{free_port}"
    running = command.start(
        "import", "l.json", "--server", url, *TO_PROJECT, "--wait-for-server", "1h", *more
    )
    assert running.stderr
    said = ""
    while "does not answer" not in said:
        said = running.stderr.readline()
        assert said
    assert running.poll() is None
    sandbox = sandbox_process("--port", str(free_port), "--project", "p", "--media", "1")
    assert sandbox.url == url
    rest = running.communicate(timeout=60)
    assert f"{url} answers." in rest[1]
    assert "media-unknown" in rest[0]
    events = (command.folder / "l.json.checkpoint" / "run.log").read_text().splitlines()
    named = [json.loads(line)["event"] for line in events]
    assert named[:4] == ["AnswerMissed", "AnswerCame", "CheckpointOpened", "RunStarted"]


def test_quiet_says_nothing_of_it_but_the_end(command: Command, labels: Path) -> None:
    """Whoever asks for silence gets it."""
    arguments = ("import", "l.json", "--server", "http://127.0.0.1:9", *TO_PROJECT, "--wait-for-server", "0")
    done = command(*arguments, "--quiet")
    assert done.returncode == ExitCode.SERVER
    assert len(done.stderr.splitlines()) == 1


def test_checkpoints_of_a_server_that_is_gone(command: Command, sandbox_process: Callable[..., Any]) -> None:
    """`retry` and `verify --against-server` say it as `import` does."""
    sandbox = sandbox_process("--seed", "1")
    project = sandbox.prepare(name="p", media=1)
    good, bad = noted(project["media_ids"][0], 1), {**noted(project["media_ids"][0], 2), "keepData": 3}
    (command.folder / "l.json").write_text(json.dumps([good, bad]))
    done = command("import", "l.json", "--server", sandbox.url, *TO_PROJECT, "--max-errors", "none")
    assert done.returncode == ExitCode.REJECTIONS, done.stderr
    sandbox.kill()
    for arguments in (
        ("retry", "l.json.checkpoint"),
        ("verify", "l.json.checkpoint", "l.json", "--against-server"),
    ):
        told = told_first(command, *arguments)
        assert f"{sandbox.url} does not answer: Connection refused. Asking again until" in told
        gone = command(*arguments, "--wait-for-server", "0")
        assert gone.returncode == ExitCode.SERVER, gone.stderr


def test_other_sources_are_not_begun(command: Command, labels: Path) -> None:
    """They go to the same server, and each would wait for it again."""
    for name in ("a.json", "b.json"):
        (command.folder / name).write_text("[]")
    arguments = ("import", "a.json", "b.json", "l.json", "--server", "http://127.0.0.1:9", *TO_PROJECT)
    done = command(*arguments, "--wait-for-server", "0")
    assert done.returncode == ExitCode.SERVER
    assert done.stderr.count("is not available") == 1
    assert "2 more sources were not begun" in done.stderr


def test_a_server_that_takes_long_over_the_first_answer_is_said_to(command: Command) -> None:
    """It may be one that never answers anything; what it is waited for is bounded by the time for a look-up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = command.start("projects", "--server", url, "--read-timeout", "6s", "--wait-for-server", "0")
        assert process.stderr
        assert re.match(
            rf"{url} has not answered for 5 s\. Waiting until [\d:]+ at most\.", process.stderr.readline()
        )
        assert process.poll() is None
        _, rest = process.communicate(timeout=60)
    assert process.returncode == ExitCode.SERVER
    assert "no answer began in time" in rest


def test_a_doctor_tells_each_step_when_it_is_done(command: Command) -> None:
    """And not all of them when the last one has run into its time limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = command.start("doctor", "--server", url, "--read-timeout", "1h")
        assert process.stdout
        first = process.stdout.readline()
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert first.split() == ["ok", "url", url]
    idle = command("doctor", "--server", url, "--wait-for-server", "1h")
    assert (idle.returncode, "no effect" in idle.stderr) == (ExitCode.SERVER, True)
