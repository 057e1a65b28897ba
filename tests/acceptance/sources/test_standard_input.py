"""Standard input is a source whatever it is, a pipe or a file, and `-` is never taken for the name of a file."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from support.commands import COMMAND, Command
from support.entries import noted


@pytest.fixture
def target(sandbox_process: Callable[..., Any]) -> Any:
    """A sandbox with a project `p` of twenty media, and an entry for each."""
    sandbox = sandbox_process("--seed", "1")
    sandbox.project = sandbox.prepare(name="p", media=20)
    sandbox.arguments = ["--server", sandbox.url, "--project", "p"]
    sandbox.entries = [
        noted(media_id, number) for number, media_id in enumerate(sandbox.project["media_ids"])
    ]
    return sandbox


def fed(command: Command, stdin: BinaryIO | int, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Import what `stdin` is; exit code, summary, and what was said."""
    done = subprocess.run(
        [*COMMAND, "import", "-", "--checkpoint", "c", "--json", *arguments],
        cwd=command.folder,
        env=command.environment,
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


@contextmanager
def opened(path: Path, content: bytes) -> Iterator[BinaryIO]:
    """A file with that content."""
    path.write_bytes(content)
    with path.open("rb") as file:
        yield file


@pytest.mark.parametrize("beside", [True, False], ids=["beside a file -", "alone"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_as_standard_input_is_imported_and_gone_on_with(
    command: Command, target: Any, pack: Callable[[bytes], bytes], beside: bool
) -> None:
    """A file that has the name `-` is not looked at."""
    if beside:
        (command.folder / "-").write_text("no labels")
    content = pack(json.dumps(target.entries).encode())
    with opened(command.folder / "l", content) as file:
        code, first, said = fed(command, file, *target.arguments, "--limit", "7")
    assert (code, first["delivered"]) == (9, 7), said
    with opened(command.folder / "l", content) as file:
        code, second, said = fed(command, file, *target.arguments)
    assert (code, second["state"], second["this_run"]["delivered"]) == (0, "complete", 13), said
    assert set(target.commits().values()) == {1}


def test_another_file_of_the_same_size_as_standard_input_is_refused(command: Command, target: Any) -> None:
    """Its identity is that of what it holds, not that of a name."""
    content = json.dumps(target.entries).encode()
    with opened(command.folder / "l", content) as file:
        assert fed(command, file, *target.arguments, "--limit", "7")[0] == 9
    with opened(command.folder / "l", content.replace(b"n0", b"n?")) as file:
        code, _, said = fed(command, file, *target.arguments)
    assert code == 7
    assert "not the one" in said


def test_of_a_file_whose_beginning_another_program_has_read_the_rest_is_imported(
    command: Command, target: Any
) -> None:
    """As a shell gives it that has read a first line."""
    lines = [
        b"a line that a shell has read\n",
        *(json.dumps(each).encode() + b"\n" for each in target.entries),
    ]
    with opened(command.folder / "l", b"".join(lines)) as file:
        file.raw.seek(len(lines[0]))  # type: ignore[attr-defined]  # a buffered reader has it
        code, summary, said = fed(command, file, *target.arguments)
    assert (code, summary["delivered"], summary["entries"]) == (0, 20, 20), said


def test_a_pattern_names_files_only(command: Command, target: Any) -> None:
    """One that is called `-`, too."""
    (command.folder / "-").write_text(json.dumps(target.entries))
    summary = command.summary("?", *target.arguments)
    assert (summary["source"], summary["delivered"]) == ("./-", 20)


def test_a_retry_does_not_read_its_own_standard_input_for_that_of_the_import(
    command: Command, target: Any
) -> None:
    """What followed the rejected entry is gone; it says so, and what to do."""
    wrong = {**target.entries[0], "labels": {"none-such": target.entries[0]["labels"]["poi"]}}
    with opened(command.folder / "l", json.dumps([wrong, *target.entries]).encode()) as file:
        assert fed(command, file, *target.arguments, "--max-errors", "none")[0] == 1
    (command.folder / "corrected.jsonl").write_text(json.dumps({"position": 0, "entry": target.entries[0]}))
    (command.folder / "-").write_text("no labels")
    done = command("retry", "c", "corrected.jsonl")
    assert done.returncode == 3
    assert "it came as a stream" in done.stderr
    assert "--out-of-order" in done.stderr
    done = command("retry", "c", "corrected.jsonl", "--out-of-order")
    assert done.returncode == 0, done.stderr
