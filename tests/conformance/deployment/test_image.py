"""The image is made of what the checks ran with, and its settings are such that a restart brings it on."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulk_importer.settings import load
from support.places import CONFIG, TOP

FOLDER = CONFIG / "container"
LOCKS = ("build.txt", "runtime.txt", "sources.txt")
PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE | re.IGNORECASE)


def pins(path: Path) -> dict[str, str]:
    """The versions in a file of requirements, by names in one spelling."""
    return {spelt(name): version for name, version in PIN.findall(path.read_text())}


def spelt(name: str) -> str:
    """A name as all of them are spelt here."""
    return re.sub(r"[._]", "-", name.lower())


def requirements() -> Iterator[str]:
    """The libraries that the program takes, with what its extras for people add; in the spelling of the pins."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for name in extras if name != "dev" for line in extras[name])]
    yield from (spelt(re.split(r"[\[<>=; ]", line)[0]) for line in lines)


def test_the_dockerfile_has_nothing_that_hadolint_warns_of() -> None:
    """Two remarks aside, which it is told not to make: the base is a parameter, whose tag it does not see."""
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is not installed")
    done = subprocess.run(
        [hadolint, "--failure-threshold", "style", FOLDER / "Dockerfile"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_each_library_in_the_image_is_locked_by_its_digests(name: str) -> None:
    """`--require-hashes` would refuse another one."""
    text = (FOLDER / name).read_text()
    parts = re.split(r"^(?=[a-z])", text.partition("\n")[2], flags=re.MULTILINE)[1:]
    assert len(parts) == len(pins(FOLDER / name)) > 0
    assert [part for part in parts if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", part)] == []


def test_the_image_has_the_versions_that_the_tests_run_with() -> None:
    """A pin that moves in one place moves in the other."""
    tested = pins(CONFIG / "constraints.txt")
    for name in LOCKS:
        assert {
            each: version
            for each, version in pins(FOLDER / name).items()
            if tested.get(each, version) != version
        } == {}, name


def test_the_image_has_every_library_that_the_program_can_use() -> None:
    """Those of all extras but the one for work on the program."""
    assert set(requirements()) - set(pins(FOLDER / "runtime.txt")) == set()


def test_a_container_waits_for_lost_answers_longer_than_a_request_may_run() -> None:
    """Else each restart would end with the doubts of the one before, and use up the tries."""
    settings = load({}, {}, CONFIG / "container.toml").settings
    assert settings.doubt_wait > settings.server_request_limit


def test_what_the_dockerfile_copies_is_sent_to_the_builder() -> None:
    """`.dockerignore` leaves out all but that."""
    copied = {
        path
        for line in (FOLDER / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for path in line.split()[1:-1]
    }
    sent = {line[1:] for line in (TOP / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {path.split("/", maxsplit=1)[0] for path in copied} == sent
