"""A scrape gets its answer, and a stranger gets no hold of the run."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bulk_importer.observe.metrics.counts import Counts
from bulk_importer.observe.metrics.exposition import Exposition
from bulk_importer.observe.metrics.server import MetricsServer
from bulk_importer.observe.metrics.table import Moment
from bulk_importer.observe.page.listening import bound
from support.watching.events import AWAY, BACK, started


class Scraped:
    """A server of counts, and a client of it; its clock stands where the test puts it."""

    def __init__(self) -> None:
        self.counts = Counts(0.0)
        self.now = 0.0
        self.port = 0

    def moment(self) -> Moment:
        """What there is to tell."""
        return Moment(counts=self.counts, now=self.now, since_1970=2e9, command="import", version="1")

    async def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Status, body as it comes, and headers."""
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                method,
                f"http://127.0.0.1:{self.port}{path}",
                headers=headers,
                skip_auto_headers=["Accept-Encoding"],
            ) as answer,
        ):
            return answer.status, await answer.read(), dict(answer.headers)


@asynccontextmanager
async def scraped() -> AsyncIterator[Scraped]:
    """A server on a port of its own."""
    one = Scraped()
    at = bound("127.0.0.1", 0, "--metrics")
    one.port = at.getsockname()[1]
    async with MetricsServer(Exposition(one.moment), one.moment).listening(at):
        yield one


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        (
            "application/openmetrics-text;version=1.0.0",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        ('application/openmetrics-text; version="0.0.1"', "text/plain; version=0.0.4; charset=utf-8"),
        ("\xff;;;,,,=", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
async def test_metrics_come_in_the_format_that_is_asked_for(accept: str, content_type: str) -> None:
    """Packed or not; an odd header is no error."""
    async with scraped() as one:
        status, body, headers = await one.ask("/metrics", Accept=accept)
        assert (status, headers["Content-Type"]) == (200, content_type)
        assert b"bulk_importer_entries_total" in body
        _, packed, headers = await one.ask("/metrics", **{"Accept": accept, "Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == body


async def test_asking_without_a_pause_gets_what_was_written_a_second_ago() -> None:
    """So it costs next to nothing; then it is written anew."""
    async with scraped() as one:
        _, before, _ = await one.ask("/metrics")
        one.counts.see(started(), 0.5)
        assert (await one.ask("/metrics"))[1] == before
        one.now = 1.0
        assert (await one.ask("/metrics"))[1] != before


async def test_health_is_that_of_the_program_and_readiness_that_of_the_run() -> None:
    """It is ready once the server has answered, and as long as it does."""
    async with scraped() as one:

        async def readiness() -> tuple[int, bytes]:
            return (await one.ask("/readyz"))[:2]

        assert await readiness() == (503, b"starting\n")
        one.counts.see(started(), 1.0)
        assert await readiness() == (200, b"running\n")
        one.counts.see(AWAY, 1.0)
        assert await readiness() == (503, b"waiting\n")
        one.counts.see(BACK, 1.0)
        assert await readiness() == (200, b"running\n")
        one.counts.end(0, "complete", 2.0)
        assert await readiness() == (503, b"complete\n")
        assert (await one.ask("/healthz"))[:2] == (200, b"alive\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz", "/"])
async def test_it_is_only_read(method: str, path: str) -> None:
    """HEAD is an answer without a body."""
    async with scraped() as one:
        status, _, headers = await one.ask(path, method)
        assert (status, headers["Allow"]) == (405, "GET,HEAD")
        status, body, _ = await one.ask("/metrics", "HEAD")
        assert (status, body) == (200, b"")
        assert (await one.ask("/other"))[0] == 404


async def test_a_connection_serves_one_request() -> None:
    """Nobody holds one of the few."""
    async with scraped() as one:
        assert (await one.ask("/healthz"))[2]["Connection"] == "close"


async def test_a_huge_body_is_not_read() -> None:
    """It is answered, and the connection is closed."""
    async with scraped() as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * 1000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_what_is_no_http_is_answered_with_400_and_no_word() -> None:
    """Nothing of it is told on standard error."""
    async with scraped() as one:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        writer.write(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.0 400")
        writer.close()
