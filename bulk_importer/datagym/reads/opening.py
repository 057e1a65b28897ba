"""Opens a server for look-ups: with a client of their own, and patience that suits a person who waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.api_token import Token
from bulk_importer.datagym.wire.client import Client
from bulk_importer.events import Observer
from bulk_importer.settings import Settings

__all__ = ["opened_catalog", "opened_queries"]

_LOOK_UP_SECONDS = 30.0
_TIMING = Timing(time.monotonic, asyncio.sleep)


@asynccontextmanager
async def opened_queries(
    settings: Settings,
    token: Token,
    emit: Observer,
    *,
    max_seconds: float = _LOOK_UP_SECONDS,
    timing: Timing = _TIMING,
) -> AsyncIterator[Queries]:
    """Queries to the server that the settings name.

    Args:
        emit: receives an event where the server does not answer.
        max_seconds: how long one look-up is tried again, at most, once the server has answered.
    """
    seconds = min(max_seconds, settings.max_outage)
    async with Client.of(settings, token) as client:
        yield Queries(client, Patience(settings.wait_for_server, seconds, timing, emit))


@asynccontextmanager
async def opened_catalog(settings: Settings, token: Token, emit: Observer) -> AsyncIterator[Catalog]:
    """The catalog of the server that the settings name. A look-up is tried again for half a minute at most.

    Args:
        emit: receives an event where the server does not answer, and how far long lists are.
    """
    async with opened_queries(settings, token, emit) as queries:
        yield Catalog(queries, emit=emit)
