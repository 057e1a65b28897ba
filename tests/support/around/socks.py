"""A small SOCKS proxy: versions 4, 4a and 5, with and without a login; it keeps what it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

__all__ = ["SocksProxy", "socks_proxy"]

_REFUSED = 5


class SocksProxy:
    """What one knows about a proxy that runs.

    Attributes:
        asked: what it was asked to connect to: the host as it was given (a name or an address), and the port.
        logins: user and password, of connections that had any.
    """

    def __init__(self, login: tuple[str, str] | None) -> None:
        self.login = login
        self.port = 0
        self.asked: list[tuple[str, int]] = []
        self.logins: list[tuple[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        with suppress(OSError, EOFError):
            version = (await reader.readexactly(1))[0]
            await (self._serve_5 if version == 5 else self._serve_4)(reader, writer)
        writer.close()

    async def _serve_4(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        port = int.from_bytes(await reader.readexactly(2), "big")
        address = await reader.readexactly(4)
        user = (await reader.readuntil(b"\0"))[:-1].decode()
        if user:
            self.logins.append((user, ""))
        host = str(ip_address(address))
        if address[:3] == b"\0\0\0":
            host = (await reader.readuntil(b"\0"))[:-1].decode()
        await self._pass_on(host, port, reader, writer, b"\0\x5a" + bytes(6), b"\0\x5b" + bytes(6))

    async def _serve_5(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        method = 0 if self.login is None else 2
        writer.write(bytes([5, method if method in methods else 0xFF]))
        if method not in methods:
            return
        if method == 2 and not await self._admits(reader, writer):
            return
        kind = (await reader.readexactly(4))[3]
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = str(ip_address(await reader.readexactly(4 if kind == 1 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        rest = bytes([0, 1]) + bytes(6)
        await self._pass_on(host, port, reader, writer, bytes([5, 0]) + rest, bytes([5, _REFUSED]) + rest)

    async def _admits(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readexactly(1)
        user = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        password = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        self.logins.append((user, password))
        admitted = (user, password) == self.login
        writer.write(bytes([1, 0 if admitted else 1]))
        return admitted

    async def _pass_on(
        self,
        host: str,
        port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        granted: bytes,
        refused: bytes,
    ) -> None:
        self.asked.append((host, port))
        try:
            # Names that end so exist nowhere: what looks them up by itself does not get through.
            from_server, to_server = await asyncio.open_connection(
                "localhost" if host.endswith(".invalid") else host, port
            )
        except OSError:
            writer.write(refused)
            return
        writer.write(granted)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_pump(reader, to_server))
            tasks.create_task(_pump(from_server, writer))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            target.write(piece)
            await target.drain()
    target.close()


@asynccontextmanager
async def socks_proxy(*, login: tuple[str, str] | None = None) -> AsyncIterator[SocksProxy]:
    """Run one on a free port of this machine; `login` is what it wants from clients that speak version 5."""
    proxy = SocksProxy(login)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy
        server.close()
