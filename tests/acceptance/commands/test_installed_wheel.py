"""What a person has who installed a wheel and nothing else: completion, man pages, examples, topics."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.places import TOP

SECONDS = 60


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that the wheel is installed into, with the dependencies of this one."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, TOP], check=True)
    [wheel] = folder.glob("*.whl")
    place = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    python = place / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    [packages] = place.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


@pytest.fixture
def call(installed: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a program with the installed one on its path, in a folder with a few files; returns what it prints."""
    (tmp_path / "labels.json").write_text("[]")
    (tmp_path / "labels.json.checkpoint").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PATH": f"{installed / 'bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}

    def run(*command: str | Path) -> str:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", "share/bash-completion/completions/bulk-importer"),
        ("zsh", "share/zsh/site-functions/_bulk-importer"),
        ("fish", "share/fish/vendor_completions.d/bulk-importer.fish"),
    ],
)
def test_completion_comes_along_for_each_shell(
    call: Callable[..., str], installed: Path, shell: str, place: str
) -> None:
    """It lies where the shell looks, and the command prints the same, of the installed program and of no checkout."""
    where = call("python", "-c", "import bulk_importer; print(bulk_importer.__file__)")
    assert where.startswith(str(installed))
    assert call("bulk-importer", "completion", shell) == (installed / place).read_text().rstrip("\n") + "\n"


def test_pages_bring_along_what_they_are_made_of(call: Callable[..., str]) -> None:
    """Style sheets, scripts, and what is vendored with its licence: nothing of them comes from another host."""
    said = call(
        "python",
        "-c",
        "import pathlib; from bulk_importer.observe import page\n"
        "static = pathlib.Path(page.__file__).parent / 'static'\n"
        "print(*sorted(each.name for each in static.rglob('*.*')))",
    )
    names = ["icon.svg", "page.css", "page.js", "uPlot.LICENSE", "uPlot.iife.min.js", "uPlot.min.css"]
    assert said.split() == names


class Terminal:
    """A bash at a terminal, with the completion of the installed program read in."""

    def __init__(self, script: Path, folder: Path) -> None:
        self._terminal, its_end = pty.openpty()
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"],
            cwd=folder,
            env={**os.environ, "PS1": "$ ", "TERM": "dumb"},
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            start_new_session=True,
        )
        os.close(its_end)
        self.type(f"bind 'set bell-style none'; source '{script}'; echo rea''dy\n")
        self.read_until("ready")

    def type(self, text: str) -> None:
        """As a person does."""
        os.write(self._terminal, text.encode())

    def read_until(self, wanted: str) -> str:
        """What appears, up to what is waited for."""
        seen = ""
        end = time.monotonic() + SECONDS
        while wanted not in seen:
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, seen
            seen += os.read(self._terminal, 4096).decode()
        return seen

    def close(self) -> None:
        """The shell ends."""
        os.close(self._terminal)
        self._bash.kill()
        self._bash.wait()


@pytest.fixture
def terminal(installed: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A bash in a folder with a source and its checkpoint."""
    (tmp_path / "labels.json").write_text("[]")
    (tmp_path / "labels.json.checkpoint").mkdir()
    opened = Terminal(installed / "share/bash-completion/completions/bulk-importer", tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("imp", "import "),
        ("import lab", "labels.json"),
        ("import --max-in-f", "--max-in-flight "),
        ("import --media-by n", "name "),
        ("import --label-config serv", "server "),
        ("import --label-config lab", "labels.json"),
        ("status lab", "labels.json.checkpoint"),
        ("import --deny class-unk", "class-unknown "),
        ("explain class-unk", "class-unknown "),
        ("help fau", "faults "),
        ("settings --example over", "overnight "),
        ("completion f", "fish "),
    ],
)
def test_bash_completes_at_the_key(terminal: Terminal, typed: str, completed: str) -> None:
    """Commands, options, words that an option takes, files and folders."""
    terminal.type(f"bulk-importer {typed}\t")
    terminal.read_until(f"bulk-importer {' '.join([*typed.split()[:-1], completed])}")


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_completes(call: Callable[..., str], installed: Path) -> None:
    """Commands and options."""
    script = installed / "share/fish/vendor_completions.d/bulk-importer.fish"
    said = call("fish", "--no-config", "-c", f"source {script}; complete -C 'bulk-importer imp'")
    assert said.startswith("import\t")
    said = call(
        "fish", "--no-config", "-c", f"source {script}; complete -C 'bulk-importer import --max-in-f'"
    )
    assert said.startswith("--max-in-flight")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_reads_its_script(call: Callable[..., str], installed: Path) -> None:
    """Where it looks for functions, and knows what it completes."""
    folder = installed / "share/zsh/site-functions"
    said = call(
        "zsh",
        "-f",
        "-c",
        f"fpath=({folder} $fpath); autoload -U compinit; compinit -D -u; echo $_comps[bulk-importer]",
    )
    assert said == "_bulk-importer\n"
    call("zsh", "-n", folder / "_bulk-importer")


def test_every_command_has_a_man_page_with_every_option(call: Callable[..., str], installed: Path) -> None:
    """And its examples; the options are those of the help."""
    pages = installed / "share/man/man1"
    names = {path.name for path in pages.iterdir()}
    listed = call("bulk-importer", "--help")
    commands = re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE)
    for shared in re.findall(r"^  \([a-z- ]+\) +([a-z-, ]+):", listed, re.MULTILINE):
        commands += shared.split(", ")
    assert names == {"bulk-importer.1", *(f"bulk-importer-{name}.1" for name in commands)}
    page = (pages / "bulk-importer-import.1").read_text().replace("\\", "")
    options = set(re.findall(r"^  (--[a-z-]+)", call("bulk-importer", "import", "--help-all"), re.MULTILINE))
    assert not {flag for flag in options - {"--help", "--help-all"} if f"fB{flag}" not in page}
    assert "zstdcat labels.zst | bulk-importer import -" in page
    assert '"bulk-importer 0.' in page.splitlines()[0]


@pytest.mark.skipif(shutil.which("man") is None, reason="there is no man")
def test_man_shows_the_pages(call: Callable[..., str], installed: Path) -> None:
    """Without a warning."""
    for path in (installed / "share/man/man1").iterdir():
        said = call("man", "--warnings", "-l", path)
        assert "SYNOPSIS" in said


def test_the_examples_of_settings_files_come_along(call: Callable[..., str], tmp_path: Path) -> None:
    """As they are in the project, and they can be used at once."""
    for path in (TOP / "config").glob("*.toml"):
        assert call("bulk-importer", "settings", "--example", path.stem) == path.read_text()
        (tmp_path / path.name).write_text(path.read_text())
        assert f"file {path.name}" in call("bulk-importer", "settings", "--config", path.name)


def test_the_topics_come_along(call: Callable[..., str]) -> None:
    """All of them."""
    for name in re.findall(r"^  ([a-z-]+) ", call("bulk-importer", "help"), re.MULTILINE):
        assert len(call("bulk-importer", "help", name).splitlines()) > 5
