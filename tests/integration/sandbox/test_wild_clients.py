"""Whatever comes, the sandbox answers or closes; it never hangs, never ends, never writes half a request."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bulk_importer.sandbox import Prepared, Sandbox, SandboxConfig

StartSandbox = Callable[..., Coroutine[Any, Any, Sandbox]]


@pytest.fixture
async def project(sandbox: Sandbox) -> Prepared:
    """A project with one media."""
    return await sandbox.prepare(media=1)


def _body(project: Prepared) -> bytes:
    entry = {"internal_media_ID": project.media_ids[0], "labels": {"poi": [{"point": [{"x": 1, "y": 2}]}]}}
    return json.dumps([entry]).encode()


async def _send(sandbox: Sandbox, raw: bytes, *, ends: bool = True) -> bytes:
    """Send bytes to the socket and read until the connection is closed."""
    parts = urlsplit(sandbox.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        async with asyncio.timeout(60):
            try:
                writer.write(raw)
                await writer.drain()
                if ends:
                    writer.write_eof()
                return await reader.read()
            except ConnectionError:
                return b""
    finally:
        writer.close()


async def _is_well(sandbox: Sandbox, project: Prepared) -> bool:
    """Whether an ordinary upload is served, and was the only one that was written."""
    sandbox._middleware._config = SandboxConfig()  # it has as much time to come as it needs
    before = sum(sandbox.commits.values())
    async with aiohttp.ClientSession() as session:
        route = f"{sandbox.url}/api/v1/project/{project.id}/prediction"
        async with session.post(route, data=_body(project)) as answer:
            assert await answer.json() == {"errorMessages": ""}
    labels = (await sandbox.labels(project.id))[project.media_ids[0]]
    return before == 0 and sum(value["k"] == "poi" for value in labels) == 1


def _head(project: Prepared, *lines: str, method: str = "POST") -> bytes:
    path = f"/api/v1/project/{project.id}/prediction"
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: x", *lines, "", "")).encode()


async def test_arbitrary_bytes_are_answered_or_cut_off(sandbox: Sandbox, project: Prepared) -> None:
    chance = random.Random(17)
    ordinary = _head(project, "Content-Length: 2") + b"[]"
    for _ in range(150):
        raw = (
            bytearray(ordinary)
            if chance.random() < 0.7
            else bytearray(chance.randbytes(chance.randrange(400)))
        )
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        await _send(sandbox, bytes(raw))
    assert await _is_well(sandbox, project)


@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0])
async def test_a_body_that_breaks_off_is_not_written(
    sandbox: Sandbox, project: Prepared, kept: float
) -> None:
    """Also where all of the JSON came, and only the promised length did not."""
    body = _body(project)
    part = body[: int(len(body) * kept)]
    await _send(sandbox, _head(project, f"Content-Length: {len(body) + 1}") + part)
    chunk = f"{len(part):x}\r\n".encode() + part + b"\r\n" if part else b""
    await _send(sandbox, _head(project, "Transfer-Encoding: chunked") + chunk)
    assert not sandbox.commits
    assert await _is_well(sandbox, project)


@pytest.mark.parametrize(
    "lines",
    [
        ("X-Long: " + "x" * 1_000_000,),
        tuple(f"X-{number}: y" for number in range(5_000)),
        ("Content-Length: -1",),
        ("Content-Length: 1", "Content-Length: 2"),
        ("Content-Length: 99999999999999999999",),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Transfer-Encoding: banana",),
        ("Authorization: Token \xff\x00",),
        ("Upgrade: websocket", "Connection: Upgrade"),
        ("Expect: 100-continue",),
        ("Content-Encoding: gzip", "Content-Length: 2"),
    ],
    ids=lambda lines: lines[0][:30],
)
async def test_strange_headers_do_no_harm(
    sandbox: Sandbox, project: Prepared, lines: tuple[str, ...]
) -> None:
    await _send(sandbox, _head(project, *lines) + b"[]")
    assert await _is_well(sandbox, project)


async def test_a_body_that_says_it_is_compressed_is_read_as_it_is(
    sandbox: Sandbox, project: Prepared
) -> None:
    """The server does not decode; it reads the bytes as JSON."""
    body = _body(project)
    lines = ("Content-Encoding: gzip", f"Content-Length: {len(body)}", "Connection: close")
    answer = await _send(sandbox, _head(project, *lines) + body, ends=False)
    assert b'{"errorMessages":""}' in answer


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_only_a_post_uploads(sandbox: Sandbox, project: Prepared, method: str) -> None:
    answer = await _send(sandbox, _head(project, "Connection: close", method=method), ends=False)
    assert answer.startswith(b"HTTP/1.1 405")
    assert answer.endswith(b"\r\n\r\n")


async def test_a_hundred_megabytes_are_taken(sandbox: Sandbox, project: Prepared) -> None:
    """Valid, with blanks; and not JSON at all. Others are served meanwhile."""
    route = f"{sandbox.url}/api/v1/project/{project.id}/prediction"
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):

        async def upload(body: bytes) -> str:
            async with session.post(route, data=_in_pieces(body)) as answer:
                return str((await answer.json())["errorMessages"])

        async with asyncio.TaskGroup() as group:
            large = group.create_task(upload(_body(project)[:-1] + b" " * 100_000_000 + b"]"))
            async with session.get(f"{sandbox.url}/api/project/{project.id}") as answer:
                assert answer.status == 200
        assert large.result() == ""
        assert (await upload(b"x" * 100_000_000)).startswith("line: 1, column: ")


async def _in_pieces(body: bytes) -> Any:
    for at in range(0, len(body), 1 << 20):
        yield body[at : at + (1 << 20)]


async def test_a_client_that_stalls_in_its_body_is_cut_off(start_sandbox: StartSandbox) -> None:
    sandbox = await start_sandbox(stall_seconds=0.1)
    project = await sandbox.prepare(media=1)
    body = _body(project)
    raw = _head(project, f"Content-Length: {len(body)}") + body[:-1]
    assert await _send(sandbox, raw, ends=False) == b""
    assert await _is_well(sandbox, project)


async def test_a_client_that_never_ends_its_head_is_cut_off(start_sandbox: StartSandbox) -> None:
    sandbox = await start_sandbox(stall_seconds=0.1)
    project = await sandbox.prepare(media=1)
    for raw in (b"", b"POST /api", _head(project, "Content-Length: 2")[:-2]):
        assert await _send(sandbox, raw, ends=False) == b""
    assert await _is_well(sandbox, project)


async def test_a_listing_of_a_hundred_thousand_tasks_keeps_nobody_waiting(sandbox: Sandbox) -> None:
    """A client that does not read its listing, and one that does, while others are served."""
    project = await sandbox.prepare(media=100_000)
    parts = urlsplit(sandbox.url)
    path = f"/api/project/{project.id}/task"
    _, lazy = await asyncio.open_connection(parts.hostname, parts.port)
    lazy.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        served = 0
        async with session.get(sandbox.url + path) as listing:
            pieces = [await listing.content.read(1 << 16)]
            while not listing.content.at_eof():
                pieces.append(await listing.content.read(1 << 20))
                async with session.get(f"{sandbox.url}/api/lconfig/{project.config_id}") as answer:
                    served += answer.status == 200
        tasks = json.loads(b"".join(pieces))
    lazy.close()
    assert len({task["mediaId"] for task in tasks}) == 100_000
    assert served > 10
