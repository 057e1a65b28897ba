"""`.ci/run` with the name of a check runs that check here, with the environment of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.places import TOP


class Checkout:
    """A small repository with the real `.ci/run`, and programs that say what they were asked to do."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.write(".ci/run", (TOP / ".ci" / "run").read_text(), is_program=True)
        self.write(".gitignore", ".venv/\n")
        for path in (
            "bulk_importer/packing/pool.py",
            "tests/unit/packing/test_pool.py",
            "tests/unit/transfer/admission/test_rates.py",
            "bulk_importer/model.py",
        ):
            self.write(path, "")
        for name in ("ruff", "mypy", "lint-imports", "pytest"):
            self.tool(name, f'echo "{name} $*"')
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "all")

    def git(self, *words: str) -> None:
        """As a person without any settings would call it."""
        name = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *name, *words], cwd=self.place, check=True, capture_output=True)

    def write(self, path: str, text: str, *, is_program: bool = False) -> None:
        """A file, and the folders above it."""
        file = self.place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755 if is_program else 0o644)

    def tool(self, name: str, script: str) -> None:
        """A program of the environment."""
        self.write(f".venv/bin/{name}", f"#!/bin/sh\n{script}\n", is_program=True)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`.ci/run` from another folder, without an active environment."""
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        command = [str(self.place / ".ci" / "run"), *words]
        return subprocess.run(
            command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def tests_run(self, *words: str) -> str:
        """What `.ci/run test` gives to pytest."""
        done = self.run("test", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1].removeprefix("pytest -q -m not slow ")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Nothing in it differs from its last commit."""
    return Checkout(tmp_path / "checkout")


def test_checks_run_by_name_and_together(checkout: Checkout) -> None:
    """One, or several in their order."""
    assert checkout.run("layers").stdout.split("\n") == ["== layers", "lint-imports ", ""]
    both = checkout.run("lint", "types").stdout
    assert [line for line in both.splitlines() if not line.startswith("==")] == [
        "ruff check .",
        "ruff format --check --quiet .",
        "mypy ",
    ]


def test_a_check_that_fails_ends_it_with_its_status(checkout: Checkout) -> None:
    """Those behind it do not run."""
    checkout.tool("ruff", "exit 3")
    done = checkout.run("lint", "layers")
    assert (done.returncode, "lint-imports" in done.stdout) == (3, False)


def test_a_name_that_is_none_is_refused(checkout: Checkout) -> None:
    """With those that there are."""
    done = checkout.run("tpyes")
    assert (done.returncode, "lint, types, layers, test" in done.stderr) == (2, True)


def test_the_tests_of_a_room_in_a_room_are_those_of_the_inner_one(checkout: Checkout) -> None:
    """Or of the nearest one around it that has any."""
    checkout.write("bulk_importer/transfer/admission/rates.py", "changed")
    assert checkout.tests_run() == "tests/unit/transfer/admission"
    checkout.write("bulk_importer/transfer/isolation/parts.py", "changed")
    assert checkout.tests_run() == "tests/unit/transfer tests/unit/transfer/admission"


@pytest.mark.parametrize(
    ("changed", "run"),
    [
        ("cli/importing/check.py", "tests/integration/cli/importing"),
        ("cli/practice/demo.py", "tests/integration/cli"),
        ("sources/web.py", "tests/integration/sources"),
        ("sandbox/routes/tasks.py", "tests/integration/sandbox tests/unit/sandbox"),
        ("checkpoint/log/file.py", "tests/properties/checkpoint tests/unit/checkpoint/log"),
        ("datagym/routes.py", "tests/integration/wire tests/unit/datagym"),
        ("transfer/slots.py", "tests/integration/wire tests/properties/transfer tests/unit/transfer"),
        ("library/status.py", "tests/integration/runs"),
        ("pipeline/wiped/mentions.py", "tests/integration/runs tests/unit/pipeline"),
        ("cli/help/pages/start.txt", "tests/integration/cli"),
        ("times.py", "tests/unit"),
        ("events/new.py", "tests/unit"),
    ],
)
def test_a_room_has_tests_of_several_kinds(checkout: Checkout, changed: str, run: str) -> None:
    """Those of the nearest folder of each kind: the wire under the server's answers, runs under what runs all."""
    for path in (
        "integration/cli/importing/test_check.py",
        "integration/cli/test_all.py",
        "integration/runs/test_retry.py",
        "integration/sandbox/test_reads.py",
        "integration/sources/test_web.py",
        "integration/wire/test_outage.py",
        "properties/checkpoint/test_log.py",
        "properties/transfer/test_retries.py",
        "unit/checkpoint/log/test_file.py",
        "unit/datagym/test_routes.py",
        "unit/pipeline/test_flow.py",
        "unit/sandbox/test_page.py",
    ):
        checkout.write(f"tests/{path}", "")
    checkout.git("add", "-A")
    checkout.git("commit", "-q", "-m", "tests")
    checkout.write(f"bulk_importer/{changed}", "changed")
    assert checkout.tests_run() == run


def test_a_folder_that_holds_no_test_is_not_run(checkout: Checkout) -> None:
    """Compiled files stay in it when its tests have moved, and pytest takes no test for a failure."""
    for folder in ("tests/unit/files", "tests/unit/packing/apart"):
        checkout.write(f"{folder}/__pycache__/test_a.pyc", "")
    checkout.write(".gitignore", ".venv/\n__pycache__/\n")
    checkout.git("commit", "-q", "-a", "-m", "ignored")
    checkout.write("bulk_importer/packing/apart/new.py", "")
    assert checkout.tests_run() == "tests/unit/packing"
    checkout.write("bulk_importer/files/durable.py", "")
    assert checkout.tests_run() == "tests/unit tests/unit/packing"


@pytest.mark.parametrize(
    ("changed", "run"),
    [
        (".github/CONTRIBUTING.md", "tests/house"),
        (".pre-commit-config.yaml", "tests/house"),
        ("benchmarks/bench_log.py", "tests/house"),
        ("config/constraints.txt", "tests/house"),
        ("config/slurm/work.sh", "tests/conformance/deployment"),
        ("findings/new.sh", "tests/house"),
        ("tests/vectors/PROTOCOL.md", "tests/house"),
        ("tests/vectors/schema.json", "tests/conformance"),
        ("tests/support/entries.py", "tests/unit"),
    ],
)
def test_what_lies_around_the_package_has_tests_too(checkout: Checkout, changed: str, run: str) -> None:
    """Those of the house most of all."""
    checkout.write(changed, "changed")
    assert checkout.tests_run() == run


def test_without_an_environment_it_says_how_to_make_one(checkout: Checkout) -> None:
    """Rather than run some other program of that name."""
    shutil.rmtree(checkout.place / ".venv")
    done = checkout.run("types")
    assert (done.returncode, ".github/CONTRIBUTING.md" in done.stderr) == (2, True)


def test_the_tests_are_those_of_what_was_changed(checkout: Checkout) -> None:
    """Of the packages, on disk or in the commits of the branch; all where nothing was, or what all stand on."""
    assert checkout.tests_run() == "tests/unit"
    checkout.write("bulk_importer/packing/pool.py", "changed")
    assert checkout.tests_run() == "tests/unit/packing"
    checkout.git("switch", "-q", "-c", "work")
    checkout.git("commit", "-q", "-a", "-m", "changed")
    checkout.write("tests/properties/test_new.py", "")
    assert checkout.tests_run() == "tests/properties/test_new.py tests/unit/packing"
    checkout.write("bulk_importer/model.py", "changed")
    assert "tests/unit" in checkout.tests_run().split()
    checkout.write("README.md", "changed")
    assert "tests/house" in checkout.tests_run().split()
    assert checkout.tests_run("tests/unit/packing", "-x") == "tests/unit/packing -x"
