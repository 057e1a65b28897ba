"""`bulk-importer sandbox`: what it says, what it prepares, how it ends, and what a person sees."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from bulk_importer.cli.main import main
from bulk_importer.errors import ExitCode

StartSandboxProcess = Callable[..., Any]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_says_how_to_use_it_and_ends_cleanly(signum: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "bulk_importer",
        "sandbox",
        "--port",
        "0",
        "--project",
        "my project",
        "--media",
        "7",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        said = process.stdout.readline()
        url = said.split()[7].rstrip(".")
        said += "".join(process.stdout.readline() for _ in range(4))
        process.send_signal(signum)
        assert process.wait(60) == ExitCode.DELIVERED
        assert process.stderr.read() == "The sandbox has stopped.\n"
    assert f"bulk-importer import FILE.json --server {url} --project 'my project'" in said
    assert "7 media" in said


def test_it_tells_programs_when_it_is_ready(sandbox_process: StartSandboxProcess, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    sandbox = sandbox_process("--ready-file", str(ready), "--project", "demo", "--media", "3", "--seed", "5")
    assert json.loads(ready.read_text()) == sandbox.ready
    assert sandbox.ready.keys() == {"url", "project", "name", "media"}
    (project,) = sandbox.ask("/api/v1/project")
    assert (project["name"], project["datasets"][0]["mediaCount"]) == ("demo", 3)


def test_it_takes_a_label_configuration_and_keeps_a_project_that_is_there(
    sandbox_process: StartSandboxProcess, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps([{"entryKey": "Tree", "entryValue": "Tree", "type": "POINT", "children": []}])
    )
    arguments = (
        "--database",
        str(tmp_path / "s.db"),
        "--project",
        "wood",
        "--media",
        "2",
        "--label-config",
        str(config),
    )
    first = sandbox_process(*arguments)
    project_id = first.ready["project"]
    config_id = first.ask(f"/api/project/{project_id}")["labelConfigurationId"]
    assert [one["entryKey"] for one in first.ask(f"/api/lconfig/{config_id}")["entries"]] == ["tree"]
    first.kill()
    again = sandbox_process(*arguments)
    assert again.ready["project"] == project_id
    assert again.ready["media"] == 2


def test_a_configuration_can_be_given_to_it_as_a_server_exports_or_shows_it(
    sandbox_process: StartSandboxProcess, tmp_path: Path
) -> None:
    first = sandbox_process()
    project = first.prepare(media=1)
    shown = first.ask(f"/api/lconfig/{project['config_id']}")
    exported = first.ask(f"/api/lconfig/{project['config_id']}/export")
    config = tmp_path / "config.json"
    for given in (exported, shown):
        config.write_text(json.dumps(given))
        second = sandbox_process("--project", "copy", "--label-config", str(config))
        config_id = second.ask(f"/api/project/{second.ready['project']}")["labelConfigurationId"]
        assert second.ask(f"/api/lconfig/{config_id}/export") == exported


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--faults", "nowhere.toml"], "nowhere.toml"),
        (["--cost-model", "nowhere.toml"], "nowhere.toml"),
        (["--project", "p", "--label-config", "nowhere.json"], "nowhere.json"),
        (["--label-config", "classes.json"], "no effect without --project"),
        (["--media", "5"], "no effect without --project"),
        (["--project", "p", "--media", "-1"], "--media is a number of media"),
        (["--time-scale", "0"], "--time-scale"),
        (["--time-scale", "nan"], "--time-scale"),
        (["--flavour", "vanilla"], "vanilla"),
        (["--project", "no/slash"], "no/slash"),
        (["--host", "203.0.113.1"], "203.0.113.1"),
        (["--database", "/nowhere/at/all.db"], "/nowhere/at/all.db"),
        (["--prot", "0"], "--port"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sandbox", "--port", "0", *arguments]) == ExitCode.USAGE
    assert says in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(
    sandbox_process: StartSandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    port = sandbox_process().url.rpartition(":")[2]
    assert main(["sandbox", "--port", port]) == ExitCode.USAGE
    assert port in capsys.readouterr().err


def test_its_page_shows_projects_and_requests_and_escapes_what_came(
    sandbox_process: StartSandboxProcess,
) -> None:
    sandbox = sandbox_process()
    project = sandbox.prepare(name="one", media=2)
    entry = {"internal_media_ID": project["media_ids"][0], "labels": {"poi": [{"point": [{"x": 1, "y": 2}]}]}}
    route = f"/api/v1/project/{project['id']}/prediction"
    assert sandbox.ask(route, [entry]) == {"errorMessages": ""}
    sandbox.ask(route, [{"labels": {"<script>": 1}}])
    with pytest.raises(OSError, match="404"):
        sandbox.ask("/api/%3Cscript%3E")
    with urlopen(sandbox.url) as answer:
        assert answer.headers["Content-Type"].startswith("text/html")
        page = answer.read().decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert project["id"] in page
    assert "written, 6 rows" in page
    assert "Schema validation failed with 1 error(s)" in page


def test_help_comes_quickly_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from bulk_importer.cli.main import main; main(['sandbox', '--help']);"
        "print([name for name in ('aiohttp', 'orjson', 'sqlite3', 'jsonschema_rs', 'msgspec') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "aiohttp" not in done.stdout.splitlines()[-1]
