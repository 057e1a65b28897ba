"""Each finding is a script that anybody can run, and that changes nothing where it is run."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from support.places import TOP

FINDINGS = TOP / "findings"
SCRIPTS = sorted(FINDINGS.glob("*.sh"))
OF_THIS_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|Users|mnt|srv|opt|tmp|var)/")
INDEX = re.compile(
    r"--(?:extra-)?index-url|--find-links|--trusted-host|PIP_\w+|\bpypi\b|\bhttps?://(?!127\.0\.0\.1\b|localhost\b)\w"
)

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def commands(text: str) -> list[list[str]]:
    """The words of each line of the script that is for the shell: without comments and what is handed to programs."""
    shell = re.sub(r"<<'END'(.*?)\n.*?\nEND\n", r"\1\n", text, flags=re.DOTALL).replace("\\\n", " ")
    return [words for line in shell.splitlines() if (words := shlex.split(line, comments=True))]


def installed(text: str) -> list[str]:
    """What pip is asked for, flags aside."""
    return [
        word
        for words in commands(text)
        if words[0].endswith("pip")
        for word in words[2:]
        if not word.startswith("-")
    ]


def test_the_table_lists_each_script() -> None:
    """And no other, in the order of the folder, with what it shows."""
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", (FINDINGS / "README.md").read_text(), re.MULTILINE)
    assert [name for name, _ in rows] == [path.name for path in SCRIPTS]
    assert {path.name for path in FINDINGS.iterdir()} == {"README.md", *(path.name for path in SCRIPTS)}


@each_script
def test_a_finding_is_a_program(script: Path) -> None:
    """For bash, which ends at the first command that fails."""
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert commands(text)[0] == ["set", "-euo", "pipefail"]


@each_script
def test_a_finding_says_at_its_top_what_it_was_seen_with(script: Path) -> None:
    """A library and its version, the one that is installed; then what is expected, what happens and what to do."""
    text = script.read_text()
    head = text.split("\nset -", maxsplit=1)[0]
    named = re.findall(r"([\w.-]+) (\d+(?:\.\d+)+)", head.splitlines()[1])
    pinned = [re.sub(r"\[.*\]", "", word) for word in installed(text)]
    assert named
    assert {f"{name}=={version}" for name, version in named} <= set(pinned)
    said = re.findall(r"^# (\w[\w ]*):", head, re.MULTILINE)
    assert [word for word in said if word in {"Expected", "Happens", "For an importer", "Do"}] == [
        "Expected",
        "Happens",
        "For an importer",
        "Do",
    ]


@each_script
def test_a_finding_pins_what_it_installs(script: Path) -> None:
    """Or it shows something else next year."""
    wanted = installed(script.read_text())
    assert wanted
    assert [word for word in wanted if not re.fullmatch(r"[\w.-]+(?:\[\w+\])?==[\d.]+", word)] == []


@each_script
def test_a_finding_leaves_nothing_behind(script: Path) -> None:
    """It makes a folder, works in there, and takes it away however it ends."""
    words = commands(script.read_text())
    made = words.index(["dir=$(mktemp", "-d)"])
    assert words[made + 1] == ["trap", 'rm -rf "$dir"', "EXIT"]
    assert words[made + 2] == ["cd", "$dir"]


@each_script
def test_a_finding_needs_neither_this_program_nor_this_machine(script: Path) -> None:
    """No module of it, no path, and no index but the one that whoever runs it has set."""
    text = script.read_text()
    assert re.findall(r"bulk[_-]importer", text) == []
    assert OF_THIS_MACHINE.findall(text) == []
    assert INDEX.findall(text) == []
