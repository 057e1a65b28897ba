"""What may not leave any more does not leave whole, wherever the process was stopped while it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client, RequestFailed, Timeouts

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LARGE = b"[" + b" " * (24 << 20) + b"]"  # more than the kernel keeps of a connection


class Slow:
    """A server that reads when it is let, and keeps the bodies that it got, whole or not."""

    def __init__(self) -> None:
        self.may_read = asyncio.Event()
        self.got: list[bytes] = []
        self.connections: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each request."""
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self.may_read.wait()
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                try:
                    self.got.append(await reader.readexactly(length))
                except asyncio.IncompleteReadError as error:
                    self.got.append(error.partial)
                    raise
                writer.write(ANSWER)
        except asyncio.IncompleteReadError:
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def serving(slow: Slow) -> AsyncIterator[str]:
    """The URL of the server."""
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.wait(slow.connections)


@pytest.mark.parametrize("body", [b"[1]", b"[" + b" " * (1 << 20) + b"]", b"]"])
async def test_a_request_leaves_while_its_permit_is_given(body: bytes) -> None:
    """Of any length, one after the other over a connection; it is asked for once each time."""
    slow, asked = Slow(), []

    def permit() -> bool:
        asked.append(1)
        return True

    slow.may_read.set()
    async with serving(slow) as url, Client(url, Token(), Timeouts(), permit=permit) as client:
        for _ in range(2):
            assert (await client.upload("/x", body)).status == 200
    assert slow.got == [body, body]
    assert len(asked) == 2


@pytest.mark.parametrize("send", ["upload", "rehearse", "put"])
async def test_a_request_whose_permit_is_refused_lacks_its_last_byte(send: str) -> None:
    """Nobody can execute it, and so it counts as not sent."""
    slow = Slow()
    slow.may_read.set()
    async with serving(slow) as url, Client(url, Token(), Timeouts(), permit=lambda: False) as client:
        with pytest.raises(RequestFailed) as failed:
            await getattr(client, send)("/x", b"[1, 2]")
        assert failed.value.kind is FailureKind.NOT_PERMITTED
    assert slow.got == [b"[1, 2"]


async def test_it_is_asked_for_when_all_else_is_out_of_this_process() -> None:
    """A server that does not read leaves much of a body here; the permit of then would say nothing of later."""
    slow, asked, is_given = Slow(), asyncio.Event(), [True]

    def permit() -> bool:
        asked.set()
        return is_given[0]

    async with serving(slow) as url, Client(url, Token(), Timeouts(), permit=permit) as client:
        upload = asyncio.create_task(client.upload("/x", LARGE))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked.wait(), 0.3)
        is_given[0] = False
        slow.may_read.set()
        with pytest.raises(RequestFailed) as failed:
            await upload
    assert failed.value.kind is FailureKind.NOT_PERMITTED
    assert asked.is_set()
    assert slow.got == [LARGE[:-1]]
