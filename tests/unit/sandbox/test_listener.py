"""A listener can stop listening without losing its address."""

from __future__ import annotations

import asyncio
import socket

import pytest

from bulk_importer.errors import UsageError
from bulk_importer.sandbox.listener import Listener


def _listener(port: int = 0) -> Listener:
    return Listener(asyncio.Protocol, "127.0.0.1", port)


async def _is_open(url: str) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


async def test_a_paused_listener_refuses_connections_and_opens_at_the_same_address() -> None:
    listener = _listener()
    await listener.open()
    url = listener.url
    assert await _is_open(url)
    listener.pause()
    assert not await _is_open(url)
    await listener.open()
    assert listener.url == url
    assert await _is_open(url)
    listener.close()
    assert not await _is_open(url)


async def test_an_address_that_somebody_listens_on_is_refused_with_its_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port}"):
            await _listener(port).open()
