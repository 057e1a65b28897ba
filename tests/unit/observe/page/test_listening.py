"""A server takes few connections, and none holds it up: those that say nothing, or take nothing, are closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from bulk_importer.errors import UsageError
from bulk_importer.observe.page import listening
from bulk_importer.observe.page.listening import bound, serving, tls_from

ASKED = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Where a server is that keeps connections for a moment, and gives a short text and a very long one."""
    monkeypatch.setattr(listening, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(listening, "_MOST_CONNECTIONS", 3)

    async def short(request: web.Request) -> web.Response:
        return web.Response(text="here it is")

    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (32 << 20))

    app = web.Application()
    app.router.add_get("/", short)
    app.router.add_get("/long", long)
    held = bound("127.0.0.1", 0, "--page")
    async with serving(app, held):
        monkeypatch.setattr(listening, "_PATIENCE_SECONDS", 60.0)
        yield held.getsockname()[1]


@pytest.fixture
def impatient(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """That server has patience for a moment, too."""
    monkeypatch.setattr(listening, "_PATIENCE_SECONDS", 0.2)


async def heard(port: int, said: bytes) -> bytes:
    """All that a connection brings until it is closed by the server, where this is said and no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(said)
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_request_is_answered(port: int) -> None:
    """And the connection closed when nothing comes for a while."""
    assert (await heard(port, ASKED)).endswith(b"here it is")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("said", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: "])
async def test_who_does_not_come_to_an_end_is_left(port: int, said: bytes) -> None:
    """A connection costs nothing more then."""
    assert await heard(port, said) == b""


async def test_headers_are_few_and_short(port: int) -> None:
    """More than a browser ever sends is refused."""
    many = b"".join(b"X-%d: y\r\n" % at for at in range(1000))
    assert b" 400 " in await heard(port, b"GET / HTTP/1.1\r\nHost: here\r\n" + many + b"\r\n")
    assert b" 400 " in await heard(port, b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n")


@pytest.mark.usefixtures("impatient")
async def test_who_does_not_take_the_answer_is_left(port: int) -> None:
    """Others are answered meanwhile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    writer.write(ASKED.replace(b"/ ", b"/long "))
    await writer.drain()
    while not (await heard(port, ASKED)).endswith(b"here it is"):
        pass  # they, too, have to say it within a moment
    taken = 0
    async with asyncio.timeout(60):
        await asyncio.sleep(0.5)  # the patience of the server is shorter
        with suppress(ConnectionError):
            while chunk := await reader.read(1 << 16):
                taken += len(chunk)
    assert taken < 32 << 20
    writer.close()


async def test_one_connection_too_many_is_closed(port: int) -> None:
    """And there is room again when another is left."""
    silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    assert await heard(port, ASKED) == b""
    silent[1][1].close()
    while not (await heard(port, ASKED)).endswith(b"here it is"):
        pass  # it has not seen that yet
    for _, writer in silent:
        writer.close()


async def test_those_that_say_nothing_make_room_for_who_asks(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest first, and not before they had a moment to speak; who has asked for something stays."""
    open_now = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    open_now[0][1].write(ASKED)
    assert (await open_now[0][0].readuntil(b"here it is")).endswith(b"here it is")
    assert await heard(port, ASKED) == b""  # none has been silent for long
    monkeypatch.setattr(listening, "_GRACE_SECONDS", 0.0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASKED)
    assert (await reader.readuntil(b"here it is")).endswith(b"here it is")
    with suppress(ConnectionError):
        assert await open_now[1][0].read() == b""
    open_now[0][1].write(ASKED)
    assert (await open_now[0][0].readuntil(b"here it is")).endswith(b"here it is")
    for _, each in (*open_now, (reader, writer)):
        each.close()


def test_an_address_that_cannot_be_had_is_named() -> None:
    """With what to do."""
    with bound("127.0.0.1", 0, "--page") as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"--page 127.0.0.1:{port}: nothing can listen there: .*port 0"):
            bound("127.0.0.1", port, "--page")
    with pytest.raises(UsageError, match="nothing can listen there"):
        bound("no such name.invalid", 0, "--page")


@pytest.mark.parametrize("content", [None, "", "nothing of a certificate"])
def test_a_file_without_certificate_and_key_is_named(tmp_path: Path, content: str | None) -> None:
    """Whatever else it is."""
    path = tmp_path / "page.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=r"--page-tls .*page.pem"):
        tls_from(path, "--page-tls")
