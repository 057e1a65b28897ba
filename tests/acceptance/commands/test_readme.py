"""What the README says is so: its commands run, its programs run, its tables are complete."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.cli.help.exit_codes import readme_tables
from bulk_importer.cli.main import COMMANDS
from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox, SandboxConfig
from support.around.alone import alone_with
from support.commands import Command
from support.entries import noted
from support.places import TOP

README = (TOP / "README.md").read_text()
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
TYPED = re.findall(r"(?:^    |`)(bulk-importer [^`\n#]*[^`\n# ])", README, re.MULTILINE)
"""Commands with arguments, in lines of their own and in the text, in the order in which a newcomer meets them."""
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def run_shell(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run shell commands where `bulk-importer` is the program under test, and files are written elsewhere."""
    tools = tmp_path / "tools"
    tools.mkdir()
    program = tools / "bulk-importer"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m bulk_importer "$@"\n')
    program.chmod(0o755)
    (tmp_path / "config").symlink_to(TOP / "config")
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(TOP)}

    def run(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-euc", text],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    return run


@pytest.mark.parametrize("text", [text for text in SHELL if "venv" not in text])
def test_a_shell_command_runs(
    run_shell: Callable[[str], subprocess.CompletedProcess[str]], text: str
) -> None:
    """And says that all is well."""
    done = run_shell(text)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_demo_ends_as_the_readme_shows(
    run_shell: Callable[[str], subprocess.CompletedProcess[str]],
) -> None:
    """Without the set-up before it; `.ci/run` runs the whole command in a clean checkout."""
    command = next(text for text in SHELL if text.rstrip().endswith("bulk-importer demo"))
    with alone_with("demo"):
        done = run_shell(command.split("&&")[-1].replace(".venv/bin/", ""))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All came out as it should" in done.stdout
    shown = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert shown
    # Numbers, ids and times differ from run to run; the lines without any do not.
    said = (done.stdout + done.stderr).splitlines()
    fixed = [line for line in shown[1].splitlines() if line.strip() and not re.search(r"\d|\.\.\.", line)]
    assert fixed
    assert not [line for line in fixed if line not in said]


def test_each_command_in_the_text_works_when_typed(
    command: Command, sandbox_process: Callable[..., Any]
) -> None:
    """One after the other, with names put in where the text leaves them open; one entry is there to be corrected."""
    assert len(TYPED) >= 10
    sandbox = sandbox_process("--project", "streets", "--media", "3", "--seed", "1")
    sandbox.prepare(name="roads", media=3)
    media = sandbox.ask(f"/api/v1/task/{sandbox.ready['project']}/list?state=BACKLOG")
    entries = [noted(row["mediaId"], number) for number, row in enumerate(media)]
    broken = {**entries[2], "keepData": "no"}
    (command.folder / "labels.json").write_text(json.dumps([*entries[:2], broken]))
    coco = {
        "images": [{"id": 1, "file_name": media[0]["mediaName"], "width": 9, "height": 9}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0}
        ],
        "categories": [{"id": 1, "name": "nothing the project has"}],
    }
    (command.folder / "annotations.json").write_text(json.dumps(coco))
    command.environment |= {"BULK_IMPORTER_SERVER": sandbox.url, "BULK_IMPORTER_PROJECT": "streets"}
    command.environment["BULK_IMPORTER_MAX_ERRORS"] = "none"
    meant = {
        "URL": sandbox.url,
        "https://datagym.example.com": sandbox.url,
        "P": "streets",
        "CODE": "class-unknown",
    }
    for line in TYPED:
        # What stands behind && is the shell's.
        typed, _, file = line.partition(" && ")[0].partition(" > ")
        words = [meant.get(word, word) for word in shlex.split(typed, comments=True)[1:]]
        if words[0] == "sandbox":
            served = command.start(*words, "--port", "0")
            assert served.stdout
            assert "listens at" in served.stdout.readline()
            continue
        if words[0] == "serve":
            served = command.start(*words)
            assert served.stderr
            assert "/open?code=" in served.stderr.readline()
            continue
        if words[0] == "retry":
            rejected = json.loads((command.folder / "labels.json.checkpoint" / "rejected.jsonl").read_text())
            rejected["entry"]["keepData"] = False
            (command.folder / words[2]).write_text(json.dumps(rejected))
        done = command(*words)
        if words[0] == "control":  # and the run is over by now
            assert "no run is under way" in done.stderr
            continue
        assert done.returncode in (ExitCode.DELIVERED, ExitCode.REJECTIONS), (line, done.stderr)
        assert done.stdout or words[0] == "convert", line
        if file:
            (command.folder / file).write_text(done.stdout)
    held = sandbox.labels(sandbox.ready["project"])
    assert all(held.values()), "the corrected entry is there as well"


def test_the_entry_that_is_shown_is_one(command: Command, sandbox_process: Callable[..., Any]) -> None:
    """For a media of a project with such a class; and with a file name in place of the id, as the text says."""
    shown = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert shown
    entry = json.loads(shown[1])
    sandbox = sandbox_process("--seed", "1")
    [media_id] = sandbox.prepare(name="p", media=1)["media_ids"]
    [row] = json.loads(command("media", "--server", sandbox.url, "--project", "p", "--json").stdout)
    name, labels = entry["labels"].popitem()
    config = [{"entryKey": name, "entryValue": name, "type": "RECTANGLE", "children": []}]
    (command.folder / "config.json").write_text(json.dumps(config))
    by_id = {**entry, "internal_media_ID": media_id, "labels": {name: labels}}
    by_name = {**by_id, "external_media_ID": row["name"]}
    del by_name["internal_media_ID"]
    flags = ("--server", sandbox.url, "--project", "p", "--label-config", "config.json")
    for each, more in ((by_id, ()), (by_name, ("--media-by", "name"))):
        (command.folder / "l.json").write_text(json.dumps([each]))
        done = command("check", "l.json", *flags, *more)
        assert done.returncode == 0, done.stdout
    advised = command("check", "l.json", *flags)
    assert "media-id-missing" in advised.stdout
    assert "--media-by name" in advised.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=["synchronous", "asynchronous", "before and after"])
def test_a_program_runs(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a sandbox with a project of that name; `labels.json` holds an entry for each media.

    The first is broken where the program corrects what was rejected.
    """
    monkeypatch.chdir(tmp_path)

    async def check() -> Any:
        async with Sandbox(SandboxConfig(seed=1)) as sandbox:
            project = await sandbox.prepare(name="streets", media=3)
            boxes = {media_id: {"x": 1, "y": 2, "w": 3, "h": 4} for media_id in project.media_ids}
            entries: list[dict[str, Any]] = [{"internal_media_ID": media_id} for media_id in boxes]
            if "retry" in program:
                entries[0]["keepData"] = "no"
            (tmp_path / "labels.json").write_text(json.dumps(entries))
            names: dict[str, Any] = {"server": sandbox.url, "boxes": boxes}
            await asyncio.to_thread(run_program, program, names)
            return names["summary"].delivered

    assert asyncio.run(check()) == 3


def run_program(program: str, names: dict[str, Any]) -> None:
    """Execute a program of the README; one that awaits is run as such."""
    code = compile(program, "README.md", "exec", flags=0x2000)  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    awaiting = eval(code, names)
    if inspect.isawaitable(awaiting):
        asyncio.run(awaiting)  # type: ignore[arg-type]  # a coroutine, as code with top-level await gives


def test_the_tables_of_exit_codes_are_those_of_the_program() -> None:
    """Word by word; what is expected can be pasted between the two marks."""
    shown = README.split("<!-- exit codes -->\n")[1].split("\n<!-- exit codes end -->")[0]
    assert shown == readme_tables(tuple(COMMANDS))


def test_every_link_leads_somewhere() -> None:
    """Those to files of the project."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert not [link for link in links if not (TOP / link).exists()]
