"""What the documents for contributors say of the tree is so: packages, layers, promises, words, links, commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bulk_importer.pipeline
from support.places import TOP

PACKAGE = TOP / "bulk_importer"
HIDDEN = TOP / ".github"
ARCHITECTURE = (HIDDEN / "ARCHITECTURE.md").read_text()
CONTRIBUTING = (HIDDEN / "CONTRIBUTING.md").read_text()
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())
DOCUMENTS = sorted([*HIDDEN.rglob("*.md"), *TOP.glob("*.md"), *(TOP / "tests" / "vectors").glob("*.md")])
SHELL = dict(re.findall(r"<!-- (\S+) -->\n```sh\n(.*?)\n```", CONTRIBUTING, re.DOTALL))


def section(title: str) -> str:
    """One chapter of the architecture."""
    return ARCHITECTURE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(TOP).as_posix())
def test_every_link_leads_to_a_file(document: Path) -> None:
    """Seen from where the document is."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()) if "://" not in link]
    assert not [link for link in links if not (document.parent / link).exists()]


def test_the_readme_leads_to_the_documents() -> None:
    """Nobody looks into a hidden folder unasked."""
    readme = (TOP / "README.md").read_text()
    for path in (
        ".github/ARCHITECTURE.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
        "tests/vectors/PROTOCOL.md",
    ):
        assert f"]({path})" in readme


def test_every_package_is_in_the_plan() -> None:
    """In its table and in its drawing, and no other."""
    plan = section("One drawing")
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {row[0][1:].split("]")[0] for row in rows(plan)} == packages
    drawing = plan.split("```")[1]
    assert not [name for name in packages if not re.search(rf"\b{name}\b", drawing)]


def test_every_room_of_a_package_is_in_the_plan() -> None:
    """Who looks for the place of a change finds it one level further down, too."""
    for name, _, said in rows(section("One drawing")):
        folder = PACKAGE / name[1:].split("]")[0]
        rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
        assert set(re.findall(r"\w+", said)) == rooms, folder


def test_the_layers_are_those_that_the_linter_holds() -> None:
    """From top to bottom, and each of them exists."""
    found = re.search(r"<!-- layers -->\n```text\n(.*?)\n```", ARCHITECTURE, re.DOTALL)
    assert found
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    assert contract["type"] == "layers"
    # What is in round brackets may be missing, and is as long as it is.
    held = [line.replace("bulk_importer.", "") for line in contract["layers"] if not line.startswith("(")]
    assert found[1].splitlines() == held
    names = [name for line in held for name in line.split(" | ")]
    assert not [
        name for name in names if not ((PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file())
    ]


def test_each_promise_is_that_of_the_pipeline_and_is_held_by_something() -> None:
    """Ten of them, in its words."""
    made = re.findall(r"^ ?(\d+)\. (.*)$", bulk_importer.pipeline.__doc__ or "", re.MULTILINE)
    named = rows(section("The ten promises"))
    assert (
        [number for number, _ in made]
        == [row[0] for row in named]
        == [str(number) for number in range(1, 11)]
    )
    assert not [row for (_, text), row in zip(made, named, strict=True) if row[1] not in text.lower()]
    assert not [row for row in named if "](../" not in row[2]]


def test_every_word_of_the_glossary_is_used() -> None:
    """A word that was replaced goes from there too."""
    code = re.sub(r"\s+", " ", "\n".join(path.read_text().lower() for path in PACKAGE.rglob("*.py")))
    words = [word.lower() for row in rows(section("Words")) for word in row[0].split(", ")]
    assert len(words) > 30
    assert not [word for word in words if not re.search(rf"\b{word}", code)]


def test_a_named_check_of_the_contributors_runs() -> None:
    """The layers, which take a second, as they would type it; the other checks are tools of the same kind."""
    command = SHELL["checks"].split("#")[0].split()
    assert command[0] == ".ci/run"
    assert {"lint", "types", "layers"} == set(command[1:])
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    done = subprocess.run(
        [".ci/run", "layers"],
        cwd=TOP,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_set_up_is_that_of_the_readme() -> None:
    """One environment, whoever makes it."""
    readme = re.search(r"<!-- tests -->\n```sh\n(.*?)\n```", (TOP / "README.md").read_text(), re.DOTALL)
    assert readme
    assert readme[1].startswith(f"{SHELL['set-up']} && ")
    hatch = PROJECT["tool"]["hatch"]["envs"]["default"]
    extras = re.search(r"\.\[(.*)\]", SHELL["set-up"])
    assert extras
    assert (hatch["path"], hatch["features"]) == (".venv", extras[1].split(","))
    assert f"-c {hatch['env-vars']['PIP_CONSTRAINT']} " in SHELL["set-up"]


def test_the_scripts_of_hatch_are_named_to_contributors() -> None:
    """And no others."""
    named = set(re.findall(r"`hatch run (\w+)", CONTRIBUTING))
    assert named == set(PROJECT["tool"]["hatch"]["envs"]["default"]["scripts"])


def test_ci_runs_the_one_command_with_each_python_that_is_promised() -> None:
    """The versions stand in pyproject."""
    workflow = (HIDDEN / "workflows" / "ci.yml").read_text()
    matrix = re.search(r"python: \[(.*)\]", workflow)
    assert matrix
    promised = [
        line.rsplit(" ", 1)[1]
        for line in PROJECT["project"]["classifiers"]
        if re.search(r"Python :: 3\.\d+$", line)
    ]
    assert re.findall(r"[\d.]+", matrix[1]) == promised
    assert "- run: .ci/run\n" in workflow


def test_hooks_before_a_commit_are_checks_by_name() -> None:
    """All of them but the tests."""
    hooks = re.findall(r"entry: (.*)", (TOP / ".pre-commit-config.yaml").read_text())
    assert hooks == [".ci/run lint", ".ci/run types", ".ci/run layers"]
