"""Every command line in what runs an import unattended is one that the program takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import yaml

from bulk_importer.cli.main import whole_parser
from support.places import CONFIG


def in_manifests() -> Iterator[tuple[str, list[str]]]:
    """The arguments of each container; a place in them stands for what it holds."""
    for path in sorted((CONFIG / "kubernetes" / "volume").glob("*.yaml")):
        manifest = yaml.safe_load(path.read_text())
        if manifest["kind"] == "Job":
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                yield path.name, container["args"]


def in_units() -> Iterator[tuple[str, list[str]]]:
    """What each service starts; its instance is a number."""
    for path in sorted((CONFIG / "systemd").glob("*.service")):
        for line in re.findall(r"^ExecStart=\S+ (.*)$", path.read_text(), re.MULTILINE):
            yield path.name, shlex.split(line.replace("%i", "3"))


def in_scripts() -> Iterator[tuple[str, list[str]]]:
    """Lines that begin with the program, and the one that is wrapped; the variables of the shell are numbers."""
    for path in sorted((CONFIG / "slurm").glob("*.sh")):
        for line in re.findall(
            r'^(?:  --wrap=")?bulk-importer (.*?)(?: &)?$', path.read_text(), re.MULTILINE
        ):
            yield path.name, shlex.split(re.sub(r"\$\(.*\)|\$\w+", "3", line).replace('"', ""))


def in_comments() -> Iterator[tuple[str, list[str]]]:
    """What the heads of the files tell a person to type, whole lines of it."""
    for path in sorted(CONFIG.rglob("*")):
        if path.is_file() and path.parent != CONFIG and path.suffix != ".pyc":
            for line in re.findall(r"^#     bulk-importer (.*?)(?:   .*)?$", path.read_text(), re.MULTILINE):
                yield path.name, shlex.split(line)


LINES = [*in_manifests(), *in_units(), *in_scripts(), *in_comments()]


@pytest.mark.parametrize(("name", "line"), LINES, ids=[f"{name}-{line[0]}" for name, line in LINES])
def test_a_command_line_is_taken(name: str, line: list[str]) -> None:
    """By the parser that the program has, each flag and each value."""
    whole_parser().parse_args(line)


def test_none_is_overlooked() -> None:
    """Three Jobs, two services, three steps of an array, and what stands at the top of the units."""
    assert [(name, line[0]) for name, line in LINES] == [
        ("gather.yaml", "gather"),
        ("plan.yaml", "plan"),
        ("work.yaml", "work"),
        ("bulk-importer-work@.service", "work"),
        ("bulk-importer@.service", "import"),
        ("submit.sh", "plan"),
        ("submit.sh", "gather"),
        ("work.sh", "work"),
        ("bulk-importer-work@.service", "plan"),
        ("bulk-importer-work@.service", "gather"),
    ]
