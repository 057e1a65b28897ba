"""The way to a scheduler is bounded, and what is wrong with it is said, whatever listens at the address."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bulk_importer.distributed.engines.cluster import opened_cluster
from bulk_importer.errors import SchedulerUnavailable, UsageError


async def connect(address: str, *, patience: float = 60.0) -> None:
    async with opened_cluster(address, workers=1, patience=patience, say=lambda _: None):
        pass


async def test_something_that_takes_the_connection_and_is_silent_is_not_waited_for_longer() -> None:
    """The time-out of Dask's client alone is not heeded then."""
    is_over = asyncio.Event()

    async def keep_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()

    async with await asyncio.start_server(keep_silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SchedulerUnavailable, match="nothing there answers like one"):
            async with asyncio.timeout(60):
                await connect(f"tcp://127.0.0.1:{port}", patience=0.5)
        is_over.set()


async def test_a_port_where_something_else_is_spoken_is_said_to_be_that() -> None:
    """As the port of the dashboard, which speaks HTTP: its first bytes are taken for a length, of exabytes."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SchedulerUnavailable, match=r"speaks another protocol.*--scheduler"):
            await connect(f"tcp://127.0.0.1:{port}")


async def test_nothing_that_dask_logs_of_lost_connections_reaches_a_terminal() -> None:
    """A scheduler that went away would be told with tracebacks, by loggers that have levels of their own."""
    with pytest.raises(UsageError):
        await connect("127.0.0.1")
    loud = [
        name
        for name in logging.root.manager.loggerDict
        if name.partition(".")[0] in ("distributed", "tornado", "bokeh")
        and logging.getLogger(name).isEnabledFor(logging.ERROR)
    ]
    assert not loud


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "tcp://127.0.0.1", "http://127.0.0.1:1", "tcp://127.0.0.1:99999"]
)
async def test_an_address_that_cannot_be_one_is_a_matter_of_usage(address: str) -> None:
    with pytest.raises(UsageError, match="tcp://dask:8786"):
        await connect(address)


async def test_certificates_are_asked_for_by_the_names_that_dask_has_for_them() -> None:
    with pytest.raises(UsageError, match="DASK_DISTRIBUTED__COMM__TLS__CA_FILE"):
        await connect("tls://127.0.0.1:1")
