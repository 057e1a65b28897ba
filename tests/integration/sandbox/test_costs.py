"""With a cost model, requests take the time of the real server, lose deadlocks, and outlive their clients."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.sandbox import (
    Fault,
    FaultScript,
    Prepared,
    Sandbox,
    SandboxConfig,
    read_cost_model,
)
from support.around.stepped_clock import SteppedClock

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]

_MEASURED = read_cost_model("measured")


def _entries(media_ids: tuple[str, ...], **more: object) -> list[dict[str, object]]:
    polygon = [{"x": n, "y": n} for n in range(8)]
    cars = [{"polygon": polygon, "classifications": {"car_type": ["suv"]}} for _ in range(5)]
    return [{"internal_media_ID": media_id, "labels": {"car": cars}, **more} for media_id in media_ids]


async def _upload(
    session: aiohttp.ClientSession, sandbox: Sandbox, project: Prepared, entries: object
) -> tuple[int, Any]:
    route = f"{sandbox.url}/api/v1/project/{project.id}/prediction"
    async with session.post(route, data=json.dumps(entries)) as answer:
        return answer.status, await answer.json()


@pytest.fixture
async def session() -> Any:
    """A client session that ends with the test."""
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_request_takes_as_long_as_its_rows_say_in_scaled_time(
    start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED, time_scale=20)
    project = await sandbox.prepare(media=25)
    begin = asyncio.get_running_loop().time()
    assert (await _upload(session, sandbox, project, _entries(project.media_ids)))[0] == 200
    took = (asyncio.get_running_loop().time() - begin) * 20
    assert took >= _MEASURED.seconds(25 * 65)


async def test_an_hour_passes_in_a_moment_when_time_is_scaled(
    start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(faults=FaultScript([Fault("delay", seconds=3600)]), time_scale=36_000)
    project = await sandbox.prepare(media=1)
    async with asyncio.timeout(60):
        assert (await _upload(session, sandbox, project, _entries(project.media_ids)))[0] == 200


async def test_a_refused_request_has_cost_its_time_and_says_why(
    start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED, time_scale=20)
    project = await sandbox.prepare(media=20)
    wrong = [*_entries(project.media_ids), {"internal_media_ID": "nobody"}]
    begin = asyncio.get_running_loop().time()
    status, answer = await _upload(session, sandbox, project, wrong)
    assert (status, answer["key"]) == (500, "ex_gen_json_upload_not_found_task")
    assert (asyncio.get_running_loop().time() - begin) * 20 >= _MEASURED.seconds(20 * 65)
    assert not any((await sandbox.labels(project.id)).values())


async def test_of_overlapping_requests_for_one_media_one_is_written(
    clocks: list[SteppedClock], start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED)
    project = await sandbox.prepare(media=1)
    bodies = [_entries(project.media_ids)] * 4
    answers = Counter(
        (status, answer.get("key"))
        for status, answer in await _upload_together(clocks[-1], session, sandbox, project, bodies)
    )
    assert answers == {(200, None): 1, (500, "ex_system"): 3}
    assert (
        len([1 for value in (await sandbox.labels(project.id))[project.media_ids[0]] if value["k"] == "car"])
        == 5
    )


async def _upload_together(
    clock: SteppedClock,
    session: aiohttp.ClientSession,
    sandbox: Sandbox,
    project: Prepared,
    bodies: list[list[dict[str, object]]],
) -> list[tuple[int, Any]]:
    """What is answered to uploads all of which are there before the first of them has had any time."""
    async with asyncio.TaskGroup() as group:
        uploads = [group.create_task(_upload(session, sandbox, project, body)) for body in bodies]
        while clock.spending < len(bodies):
            await asyncio.sleep(0.01)
        clock.pass_on(3600)
    return [upload.result() for upload in uploads]


async def test_large_replacing_requests_deadlock_and_fresh_ones_do_not(
    clocks: list[SteppedClock], start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED, seed=1)
    project = await sandbox.prepare(media=100)
    bodies = [_entries(project.media_ids[at : at + 25], keepData=False) for at in range(0, 100, 25)]
    for replaces in (False, True):
        answers = await _upload_together(clocks[-1], session, sandbox, project, bodies)
        assert (500 in (status for status, _ in answers)) is replaces


async def test_a_request_goes_on_and_commits_when_its_client_has_gone(
    clocks: list[SteppedClock], start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED)
    project = await sandbox.prepare(media=5)
    upload = asyncio.create_task(_upload(session, sandbox, project, _entries(project.media_ids)))
    while not clocks[-1].spending:
        await asyncio.sleep(0.01)
    upload.cancel()
    assert sandbox._runner.server is not None
    while any(each.transport for each in sandbox._runner.server.connections):  # it has not seen that yet
        await asyncio.sleep(0.01)
    assert not sandbox.commits
    clocks[-1].pass_on(3600)
    while not sandbox.commits:
        await asyncio.sleep(0.01)
    assert all((await sandbox.labels(project.id)).values())
    assert [(logged.committed, logged.status) for logged in sandbox.requests] == [(True, None)]


async def test_a_sandbox_stops_at_once_and_writes_nothing_of_what_was_still_worked_on(
    clocks: list[SteppedClock], tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    database = tmp_path / "sandbox.db"
    late = FaultScript([Fault("late commit", seconds=9)])
    async with Sandbox(SandboxConfig(database=database, cost_model=_MEASURED, faults=late)) as sandbox:
        project = await sandbox.prepare(media=5)
        with pytest.raises(aiohttp.ClientError):
            await _upload(session, sandbox, project, _entries(project.media_ids))
        upload = asyncio.create_task(_upload(session, sandbox, project, _entries(project.media_ids)))
        while not clocks[-1].spending:
            await asyncio.sleep(0.01)
    with pytest.raises(aiohttp.ClientError):
        await upload
    async with Sandbox(SandboxConfig(database=database)) as sandbox:
        assert not any((await sandbox.labels(project.id)).values())
