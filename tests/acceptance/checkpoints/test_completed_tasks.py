"""`complete` and `--on-delivered` on the real command line, killed at any moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from support.around.screen import Terminal
from support.around.turnstile import Turnstile
from support.commands import Command
from support.entries import entry


@pytest.fixture
def imported(
    command: Command, sandbox_process: Callable[..., Any], turnstile: Callable[..., Turnstile]
) -> Any:
    """Forty media with labels, on a server behind a turnstile."""
    # As much quota as there are tasks: whoever asks for one twice does not come to the end.
    sandbox = sandbox_process("--seed", "1", "--label-quota", "40")
    sandbox.way = turnstile(sandbox.url)
    sandbox.project = sandbox.prepare(name="p", media=40)
    classes = {"weather": ["sunny"]}
    entries = [entry(each, 1, global_classifications=classes) for each in sandbox.project["media_ids"]]
    (command.folder / "l.json").write_text(json.dumps(entries))
    sandbox.arguments = ("l.json", "--server", sandbox.way.url, "--project", "p")
    return sandbox


def states_of(sandbox: Any) -> Counter[str]:
    """How many tasks are in each state."""
    rows = sandbox.ask(f"/api/project/{sandbox.project['id']}/task")
    return Counter(row["labelTaskState"] for row in rows)


def has_lines(path: Path, lines: int) -> bool:
    """Whether the file has so many."""
    return path.exists() and path.read_bytes().count(b"\n") >= lines


def test_complete_is_killed_and_resumes_and_asks_for_no_task_twice(command: Command, imported: Any) -> None:
    """Whatever a killed one had asked for and not written down is seen in the list of tasks."""
    assert command("import", *imported.arguments).returncode == ExitCode.DELIVERED
    record = command.folder / "l.json.checkpoint" / "task-states.jsonl"
    for lines in (5, 15):
        killed = command.start("complete", "l.json.checkpoint", "--yes", "--max-in-flight", "2")
        imported.way.lead(killed, partial(has_lines, record, lines))
        imported.way.stop(killed)
    with record.open("ab") as file:
        file.write(b'{"task":"cut sh')
    before = states_of(imported)
    assert 15 <= before["COMPLETED"] < 40
    done = command("complete", "l.json.checkpoint", "--yes", "--json")
    said = json.loads(done.stdout)["tasks"]
    assert (done.returncode, said["left"]) == (ExitCode.DELIVERED, 0), done.stderr
    assert said["given"] + said["already"] == 40
    assert states_of(imported) == {"COMPLETED": 40}
    again = command("complete", "l.json.checkpoint")  # nothing is left to ask a person about
    assert again.returncode == ExitCode.DELIVERED, again.stderr


def test_an_import_wants_to_know_beforehand(command: Command, imported: Any) -> None:
    """It uses quota; so without a terminal it takes a --yes, and else nothing is sent."""
    done = command("import", *imported.arguments, "--on-delivered", "complete")
    assert done.returncode == ExitCode.USAGE
    assert "label quota" in done.stderr
    assert "--yes" in done.stderr
    assert not (command.folder / "l.json.checkpoint").exists()
    summary = command.summary(*imported.arguments, "--on-delivered", "complete", "--yes")
    assert (summary["state"], summary["tasks"]["given"]) == ("complete", 40)
    assert states_of(imported) == {"COMPLETED": 40}


def test_several_sources_count_together(command: Command, imported: Any) -> None:
    """A media of one of them whose entry in another is rejected is not done."""
    first = json.loads((command.folder / "l.json").read_text())
    (command.folder / "m.json").write_text(json.dumps([{**first[7], "labels": {"no such": []}}]))
    done = command(
        *("import", "m.json", *imported.arguments, "--max-errors", "none"),
        *("--on-delivered", "skip", "--yes", "--checkpoint", "cp"),
    )
    assert done.returncode == ExitCode.REJECTIONS, done.stderr
    assert states_of(imported) == {"SKIPPED": 39, "BACKLOG": 1}
    assert "39 skipped" in done.stdout
    done = command("complete", "cp/l.json.checkpoint", "cp/m.json.checkpoint", "--skip", "--yes")
    assert done.returncode == ExitCode.REJECTIONS, done.stderr
    assert "39 skipped" in done.stdout


def answered(command: Command, answer: str, *arguments: str) -> tuple[int | None, str]:
    """What came of a command on a terminal where its question gets this answer: the exit code, and what was shown."""
    environment = {**command.environment, "LANG": "C.UTF-8", "TERM": "xterm"}
    terminal = Terminal(*arguments, folder=command.folder, environment=environment)
    try:
        terminal.read(lambda lines: any("Do that? [y/N]" in line for line in lines))
        terminal.type(answer)
        shown = terminal.finish()
        return terminal.process.returncode, " ".join(" ".join(shown).split())
    finally:
        terminal.close()


def test_on_a_terminal_it_asks(command: Command, imported: Any) -> None:
    """An import before it sends anything, `complete` when it knows how many."""
    code, shown = answered(command, "n\n", "import", *imported.arguments, "--on-delivered", "complete")
    assert (code, "Nothing was sent" in shown) == (ExitCode.UNFINISHED, True), shown
    assert not (command.folder / "l.json.checkpoint").exists()
    code, shown = answered(command, "y\n", "import", *imported.arguments, "--on-delivered", "skip")
    assert (code, states_of(imported)) == (ExitCode.DELIVERED, {"SKIPPED": 40}), shown
    code, shown = answered(command, "no\n", "complete", "l.json.checkpoint", "--whatever-state")
    assert (code, "Completes 40 tasks of project p" in shown) == (ExitCode.UNFINISHED, True), shown
    assert states_of(imported) == {"SKIPPED": 40}
