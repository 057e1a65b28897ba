"""What to do about a way to the server that is blocked, by how a request failed on it."""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.datagym.answers.judging import FailureKind
from bulk_importer.datagym.wire.client import RequestFailed

__all__ = ["ANY_REMEDY", "PROXY_REMEDY", "remedy_for"]

_REMEDIES: Mapping[FailureKind, str] = {
    FailureKind.NOT_RESOLVED: "Check the host name in --server, and the name service of this machine or container.",
    FailureKind.REFUSED: "Check the port in --server, that the server runs, and that no firewall is between.",
    FailureKind.TLS: "Check that the port speaks TLS (https) and not plain HTTP, or write http:// where it does not.",
    FailureKind.CERTIFICATE: "A certificate of your own authority is trusted with --ca-file FILE.",
    FailureKind.CONNECT_TIMEOUT: (
        "A firewall swallows the connection, or a proxy is needed: set HTTPS_PROXY or HTTP_PROXY."
    ),
    FailureKind.DISCONNECTED: (
        "If the port speaks TLS, write https:// in --server; else look at the log of the server, or of the proxy in "
        "front of it."
    ),
    FailureKind.NOT_HTTP: (
        "Something else than a web server listens there, or one that speaks TLS (https); check --server."
    ),
}
PROXY_REMEDY = (
    "Check the proxy in the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY), its login, and that it lets this host "
    "and port through; NO_PROXY names hosts and ranges of addresses that are reached without it."
)
ANY_REMEDY = "Try again; if it stays, look at the server's log, or that of the proxy in front of it."
"""Where nothing in particular is known."""


def remedy_for(failure: RequestFailed) -> str:
    """What to do about a request that failed like this, in a sentence or two."""
    if failure.proxy is not None:
        return PROXY_REMEDY
    return _REMEDIES.get(failure.kind, ANY_REMEDY)
