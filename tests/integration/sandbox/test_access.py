"""Tokens open what they open on the real server, by flavour; they are shown nowhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from bulk_importer.sandbox import Sandbox, SandboxConfig

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]

_TOKEN = "7f1cfa9e-4b0b-4a51-9d34-1a7c1d4a2f11"


async def _ask(
    url: str, *, token: str | None = None, in_query: bool = False, method: str = "GET", body: object = None
) -> tuple[int, Any]:
    headers = {"Authorization": f"Token {token}"} if token and not in_query else {}
    params = {"token": token} if token and in_query else {}
    data = None if body is None else json.dumps(body)
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers=headers, params=params, data=data) as answer,
    ):
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


@pytest.mark.parametrize("in_query", [False, True])
async def test_a_hosted_server_wants_a_token_it_knows(start_sandbox: StartSandbox, in_query: bool) -> None:
    sandbox = await start_sandbox(flavour="cloud", tokens=[_TOKEN])
    url = f"{sandbox.url}/api/v1/project"
    status, answer = await _ask(url)
    assert (status, answer["key"], answer["params"]) == (401, "ex_unauthorized", [])
    status, answer = await _ask(url, token="unknown", in_query=in_query)
    assert (status, answer["key"], answer["params"]) == (403, "ex_forbidden", [])
    assert (await _ask(url, token=_TOKEN, in_query=in_query))[0] == 200


async def test_a_hosted_server_has_no_login_for_routes_of_the_browser(start_sandbox: StartSandbox) -> None:
    sandbox = await start_sandbox(flavour="cloud", tokens=[_TOKEN])
    assert (await _ask(f"{sandbox.url}/api/project", token=_TOKEN))[0] == 401


async def test_a_token_uploads_as_its_own_user(start_sandbox: StartSandbox) -> None:
    sandbox = await start_sandbox(flavour="cloud", tokens=[_TOKEN])
    project = await sandbox.prepare(media=1)
    route = f"{sandbox.url}/api/v1/project/{project.id}/prediction"
    entry = [{"internal_media_ID": project.media_ids[0], "labels": {"mask": [{}]}}]
    assert (await _ask(route, method="POST", body=entry))[0] == 401
    assert await _ask(route, token=_TOKEN, method="POST", body=entry) == (200, {"errorMessages": ""})
    _, tasks = await _ask(f"{sandbox.url}/api/v1/task/{project.id}/list?state=BACKLOG", token=_TOKEN)
    _, task = await _ask(f"{sandbox.url}/api/v1/task/{tasks[0]['taskId']}", token=_TOKEN)
    assert {value["labeler"] for value in task["labelIteration"]["entryValues"]} == {"token_user"}


async def test_a_token_of_another_organisation_finds_the_project_and_is_refused(
    start_sandbox: StartSandbox,
) -> None:
    sandbox = await start_sandbox(flavour="cloud", tokens=[_TOKEN])
    foreign = await sandbox.prepare(media=1, owner="another-org")
    status, answer = await _ask(f"{sandbox.url}/api/v1/task/{foreign.id}/list", token=_TOKEN)
    assert (status, answer["key"]) == (403, "ex_forbidden")
    route = f"{sandbox.url}/api/v1/project/{foreign.id}/prediction"
    assert (await _ask(route, token=_TOKEN, method="POST", body=[{}]))[0] == 403
    assert await _ask(f"{sandbox.url}/api/v1/project", token=_TOKEN) == (200, [])
    # What does not exist is not found, before anybody asks who may see it.
    status, answer = await _ask(
        f"{sandbox.url}/api/v1/project/nope/prediction", token=_TOKEN, method="POST", body=[]
    )
    assert (status, answer["params"]) == (404, ["Project", "id", "nope"])


async def test_an_open_core_server_ignores_tokens_and_opens_two_token_routes(
    start_sandbox: StartSandbox,
) -> None:
    sandbox = await start_sandbox(flavour="open-core", tokens=[_TOKEN])
    project = await sandbox.prepare(media=1)
    for token in (None, _TOKEN):
        status, answer = await _ask(f"{sandbox.url}/api/v1/project", token=token)
        assert (status, answer["key"]) == (403, "ex_forbidden")
    assert (await _ask(f"{sandbox.url}/api/project"))[0] == 200
    entry = [{"internal_media_ID": project.media_ids[0], "labels": {"mask": [{}]}}]
    for base in ("/api/v1", "/api"):
        route = f"{sandbox.url}{base}/project/{project.id}/prediction"
        assert await _ask(route, method="POST", body=entry) == (200, {"errorMessages": ""})
    _, tasks = await _ask(f"{sandbox.url}/api/project/{project.id}/task")
    path = f"{project.iteration_id}/{project.media_ids[0]}/{tasks[0]['taskId']}"
    _, labels = await _ask(f"{sandbox.url}/api/lcvalues/{path}")
    assert {value["labeler"] for value in labels["entryValues"]} == {"open-core-dummy-user-sub"}


async def test_tokens_are_made_and_deleted(start_sandbox: StartSandbox) -> None:
    sandbox = await start_sandbox()
    made = {"name": "mine", "owner": "open-core-dummy-org-sub"}
    _, token = await _ask(f"{sandbox.url}/api/token", method="POST", body=made)
    assert (token["name"], token["deleted"], token["lastUsed"]) == ("mine", False, None)
    assert (await _ask(f"{sandbox.url}/api/v1/project", token=token["id"]))[0] == 200
    status, deleted = await _ask(f"{sandbox.url}/api/token/{token['id']}", method="DELETE")
    assert (status, deleted["deleted"]) == (200, True)
    assert deleted["lastUsed"] is not None


async def test_a_deleted_token_is_refused(start_sandbox: StartSandbox, tmp_path: Any) -> None:
    database = tmp_path / "sandbox.db"
    async with Sandbox(SandboxConfig(database=database, tokens=[_TOKEN])) as sandbox:
        await _ask(f"{sandbox.url}/api/token/{_TOKEN}", method="DELETE")
    sandbox = await start_sandbox(database=database, flavour="cloud", tokens=[_TOKEN])
    assert (await _ask(f"{sandbox.url}/api/v1/project", token=_TOKEN))[0] == 403


async def test_no_token_is_logged_or_shown(
    start_sandbox: StartSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox = await start_sandbox(tokens=[_TOKEN])
    for in_query in (False, True):
        await _ask(f"{sandbox.url}/api/v1/project", token=_TOKEN, in_query=in_query)
    await _ask(f"{sandbox.url}/api/token/{_TOKEN}", method="DELETE")
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.url}/") as page:
        shown = await page.text()
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.url}/sandbox/requests") as seen:
        shown += await seen.text()
    assert "/api/v1/project" in shown
    assert _TOKEN not in shown + caplog.text + repr(sandbox.requests)
