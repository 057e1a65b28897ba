"""Translates what aiohttp raises, and nobody else does: how far a request got, and what is said about it."""

from __future__ import annotations

import os
import socket
import ssl

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.wire.socks import ProxyRefusesUs
from bulk_importer.loading.http_library import aiohttp

__all__ = ["failure_kind", "failure_text", "is_of_the_proxy"]

# With these a proxy says that it will not let us through, now or later; with others, that it does not reach the server.
_NOT_LET_THROUGH = frozenset({400, 401, 403, 404, 405, 407, 451, 501})

# Why there was no connection, from the particular to the general.
_NO_CONNECTION: tuple[tuple[type[Exception], FailureKind], ...] = (
    (ProxyRefusesUs, FailureKind.PROXY_LOGIN),
    (aiohttp.ClientConnectorDNSError, FailureKind.NOT_RESOLVED),
    (aiohttp.ClientConnectorCertificateError, FailureKind.CERTIFICATE),
    (aiohttp.ClientSSLError, FailureKind.TLS),
    (aiohttp.ServerFingerprintMismatch, FailureKind.TLS),
    (aiohttp.ConnectionTimeoutError, FailureKind.CONNECT_TIMEOUT),
    (aiohttp.ClientConnectorError, FailureKind.REFUSED),
    (aiohttp.ClientHttpProxyError, FailureKind.REFUSED),
)


def failure_kind(error: Exception, *, left_whole: bool, has_begun: bool, is_given_up: bool) -> FailureKind:
    """How far a request got that ended with `error`.

    Args:
        left_whole: all of its body was handed over, or it has none.
        has_begun: the head of an answer had come.
        is_given_up: its time ran out because we ended it.
    """
    for raised, kind in _NO_CONNECTION:
        if isinstance(error, raised):
            refuses = isinstance(error, aiohttp.ClientHttpProxyError) and error.status in _NOT_LET_THROUGH
            return FailureKind.PROXY_LOGIN if refuses else kind
    match error:
        case TimeoutError() if not left_whole:
            return FailureKind.WRITE_TIMEOUT
        case TimeoutError() if is_given_up:
            return FailureKind.ABORTED
        case TimeoutError():
            return FailureKind.TOTAL_TIMEOUT if has_begun else FailureKind.FIRST_BYTE_TIMEOUT
        case _ if not left_whole:
            return FailureKind.WRITE_BROKEN
        case aiohttp.ClientPayloadError():
            return FailureKind.HALF_ANSWER
        case aiohttp.ClientResponseError() | ValueError():
            return FailureKind.NOT_HTTP
        case _:
            return FailureKind.DISCONNECTED


def is_of_the_proxy(error: Exception, *, passes_bytes: bool) -> bool:
    """Whether it is the proxy on the way that refused, or that cannot be reached, and not the server behind it.

    Args:
        passes_bytes: the proxy speaks SOCKS, so that errors about the server look as they do without one.
    """
    if isinstance(error, aiohttp.ClientHttpProxyError | aiohttp.ClientProxyConnectionError | ProxyRefusesUs):
        return True
    no_connection = (aiohttp.ClientConnectorDNSError, aiohttp.ConnectionTimeoutError)
    return not passes_bytes and isinstance(error, no_connection)


def failure_text(error: Exception, proxy: str | None = None) -> str:
    """What went wrong, in a few words of the system: without its numbers, and without the name of a class.

    Args:
        proxy: URL of the proxy whose failure it is; None where it is the server's.
    """
    if isinstance(error, aiohttp.ClientHttpProxyError):
        said = f"{error.status} {error.message}".strip()
        return (
            f"the proxy {error.request_info.real_url.origin()} answers {said} and opens no way to the server"
        )
    if proxy is not None and not isinstance(error, ProxyRefusesUs):
        return f"the proxy {proxy} cannot be reached: {_words_of(error)}"
    return _words_of(error)


def _words_of(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", error)
    match inner:
        case ssl.SSLCertVerificationError():
            return inner.verify_message
        case ssl.SSLError(reason=str(reason)):
            return reason.replace("_", " ").lower()
        case socket.gaierror(strerror=str(words)):
            return words
        case OSError(errno=int(number)):
            return os.strerror(number)
        case _:
            return str(inner) or type(error).__name__
