"""Connections through a SOCKS proxy, by aiohttp-socks, which is installed with the extra `socks`.

What that library raises becomes here what aiohttp raises for the same reason without a proxy, so that the client has
one table of failures. Nothing has left for the server while a connection comes about.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

from bulk_importer.datagym.wire.proxies import Proxy
from bulk_importer.errors import LibraryMissing
from bulk_importer.loading.http_library import aiohttp

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

__all__ = ["ProxyRefusesUs", "socks_connector"]


class ProxyRefusesUs(aiohttp.ClientConnectionError):
    """The proxy refuses our login, or does not speak SOCKS: waiting does not help."""


def socks_connector(proxy: Proxy, **options: Any) -> aiohttp.TCPConnector:
    """A connector whose connections all go through `proxy`; call it in a running event loop.

    Args:
        options: of `aiohttp.TCPConnector`.

    Raises:
        LibraryMissing: aiohttp-socks is not installed.
    """
    try:
        from aiohttp_socks import (
            ProxyConnectionError,
            ProxyConnector,
            ProxyError,
            ProxyTimeoutError,
            ProxyType,
        )
    except ImportError as error:
        raise LibraryMissing(f"The proxy {proxy}", "aiohttp-socks") from error

    class Connector(ProxyConnector):
        async def connect(
            self,
            req: aiohttp.ClientRequest,
            traces: list[Trace],
            timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's name for several of them
        ) -> Connection:
            key = req.connection_key
            try:
                return await super().connect(req, traces, timeout)
            except aiohttp.ClientError:
                raise
            except ProxyTimeoutError as error:
                raise aiohttp.ConnectionTimeoutError(str(error)) from error
            except ProxyConnectionError as error:
                cause = error.__cause__
                said = cause if isinstance(cause, OSError) else OSError(str(error))
                raise aiohttp.ClientProxyConnectionError(key, said) from error
            except ProxyError as error:
                # A code is what the proxy says about the server. Without one it is about us: the login is refused, or
                # what answers does not speak SOCKS.
                if error.error_code is None:
                    raise ProxyRefusesUs(f"{proxy}: {error}") from error
                raise aiohttp.ClientConnectorError(key, OSError(f"{proxy}: {error}")) from error
            except ssl.SSLCertVerificationError as error:
                raise aiohttp.ClientConnectorCertificateError(key, error) from error
            except ssl.SSLError as error:
                raise aiohttp.ClientConnectorSSLError(key, error) from error
            except socket.gaierror as error:
                raise aiohttp.ClientConnectorDNSError(key, error) from error
            except OSError as error:
                raise aiohttp.ClientConnectorError(key, error) from error
            except EOFError as error:
                raise aiohttp.ClientConnectorError(key, OSError(f"{proxy} hung up")) from error

    socks5 = proxy.kind.startswith("socks5")
    return Connector(
        proxy.host,
        proxy.port,
        ProxyType.SOCKS5 if socks5 else ProxyType.SOCKS4,
        proxy.user,
        proxy.password,
        rdns=proxy.kind in ("socks4a", "socks5h"),
        **options,
    )
