"""What the demo tells a newcomer to type next works when it is typed, as it stands."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulk_importer.cli.practice.demo_corpus import BROKEN
from bulk_importer.errors import ExitCode
from support.around.alone import alone_with
from support.commands import COMMAND, Command

FOLDER = "my demo"
"""With a blank, as a person's folders have."""


@pytest.fixture(scope="module", autouse=True)
def ports() -> Iterator[None]:
    """Those of demos, which are fixed: another one would take the port at which this one's sandbox comes back."""
    with alone_with("demo"):
        yield


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Command, str]:
    """A place where the demo has run, and what it said."""
    command = Command(tmp_path_factory.mktemp("demo"))
    done = command("demo", "--entries", "400", "--folder", FOLDER)
    assert done.returncode == ExitCode.DELIVERED, done.stdout + done.stderr
    return command, done.stdout


def steps(said: str) -> list[str]:
    """The lines that a person can type, after all that the imports said."""
    said = said.partition("All came out as it should")[2]
    return [line.strip() for line in said.splitlines() if line.startswith("  ") and "YOUR" not in line]


def test_each_step_that_it_names_works_when_typed(demo: tuple[Command, str]) -> None:
    """In their order, in a shell; the sandbox stays up while the later ones run."""
    command, said = demo
    typed = steps(said)
    names = [shlex.split(line.replace(shlex.join(COMMAND), "bulk-importer"))[:2] for line in typed]
    assert [words[1] for words in names if words[0] == "bulk-importer"] == [
        *("status", "verify", "explain", "sandbox", "check", "retry")
    ]
    outputs: dict[str, str] = {}
    running: list[subprocess.Popen[str]] = []
    try:
        for line in typed:
            if " retry " in line:
                correct(command.folder / FOLDER / "corrected.jsonl")
            process = subprocess.Popen(
                ["sh", "-c", f"exec {line}"],
                cwd=command.folder,
                env=command.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            if " sandbox " in line:
                running.append(process)
                assert process.stdout
                outputs["sandbox"] = "".join(process.stdout.readline() for _ in range(4))
                continue
            out, err = process.communicate(timeout=500)
            assert process.returncode in (ExitCode.DELIVERED, ExitCode.REJECTIONS), (line, err)
            outputs[line.split(" bulk_importer ")[-1].split()[0]] = out
    finally:
        for process in running:
            process.terminate()
            process.communicate(timeout=60)
    assert "Project 'demo'" in outputs["sandbox"]
    assert f"{400 - len(BROKEN)} of them with labels" in outputs["sandbox"]
    assert "--project demo" in outputs["sandbox"]
    assert f"{len(BROKEN)} would be rejected" in outputs["check"]
    assert "accounted for, once" in outputs["verify"]
    assert re.search(rf"rejected +{len(BROKEN)}\n", outputs["status"])
    assert re.search(r"delivered +393\n", outputs["retry"])


def correct(path: Path) -> None:
    """As a person would do it, in one of the lines: the rectangle gets its height."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    [line] = [each for each in lines if each["findings"][0]["code"] == "schema-missing-key"]
    line["entry"]["labels"]["bus"][0]["rectangle"][0]["h"] = 40
    path.write_text(json.dumps(line) + "\n")


def test_its_address_is_free_again_afterwards(demo: tuple[Command, str]) -> None:
    """The checkpoint is bound to it, so it is none that the system gives to the next one who asks for any."""
    [port] = set(re.findall(r"127\.0\.0\.1:(\d+)", demo[1]))
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first, last = map(int, file.read().split())
    assert not first <= int(port) <= last


def test_where_its_port_is_taken_it_takes_the_next_one(command: Command, demo: tuple[Command, str]) -> None:
    """Two people may see it at a time."""
    port = int(demo[1].split("127.0.0.1:")[1].split()[0])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = command("demo", "--entries", "100")
    assert done.returncode == ExitCode.DELIVERED, done.stderr
    assert f"127.0.0.1:{port} " not in done.stdout
    assert "--server http://127.0.0.1:" in done.stdout


@pytest.mark.parametrize("on_path", [True, False])
def test_it_calls_the_program_as_it_was_called_itself(command: Command, on_path: bool) -> None:
    """By its name only where a shell finds it by that; in a virtual environment that is not active it does not."""
    tools = command.folder / "tools"
    tools.mkdir()
    program = tools / "bulk-importer"
    program.write_text(f"#!{sys.executable}\nfrom bulk_importer.cli.main import run\nrun()\n")
    program.chmod(0o755)
    path = f"{tools}:/usr/bin:/bin" if on_path else "/usr/bin:/bin"
    done = subprocess.run(
        ["bulk-importer" if on_path else "tools/bulk-importer", "demo", "--entries", "100"],
        cwd=command.folder,
        env={**command.environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == ExitCode.DELIVERED, done.stderr
    called = {line.split()[0] for line in steps(done.stdout) if not line.startswith("cp ")}
    assert called == {"bulk-importer" if on_path else "tools/bulk-importer"}
