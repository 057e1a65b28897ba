"""Look-ups are repeated until they are whole, and say what is wrong where they cannot be."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bulk_importer.datagym.reads.catalog import TASK_STATES, Catalog, Project
from bulk_importer.datagym.reads.listings import TaskRow
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client, Timeouts
from bulk_importer.errors import BulkImporterError, NotAuthorised, ServerUnavailable

PROJECT = Project("224623b3-7595-4a96-84b8-6b14d79226de", "p", "IMAGE", "c", "i")
Answering = Callable[[str], tuple[int, bytes]]


class Kept:
    """Takes rows, and remembers how often it had to begin again."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.whole: list[str] = []

    def rewind(self) -> None:
        """Forget what is not whole."""
        self.rows = []

    def take(self, rows: Sequence[TaskRow]) -> None:
        """Take rows."""
        self.rows += [row.task_id for row in rows]

    def keep(self) -> None:
        """They are whole."""
        self.whole += self.rows
        self.rows = []


@asynccontextmanager
async def catalog_of(
    answer: Answering, *, length: int | None = None
) -> AsyncIterator[tuple[Catalog, list[str]]]:
    """A catalog of a server that gives these answers; a body that is shorter than `length` breaks off."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        asked.append(path)
        status, body = answer(path)
        writer.write(
            b"HTTP/1.1 %d x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            % (status, length or len(body))
        )
        writer.write(body)
        await writer.drain()
        writer.close()

    async def at_once(_: float) -> None:
        """Do not wait."""

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Client(f"http://127.0.0.1:{port}", Token(), Timeouts(read=5.0)) as client:
        queries = Queries(
            client, Patience(5.0, 5.0, Timing(time.monotonic, at_once, lambda: 0.5), lambda _: None)
        )
        yield Catalog(queries), asked


def listed(*task_ids: str) -> bytes:
    """A task list."""
    return json.dumps([{"taskId": each, "mediaId": f"media of {each}"} for each in task_ids]).encode()


def with_projects(answer: Answering) -> Answering:
    """The same answers, and an empty list of projects by token."""
    return lambda path: (200, b"[]") if path == "/api/v1/project" else answer(path)


async def test_every_state_is_asked_for() -> None:
    """And rows are handed on in the order in which they come."""
    async with catalog_of(with_projects(lambda path: (200, listed(path.partition("state=")[2])))) as (
        catalog,
        asked,
    ):
        kept = Kept()
        await catalog.tasks(PROJECT, kept)
    assert kept.whole == list(TASK_STATES)
    assert asked[1:] == [f"/api/v1/task/{PROJECT.id}/list?state={state}" for state in TASK_STATES]


async def test_a_list_that_breaks_off_is_read_again_from_its_beginning() -> None:
    """What was taken of it is taken back."""
    long = listed(*(str(number) for number in range(20_000)))
    bodies = [long[:-500_000], long[:-10], long]

    def answer(path: str) -> tuple[int, bytes]:
        return (200, b"[]".ljust(len(long))) if path == "/api/v1/project" else (200, bodies.pop(0))

    async with catalog_of(answer, length=len(long)) as (catalog, asked):
        kept = Kept()
        await catalog.tasks(PROJECT, kept, state="BACKLOG")
    assert kept.whole == [str(number) for number in range(20_000)]
    assert len(asked) == 4


async def test_an_answer_that_passes_is_waited_for() -> None:
    """Throttled, out for a moment, and then there."""
    statuses = [503, 429, 200]
    async with catalog_of(lambda _: (statuses.pop(0), b"[]")) as (catalog, asked):
        assert await catalog.projects() == []
    assert len(asked) == 3


Look = Callable[[Catalog], Coroutine[Any, Any, object]]

REFUSED: dict[str, tuple[Look, int, bytes, type[BulkImporterError], str]] = {
    "a page of HTML": (Catalog.projects, 200, b"<html>", ServerUnavailable, "Check the URL"),
    "no such route": (Catalog.projects, 404, b"", ServerUnavailable, "not a DataGym"),
    "no access": (Catalog.projects, 403, b"{}", NotAuthorised, "a token is made"),
    "a failure": (Catalog.projects, 500, b'{"key":"ex_system"}', ServerUnavailable, "its database is away"),
    "an error": (Catalog.projects, 400, b"{}", ServerUnavailable, "400"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_no_list_has_its_reason(case: str) -> None:
    """And the way out."""
    look, status, body, kind, words = REFUSED[case]
    async with catalog_of(lambda _: (status, body)) as (catalog, _):
        with pytest.raises(kind, match=words):
            await look(catalog)


async def test_a_list_that_ends_in_an_error_page_is_no_list() -> None:
    """An exception in the midst of an answer comes under 200."""
    body = listed("a", "b")[:-1] + b', {"timestamp": 1, "status": 500}'
    async with catalog_of(with_projects(lambda _: (200, body))) as (catalog, _):
        kept = Kept()
        with pytest.raises(ServerUnavailable, match="not one of a DataGym"):
            await catalog.tasks(PROJECT, kept, state="BACKLOG")
    assert kept.whole == []


async def test_a_configuration_is_first_asked_for_where_that_writes_nothing() -> None:
    """A hosted server has a page for browsers there; then one task is read, a finished one before others."""

    def answer(path: str) -> tuple[int, bytes]:
        if path.startswith("/api/lconfig/"):
            return 200, b"<html>log in</html>"
        if path.endswith("state=REVIEWED&limit=1"):
            return 200, listed("finished")
        if path.endswith("/task/finished"):
            return 200, b'{"labelConfig": {"entries": [{"entryKey": "car"}]}}'
        return 200, b"[]"

    async with catalog_of(answer) as (catalog, asked):
        for _ in range(2):
            assert await catalog.label_config(PROJECT) == [{"entryKey": "car"}]
    assert asked.count("/api/v1/task/finished") == 2
    assert sum("state=" in path for path in asked) == 2
