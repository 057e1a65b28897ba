"""A scheduler that comes and goes, as the client of an import meets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psutil
from distributed import Client, Scheduler

from bulk_importer.distributed.engines.cluster import Cluster, opened_cluster


class Wire:
    """What lies between a client and its scheduler: it can be cut, and then connections are held until it is mended."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._mended = asyncio.Event()
        self._mended.set()
        self._ends: list[asyncio.StreamWriter] = []
        self.held = asyncio.Event()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[str]:
        """Its address, as a scheduler's."""
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        try:
            yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            self.cut()

    def cut(self) -> None:
        self._mended.clear()
        self.held.clear()
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        self._mended.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.append(writer)
        if not self._mended.is_set():
            self.held.set()
            await self._mended.wait()
        there, onwards = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends.append(onwards)
        await asyncio.gather(_pass_on(reader, onwards), _pass_on(there, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while content := await reader.read(1 << 16):
            writer.write(content)
            await writer.drain()
    writer.close()


async def test_a_client_can_be_left_that_connects_anew_meanwhile() -> None:
    """Dask's client raises what it makes of its own end, where its scheduler comes and goes in that very moment."""
    async with Scheduler(
        host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0"
    ) as scheduler:
        wire = Wire(scheduler.port)
        async with wire.laid() as address:
            cluster = Cluster(address, 10.0, print, 0)
            await cluster.renew()
            client = cluster.client
            wire.cut()
            await wire.held.wait()
            leaving = asyncio.ensure_future(cluster.aclose())
            await _comes_to_be(client, "closed")
            wire.mend()
            await _comes_to_be(client, "running")  # as it says, although it was closed
            wire.cut()
            await wire.held.wait()
            wire.mend()
            await leaving
            assert leaving.exception() is None


async def _comes_to_be(client: Client, status: str) -> None:
    while client.status != status:  # there is no event
        await asyncio.sleep(0.01)


async def test_what_is_started_for_a_command_alone_is_not_reached_from_other_machines() -> None:
    """Whoever reaches a scheduler, or its workers, can have them run what they like."""
    async with opened_cluster(None, workers=1, patience=60.0, say=print) as cluster:
        await cluster.threads()
        own = psutil.Process()
        listening = [
            each.laddr.ip
            for process in [own, *own.children(recursive=True)]
            for each in process.net_connections("inet")
            if each.status == psutil.CONN_LISTEN
        ]
    assert set(listening) == {"127.0.0.1"}
    assert len(listening) > 4
