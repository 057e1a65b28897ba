"""The way to the server is examined step by step, and what blocks it has a remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.errors import ExitCode
from bulk_importer.sandbox import Sandbox


async def health(run: Any, *arguments: object) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code and steps of a doctor's visit."""
    done = await run("doctor", *arguments, "--json")
    return done.code, {step["step"]: step for step in json.loads(done.out)}


async def test_all_is_well_where_all_is_well(sandbox: Sandbox, run: Any) -> None:
    """Every step is examined."""
    await sandbox.prepare(name="p", media=2)
    code, steps = await health(run, "--server", sandbox.url, "--project", "p")
    assert code == 0
    assert {step["health"] for step in steps.values()} == {"ok"}
    assert "2 media" in steps["project"]["found"]


async def test_an_open_core_server_needs_no_token(start_sandbox: Any, run: Any) -> None:
    """Which set of routes is open is said."""
    sandbox = await start_sandbox(flavour="open-core", seed=1)
    await sandbox.prepare(name="p", media=2)
    code, steps = await health(run, "--server", sandbox.url, "--project", "p")
    assert code == 0
    assert "open-core" in steps["routes and token"]["found"]


@pytest.mark.parametrize(
    ("token", "remedy"), [(None, "Put a token into DATAGYM_TOKEN"), ("t0", "The token is wrong")]
)
async def test_a_token_problem_is_told_from_a_missing_token(
    start_sandbox: Any, run: Any, monkeypatch: pytest.MonkeyPatch, token: str | None, remedy: str
) -> None:
    """What stands behind it is not examined."""
    sandbox = await start_sandbox(flavour="cloud", tokens=["t1"], seed=1)
    if token:
        monkeypatch.setenv("DATAGYM_TOKEN", token)
    code, steps = await health(run, "--server", sandbox.url, "--project", "p")
    assert code == ExitCode.SERVER
    assert remedy in steps["routes and token"]["remedy"]
    assert steps["project"]["health"] == "not examined"


async def test_a_project_that_is_not_there_is_told_what_is(sandbox: Sandbox, run: Any) -> None:
    """The other steps are examined all the same."""
    await sandbox.prepare(name="p", media=2)
    code, steps = await health(run, "--server", sandbox.url, "--project", "q")
    assert (code, steps["project"]["health"]) == (ExitCode.SERVER, "failed")
    assert "It has: p (" in steps["project"]["found"]


async def test_a_project_of_videos_is_refused(sandbox: Sandbox, run: Any) -> None:
    """Before somebody imports into it."""
    await sandbox.prepare(name="films", media=1, media_type="VIDEO")
    code, steps = await health(run, "--server", sandbox.url, "--project", "films")
    assert (code, steps["project"]["health"]) == (ExitCode.USAGE, "failed")


@pytest.mark.parametrize(
    ("server", "step", "remedy", "code"),
    [
        ("http://127.0.0.1:9", "connection", "Check the port", ExitCode.SERVER),
        ("http://no-such-host.invalid", "connection", "Check the host name", ExitCode.SERVER),
        ("datagym", "url", "the URL of the start page", ExitCode.USAGE),
    ],
)
async def test_a_blocked_way_has_a_remedy(
    run: Any, server: str, step: str, remedy: str, code: ExitCode
) -> None:
    """At the step that is blocked."""
    ended, steps = await health(run, "--server", server)
    assert (ended, steps[step]["health"]) == (code, "failed")
    assert remedy in steps[step]["remedy"]


async def test_plain_http_behind_https_is_found_out(sandbox: Sandbox, run: Any) -> None:
    """The remedy names both ways to mend it."""
    code, steps = await health(run, "--server", sandbox.url.replace("http:", "https:"))
    assert code == ExitCode.SERVER
    assert "TLS" in steps["connection"]["remedy"]
