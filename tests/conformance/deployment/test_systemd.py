"""The units load, keep to what they may do, and speak of exit codes as the program does.

By systemd's own tool, where it is installed. What the units start need not be: any program stands in for it.
"""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bulk_importer.settings.units import DURATION
from support.places import CONFIG

UNITS = {path.name: path for path in sorted((CONFIG / "systemd").iterdir())}
SERVICES = [name for name in UNITS if name.endswith(".service")]
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def sections(name: str) -> configparser.ConfigParser:
    """What a unit says; of a key that stands there twice the last value."""
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters=["="], comment_prefixes=["#"]
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation has it
    parser.read(UNITS[name])
    return parser


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with an instance of each, whose program is one that any machine has."""
    for name, path in UNITS.items():
        lines = [each for each in path.read_text().splitlines() if not each.startswith("Documentation=")]
        text = "\n".join(lines).replace("/opt/bulk-importer/bin/bulk-importer", "/bin/true")
        (tmp_path / name.replace("@.", "@7.")).write_text(text + "\n")
        (tmp_path / name).write_text(text + "\n")
    return tmp_path


def analyzed(*arguments: object) -> tuple[str, str]:
    """What systemd's tool says of it, on both streams."""
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_loads_and_nothing_in_it_is_unknown(name: str, installed: Path) -> None:
    """An unknown key is said, and is no failure to the tool: so it has to say nothing at all."""
    said = analyzed("verify", "--recursive-errors=one", installed / name.replace("@.", "@7."))
    assert said == ("", "")


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little_to_its_machine(name: str, installed: Path) -> None:
    """Its exposure, as systemd counts it from 0 to 10, is below 3, of which 0.5 is the network that it is for."""
    out, _ = analyzed("security", "--offline=true", "--threshold=29", installed / name.replace("@.", "@7."))
    assert "Overall exposure level" in out


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_time_to_land_what_is_in_flight(name: str) -> None:
    """A unit that began with the settings of the night, which wait the longest."""
    stop = DURATION.read(sections(name)["Service"]["TimeoutStopSec"].replace("min", "m"))
    assert stop > 60.0


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_reads_its_token_as_a_credential_and_is_nobody(name: str) -> None:
    """The file of the token is root's alone."""
    service: Any = sections(name)["Service"]
    credential, _, _ = service["LoadCredential"].partition(":")
    assert service["Environment"] == f"BULK_IMPORTER_TOKEN_FILE=%d/{credential}"
    assert service["DynamicUser"] == "yes"
    assert service["Type"] == "notify"
