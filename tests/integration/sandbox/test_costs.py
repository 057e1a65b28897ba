"""With a cost model, requests take the time of the real server, lose deadlocks, and outlive their clients."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from bulk_importer.sandbox import Fault, FaultScript, Prepared, Sandbox, read_cost_model

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
    async with asyncio.timeout(5):
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
    start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED, time_scale=0.5)
    project = await sandbox.prepare(media=1)
    async with asyncio.TaskGroup() as group:
        uploads = [
            group.create_task(_upload(session, sandbox, project, _entries(project.media_ids)))
            for _ in range(4)
        ]
    answers = Counter(
        (status, answer.get("key")) for status, answer in (upload.result() for upload in uploads)
    )
    assert answers == {(200, None): 1, (500, "ex_system"): 3}
    assert (
        len([1 for value in (await sandbox.labels(project.id))[project.media_ids[0]] if value["k"] == "car"])
        == 5
    )


async def test_large_replacing_requests_deadlock_and_fresh_ones_do_not(
    start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED, time_scale=100, seed=1)
    project = await sandbox.prepare(media=100)
    for replaces in (False, True):
        async with asyncio.TaskGroup() as group:
            uploads = [
                group.create_task(
                    _upload(
                        session, sandbox, project, _entries(project.media_ids[at : at + 25], keepData=False)
                    )
                )
                for at in range(0, 100, 25)
            ]
        statuses = Counter(upload.result()[0] for upload in uploads)
        assert (statuses[500] > 0) is replaces


async def test_a_request_goes_on_and_commits_when_its_client_has_gone(
    start_sandbox: StartSandbox, session: aiohttp.ClientSession
) -> None:
    sandbox = await start_sandbox(cost_model=_MEASURED, time_scale=1)
    project = await sandbox.prepare(media=5)
    route = f"{sandbox.url}/api/v1/project/{project.id}/prediction"
    with pytest.raises(TimeoutError):
        await session.post(
            route, data=json.dumps(_entries(project.media_ids)), timeout=aiohttp.ClientTimeout(total=0.05)
        )
    assert not sandbox.commits
    async with asyncio.timeout(5):
        while not sandbox.commits:
            await asyncio.sleep(0.01)
    assert all((await sandbox.labels(project.id)).values())
    assert [(logged.committed, logged.status) for logged in sandbox.requests] == [(True, None)]


async def test_a_sandbox_stops_at_once_and_writes_nothing_of_what_was_still_worked_on(
    tmp_path: Any, session: aiohttp.ClientSession
) -> None:
    from bulk_importer.sandbox import SandboxConfig

    database = tmp_path / "sandbox.db"
    slow = SandboxConfig(
        database=database,
        cost_model=_MEASURED,
        time_scale=0.01,
        faults=FaultScript([Fault("late commit", seconds=9)]),
    )
    async with asyncio.timeout(10):
        async with Sandbox(slow) as sandbox:
            project = await sandbox.prepare(media=5)
            with pytest.raises(aiohttp.ClientError):
                await _upload(session, sandbox, project, _entries(project.media_ids))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await _upload(session, sandbox, project, _entries(project.media_ids))
    async with Sandbox(SandboxConfig(database=database)) as sandbox:
        assert not any((await sandbox.labels(project.id)).values())
