"""The command that moves the labels of a project, as a person and a job use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]
Run = Any


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint of a migration is in the working folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATAGYM_TOKEN", "DATAGYM_FROM_TOKEN"):
        monkeypatch.delenv(name, raising=False)


async def _projects(origin: Sandbox, target: Sandbox, *, token: str = "") -> None:
    """Two boxes in the project `a` of the one, and a project `b` of the other that lacks a media."""
    import asyncio

    project = await origin.prepare(name="a", media=3)
    await target.prepare(name="b", media=2)
    bus = [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]
    entries = [{"internal_media_ID": each, "labels": {"bus": bus}} for each in project.media_ids[1:]]
    url = f"{origin.url}/api/v1/project/{project.id}/prediction"
    headers = {"Authorization": f"Token {token}"} if token else {}

    def put() -> None:
        with urlopen(Request(url, data=json.dumps(entries).encode(), headers=headers)) as answer:
            assert json.load(answer) == {"errorMessages": ""}

    await asyncio.to_thread(put)


async def test_it_says_what_it_would_do_and_does_it_when_told_so(sandbox: Sandbox, run_process: Run) -> None:
    """Without a terminal nothing is sent; --yes is the answer; the same command again says the same."""
    await _projects(sandbox, sandbox)
    command = ("migrate", "--from-project", "a", "--server", sandbox.url, "--project", "b")
    uploads = len(sandbox.commits)
    unasked = await run_process(*command)
    assert unasked.code == ExitCode.UNFINISHED
    assert "media       2 of 3 are found there by their names" in unasked.err
    assert "1 not found: no media there has their name" in unasked.err
    assert "img000002.jpg; --media-map FILE says" in unasked.err
    assert "classes     all are there" in unasked.err
    assert "Nothing was sent. It was not confirmed" in unasked.out
    assert len(sandbox.commits) == uploads
    done = await run_process(*command, "--yes")
    assert done.code == ExitCode.REJECTIONS
    assert "labels      2 of 2 media = 1 carried + 1 left behind" in done.out
    assert "compared    1 media holds just what was sent, to the last bit" in done.out
    again = json.loads((await run_process(*command, "--json", "--workers", "1")).out)
    assert (again["exit_code"], again["labels"]["carried"]) == (ExitCode.REJECTIONS, {"bus": 1})
    assert (again["from"]["project_name"], again["to"]["project_name"]) == ("a", "b")
    compared = await run_process("verify", "a-to-b.checkpoint", "--against-server")
    assert (compared.code, "the same migrate command again" in compared.err) == (ExitCode.USAGE, True)
    status = await run_process("status", "a-to-b.checkpoint")
    assert "a at 127.0.0.1" in status.out


async def test_no_server_is_shown_the_token_of_the_other(
    start_sandbox: StartSandbox, run_process: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The one that is read would take either, and no token is written down."""
    origin = await start_sandbox(flavour="cloud", tokens=("secret-of-a", "secret-of-b"), seed=1)
    target = await start_sandbox(flavour="cloud", tokens=("secret-of-b",), seed=2)
    await _projects(origin, target, token="secret-of-a")
    monkeypatch.setenv("DATAGYM_TOKEN", "secret-of-b")
    sides = ("--from-server", origin.url, "--from-project", "a", "--server", target.url, "--project", "b")
    command = ("migrate", *sides, "--yes")
    refused = await run_process(*command)
    assert refused.code == ExitCode.SERVER
    assert origin.url in refused.err
    file = tmp_path.parent / "token-of-a"
    file.write_text("secret-of-a")
    assert (await run_process(*command, "--from-token-file", file)).code == ExitCode.REJECTIONS
    monkeypatch.setenv("DATAGYM_FROM_TOKEN", "secret-of-a")
    done = await run_process(*command)
    assert (done.code, "1 media holds just what was sent" in done.out) == (ExitCode.REJECTIONS, True)
    kept = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    assert b"secret-of" not in kept


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--from-project P"),
        (("--from-project", "a", "--states", "done"), "There is no state 'done' of a task, but backlog"),
        (("--from-project", "a", "--class-map", "none.toml"), "none.toml"),
    ],
)
async def test_what_cannot_be_meant_is_said(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = await run("migrate", "--server", "http://127.0.0.1:9", "--project", "b", *arguments)
    assert (done.code, said in done.err) == (ExitCode.USAGE, True), done.err
