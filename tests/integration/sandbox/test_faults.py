"""Every fault of a script happens to real connections, and the sandbox says what became of the request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bulk_importer.sandbox import Fault, FaultScript, Prepared, Sandbox
from support.around.stepped_clock import SteppedClock

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]
Story = list[int | str | Fault]


class Client:
    """Uploads one point for the first media of a project, again and again."""

    def __init__(self, sandbox: Sandbox, project: Prepared, session: aiohttp.ClientSession) -> None:
        self._url = f"{sandbox.url}/api/v1/project/{project.id}/prediction"
        entry = {
            "internal_media_ID": project.media_ids[0],
            "labels": {"poi": [{"point": [{"x": 1, "y": 2}]}]},
        }
        self.body = json.dumps([entry]).encode()
        self._session = session

    async def upload(self, body: bytes | None = None) -> tuple[int, str, dict[str, str]]:
        """Status, text and headers."""
        async with self._session.post(self._url, data=self.body if body is None else body) as answer:
            return answer.status, await answer.text(), dict(answer.headers)


@pytest.fixture
async def session() -> Any:
    """A client session that ends with the test."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def tell(start_sandbox: StartSandbox, session: aiohttp.ClientSession) -> Any:
    """Start a sandbox with a story, and a client for it."""

    async def tell(*story: int | str | Fault, seed: int = 0, **config: Any) -> tuple[Sandbox, Client]:
        sandbox = await start_sandbox(faults=FaultScript(story, seed=seed), **config)
        return sandbox, Client(sandbox, await sandbox.prepare(media=1), session)

    return tell


async def _points(sandbox: Sandbox) -> int:
    project = await sandbox.find("sandbox")
    assert project
    (labels,) = (await sandbox.labels(project.id)).values()
    return sum(value["k"] == "poi" for value in labels)


async def test_a_story_is_told_step_by_step_and_then_all_is_well(tell: Any) -> None:
    sandbox, client = await tell(503, "reset after commit", Fault(429, retry_after=1), "ok")
    assert (await client.upload())[0] == 503
    with pytest.raises(aiohttp.ClientError):
        await client.upload()
    status, _, headers = await client.upload()
    assert (status, headers["Retry-After"]) == (429, "1")
    assert (await client.upload())[0] == 200
    assert (await client.upload())[0] == 200
    assert [logged.committed for logged in sandbox.requests] == [False, True, False, True, True]
    assert [logged.fault for logged in sandbox.requests] == ["503", "reset after commit", "429", "", ""]
    assert list(sandbox.commits.values()) == [3]
    assert await _points(sandbox) == 3


@pytest.mark.parametrize("what", ["reset before body", "reset before commit"])
async def test_a_reset_before_the_commit_leaves_nothing_behind(tell: Any, what: str) -> None:
    sandbox, client = await tell(what)
    with pytest.raises(aiohttp.ClientError):
        await client.upload()
    assert [(logged.committed, logged.status) for logged in sandbox.requests] == [(False, None)]
    assert await _points(sandbox) == 0


async def test_a_proxys_page_is_html_and_may_hide_a_commit(tell: Any) -> None:
    sandbox, client = await tell(
        502, Fault(504, commits=True), Fault(503, body="busy", headers={"X-Proxy": "p"})
    )
    status, text, headers = await client.upload()
    assert (status, headers["Content-Type"].split(";")[0]) == (502, "text/html")
    assert "<h1>502 Bad Gateway</h1>" in text
    assert (await client.upload())[0] == 504
    status, text, headers = await client.upload()
    assert (status, text, headers["X-Proxy"]) == (503, "busy", "p")
    assert [logged.committed for logged in sandbox.requests] == [False, True, False]


async def test_retry_after_comes_as_a_date_too(tell: Any) -> None:
    _, client = await tell(Fault(429, retry_after=30, retry_after_date=True), Fault(503, retry_after="soon"))
    _, _, headers = await client.upload()
    assert parsedate_to_datetime(headers["Retry-After"]).tzinfo is not None
    _, _, headers = await client.upload()
    assert headers["Retry-After"] == "soon"


async def test_half_an_answer_breaks_off_after_the_commit(tell: Any) -> None:
    sandbox, client = await tell("half an answer")
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.upload()
    assert await _points(sandbox) == 1


@pytest.mark.parametrize(("commits", "points"), [(None, 1), (False, 0)])
async def test_an_answer_that_never_comes_leaves_its_client_waiting(
    tell: Any, commits: bool, points: int
) -> None:
    sandbox, client = await tell(Fault("no answer", commits=commits))
    upload = asyncio.create_task(client.upload())
    while not (sandbox.requests and len(sandbox.commits) == points):
        await asyncio.sleep(0.01)
    assert not upload.done()
    upload.cancel()
    assert await _points(sandbox) == points


async def test_a_late_commit_comes_after_the_connection_is_gone(
    clocks: list[SteppedClock], tell: Any
) -> None:
    sandbox, client = await tell(Fault("late commit", seconds=2), Fault("late commit", answer=504))
    with pytest.raises(aiohttp.ClientError):
        await client.upload()
    assert await _points(sandbox) == 0
    clocks[0].pass_on(2)
    while not sandbox.commits:
        await asyncio.sleep(0.01)
    assert await _points(sandbox) == 1
    assert (await client.upload())[0] == 504


async def test_a_body_above_a_size_is_refused_however_it_is_sent(tell: Any) -> None:
    sandbox, client = await tell(Fault(413, above_bytes=300))

    async def in_pieces() -> Any:
        for _ in range(10):
            yield b" " * 100

    assert (await client.upload())[0] == 200
    assert (await client.upload(client.body + b" " * 300))[0] == 413
    assert (await client.upload(in_pieces()))[0] == 413
    assert await _points(sandbox) == 1


async def test_chance_is_the_same_each_time_for_a_seed(tell: Any) -> None:
    told = []
    for _ in range(2):
        _, client = await tell(Fault(503, probability=0.5), seed=3)
        told.append([(await client.upload())[0] for _ in range(20)])
    assert told[0] == told[1]
    assert set(told[0]) == {200, 503}


async def test_a_window_opens_and_closes_by_the_sandboxs_own_clock(
    clocks: list[SteppedClock], tell: Any
) -> None:
    _, client = await tell(Fault(503, window=(10, 20)))
    statuses = []
    for seconds in (9, 1, 9, 1):
        clocks[0].pass_on(seconds)
        statuses.append((await client.upload())[0])
    assert statuses == [200, 503, 503, 200]


async def test_refused_connections_are_refused_and_come_back_at_the_same_address(
    clocks: list[SteppedClock], tell: Any
) -> None:
    sandbox, client = await tell("ok", Fault("refuse connections", seconds=30), 503)
    assert (await client.upload())[0] == 200
    with pytest.raises(aiohttp.ClientConnectorError):
        await client.upload()
    clocks[0].pass_on(30)
    while True:
        try:
            assert (await client.upload())[0] == 503
            break
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.01)
    assert [logged.status for logged in sandbox.requests] == [200, 503]


async def test_a_refusal_may_come_first_or_by_the_clock(clocks: list[SteppedClock], tell: Any) -> None:
    for refusal in (Fault("refuse connections", seconds=10), Fault("refuse connections", window=(0, 10))):
        _, client = await tell(refusal)
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.upload()


async def test_faults_keep_to_their_route(tell: Any, session: aiohttp.ClientSession) -> None:
    sandbox, client = await tell(
        Fault(503, route="read"), Fault(500, route="/api/dataset*", times=2), Fault(502, route="any")
    )
    urls = [f"{sandbox.url}/api/{kind}" for kind in ("project", "dataset", "dataset", "project", "project")]
    statuses = []
    for url in urls:
        async with session.get(url) as answer:
            statuses.append(answer.status)
    assert statuses == [503, 500, 500, 502, 200]
    assert (await client.upload())[0] == 200


async def test_a_delay_delays_and_a_close_closes(tell: Any) -> None:
    _, client = await tell(Fault("delay", seconds=20), "close", time_scale=100)
    begin = asyncio.get_running_loop().time()
    assert (await client.upload())[0] == 200
    assert asyncio.get_running_loop().time() - begin >= 0.19
    _, _, headers = await client.upload()
    assert headers["Connection"] == "close"


async def test_the_hundredth_answer_on_a_connection_closes_it(tell: Any) -> None:
    _, client = await tell()
    headers = [(await client.upload())[2] for _ in range(101)]
    assert [number for number, one in enumerate(headers, 1) if one.get("Connection") == "close"] == [100]


async def test_a_script_is_read_from_toml(tmp_path: Path, tell: Any) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(
        'seed = 7\n[[fault]]\nwhat = 503\ntimes = 2\n[[fault]]\nwhat = "reset after commit"\n'
        "[[fault]]\nwhat = 413\nabove_bytes = 1_000_000\n[[fault]]\nwhat = 429\nretry_after = 1\n"
    )
    _, client = await tell(*FaultScript.read(path).steps)
    assert [(await client.upload())[0] for _ in range(2)] == [503, 503]
    with pytest.raises(aiohttp.ClientError):
        await client.upload()
    assert [(await client.upload())[0] for _ in range(2)] == [429, 200]
