"""A gateway dislikes one entry of what comes on standard input: the same command again ends well."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import StartSandboxProcess

from bulk_importer.errors import ExitCode
from support.commands import COMMAND, Command
from support.entries import entry

EVIL = "<script>"


@pytest.mark.parametrize("what", ["reset before commit", 503])
def test_on_standard_input_the_same_command_again_ends_with_one_rejection(
    what: str | int, command: Command, sandbox_process: StartSandboxProcess
) -> None:
    """It can be read once in a run, so what has to be sent again needs another; each says so."""
    script = command.folder / "faults.toml"
    script.write_text(f'[[fault]]\nwhat = {json.dumps(what)}\ncontaining = "{EVIL}"\n')
    sandbox = sandbox_process("--seed", "1", "--faults", str(script))
    project = sandbox.prepare(name="p", media=60)
    entries = [dict(entry(media_id, number, True)) for number, media_id in enumerate(project["media_ids"])]
    entries[30]["global_classifications"] = {"note": [EVIL]}
    arguments = ["import", "-", "--checkpoint", "c", "--server", sandbox.url, "--project", project["id"]]
    arguments += ["--label-config", "none", "--no-check-media", "--server-request-limit", "1s", "--json"]

    def run() -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=command.folder,
            env=command.environment,
            input=json.dumps(entries).encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )

    done, runs = run(), 1
    while done.returncode == ExitCode.INPUT and runs < 4:
        assert b"Run the same command again with the same input" in done.stderr
        done, runs = run(), runs + 1
    summary = json.loads(done.stdout)
    assert (summary["exit_code"], summary["delivered"], summary["rejected"]) == (1, 59, 1), done.stderr
    held = sandbox.labels(project["id"]).values()
    assert sum(sum(value["k"] == "poi" for value in values) for values in held) == 59
