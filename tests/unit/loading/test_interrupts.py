"""Ctrl-C while modules load, or when the command is over, ends the process and leaves no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bulk_importer.machine.children import child_command

# Each process sends the signal to itself at a moment that is certain: when it asks for a module, or at its exit.
AT_IMPORT = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == {name!r}:
            sys.meta_path.remove(self)
            print("interrupted", flush=True)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""
AT_EXIT = """
import sys

class Registering:
    def find_spec(self, name, *_):
        if name == "bulk_importer.cli.help.explain":
            import atexit, os, signal
            atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))

sys.meta_path.insert(0, Registering())
"""
IMPORT = (
    "import",
    "labels.json",
    "--server",
    "http://127.0.0.1:9",
    "--project",
    "p",
    "--wait-for-server",
    "0",
)


def run(command: list[str], folder: Path, customized: str) -> subprocess.CompletedProcess[str]:
    """A process in `folder` that does at its start what `customized` says."""
    (folder / "sitecustomize.py").write_text(customized)
    (folder / "labels.json").write_text("[]")
    path = os.pathsep.join([str(folder), *sys.path])
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bulk_importer.cli.main", ""),
        ("bulk_importer.cli.importing.import_labels", ""),
        ("uvloop", "bulk-importer: interrupted (Ctrl-C).\n"),
    ],
)
def test_an_interruption_while_modules_load_is_quiet(tmp_path: Path, name: str, said: str) -> None:
    """Where the command has begun, a line says so."""
    command = [sys.executable, "-m", "bulk_importer", *IMPORT]
    ended = run(command, tmp_path, AT_IMPORT.format(name=name))
    assert (ended.stdout, ended.stderr, ended.returncode) == ("interrupted\n", said, 130)


def test_an_interruption_at_the_exit_is_quiet(tmp_path: Path) -> None:
    """What was printed is there."""
    ended = run([sys.executable, "-m", "bulk_importer", "explain", "130"], tmp_path, AT_EXIT)
    assert "Ctrl-C" in ended.stdout
    assert (ended.stderr, ended.returncode) == ("", 130)


def test_a_child_leaves_interruptions_to_its_parent(tmp_path: Path) -> None:
    """A terminal sends them to both."""
    command = child_command("base64", "test")
    ended = run(command, tmp_path, AT_IMPORT.format(name="base64"))
    assert "interrupted\n" in ended.stdout
    assert (ended.stderr, ended.returncode) == ("", 0)
