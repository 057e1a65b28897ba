"""Calls a URL to tell that a command began, or how it ended, as services do that watch jobs of the night.

Such a URL is a secret: who knows it can say that all is well. So nothing that is said of a call names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from bulk_importer.datagym.wire.connection import ConnectionSettings
from bulk_importer.loading.http_library import aiohttp
from bulk_importer.observe.telling.facts import ping_url
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["Pinging"]

_SECONDS = 5.0
_SECONDS_BETWEEN = 1.0
_TRIES = 2


class Pinging:
    """Calls one URL, through the proxy that the environment names, with the certificates that the settings add."""

    def __init__(self, url: str, session: ClientSession, connection: ConnectionSettings) -> None:
        self._url = url
        self._session = session
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings) -> AsyncIterator[Self]:
        """What calls the URL of `--ping`. Nothing of what the server is shown is sent there: no token, no header.

        Raises:
            UsageError: a certificate or a proxy cannot be used.
        """
        url = settings.ping or ""
        ours = replace(
            settings, server=url, header=(), basic_auth_file=None, client_cert=None, client_key=None
        )
        connection = ConnectionSettings.of(ours)
        async with aiohttp.ClientSession(
            connector=connection.connector(),
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        ) as session:
            yield cls(url, session, connection)

    async def tell(self, word: str, body: bytes) -> str:
        """Call the URL with `word` behind it, once more where that fails; why it did, where both did."""
        why = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_SECONDS_BETWEEN)
            if not (why := await self._post(word, body)):
                break
        return why

    async def _post(self, word: str, body: bytes) -> str:
        try:
            async with self._session.post(
                ping_url(self._url, word),
                data=body,
                headers={"Content-Type": "application/json", "User-Agent": "bulk-importer"},
                proxy=self._connection.http_proxy,
                proxy_headers=self._connection.proxy_headers,
                allow_redirects=False,
            ) as answer:
                return "" if answer.status < 300 else f"it answers {answer.status}"
        except TimeoutError:
            return f"it does not answer within {_SECONDS:.0f} s"
        except aiohttp.ClientConnectorCertificateError:
            return "its certificate is not trusted; --ca-file names one that is"
        except (aiohttp.ClientError, OSError, ValueError):
            # Their texts name host and path.
            return "it cannot be reached"
