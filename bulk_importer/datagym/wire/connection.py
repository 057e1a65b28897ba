"""How the server is reached: proxy, certificates, and what a reverse proxy in front of it wants to see.

There is no way to switch the checking of certificates off: a server with a certificate of its own needs `--ca-file`.
Proxies come from the environment (see `proxies`), as for most programs, but nothing is taken from a `.netrc`: what it
holds for the host would take the place of the token.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bulk_importer.datagym.wire.proxies import Proxy, basic_login, proxy_for
from bulk_importer.datagym.wire.socks import ProxyRefusesUs, socks_connector
from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import opened, text_of
from bulk_importer.loading.http_library import aiohttp
from bulk_importer.settings import Settings
from bulk_importer.settings.units import header_in

__all__ = ["ConnectionSettings"]

_SIGNED_BY_PROXIES = ("x-squid-error", "proxy-status", "proxy-connection")
_OURS = frozenset({"authorization", "content-length", "content-type", "host", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """What every request to one server needs besides the token.

    Attributes:
        token_in_query: send the token as `?token=`, not in the header.
        headers: of every request; that for HTTP basic among them.
        tls: None for the system's certificates and none of our own.
        proxy: None for a direct connection.
    """

    token_in_query: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: ssl.SSLContext | None = None
    proxy: Proxy | None = None

    @classmethod
    def of(cls, settings: Settings) -> ConnectionSettings:
        """The connection settings that the settings and the environment say.

        Raises:
            UsageError: a file cannot be read or does not hold what it should, or a proxy is of an unknown kind.
        """
        headers = _headers(settings.header)
        if settings.basic_auth_file is not None:
            headers["Authorization"] = _basic(text_of(settings.basic_auth_file, "--basic-auth-file").strip())
        return cls(settings.token_in_query, headers, _tls(settings), proxy_for(settings.server or ""))

    def connector(self, **options: Any) -> aiohttp.TCPConnector:
        """The connector of aiohttp that makes the connections; call it in a running event loop.

        Args:
            options: of `aiohttp.TCPConnector`.

        Raises:
            UsageError: it takes a library that is not installed.
        """
        if self.proxy is not None and self.proxy.is_socks:
            return socks_connector(self.proxy, ssl=self.tls or True, **options)
        return aiohttp.TCPConnector(ssl=self.tls or True, **options)

    @property
    def http_proxy(self) -> str | None:
        """The URL, without the login, of a proxy that HTTP is spoken with."""
        return None if self.proxy is None or self.proxy.is_socks else str(self.proxy)

    def check_passed_on(self, status: int, headers: Mapping[str, str]) -> None:
        """Raise `ProxyRefusesUs` where a proxy answers in place of the server, before anything went on to it.

        Only a proxy asks for a login with 407; other refusals it may sign. What it says about a server that it reached,
        or tried to, is judged like an answer.

        Args:
            headers: with names in lower case.
        """
        signed = any(name in headers for name in _SIGNED_BY_PROXIES)
        if self.http_proxy is not None and (status == 407 or (status == 403 and signed)):
            raise ProxyRefusesUs(f"the proxy {self.proxy} answers {status} in place of the server")

    @property
    def proxy_headers(self) -> Mapping[str, str]:
        """The header with the login at the proxy; empty where none is needed."""
        return {} if self.proxy is None else self.proxy.header()

    @property
    def has_basic_auth(self) -> bool:
        """Whether HTTP basic takes the `Authorization` header, which a token would leave in."""
        return "Authorization" in self.headers


def _headers(said: Sequence[str]) -> dict[str, str]:
    """Of `Name: value`s, and `@FILE`s with one such a line."""
    headers: dict[str, str] = {}
    for each in said:
        lines = text_of(each[1:], "--header").splitlines() if each.startswith("@") else [each]
        for line in filter(str.strip, lines):
            name, value = _header(line)
            if name.lower() in map(str.lower, headers):
                raise UsageError(f"--header: {name} is given twice.")
            headers[name] = value
    return headers


def _header(line: str) -> tuple[str, str]:
    try:
        name, value = header_in(line)
    except ValueError as error:
        raise UsageError(f"--header: {error}.") from error
    if name.lower() in _OURS:
        raise UsageError(f"--header: {name} is set by this program itself.")
    return name, value


def _basic(text: str) -> str:
    if ":" not in text or not text.isprintable():
        raise UsageError("--basic-auth-file: the file must hold one line, USER:PASSWORD.")
    return basic_login(text)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.client_key is not None and settings.client_cert is None:
        raise UsageError("--client-key is of use only with --client-cert.")
    if settings.ca_file is None and settings.client_cert is None:
        return None
    for flag in ("ca_file", "client_cert", "client_key"):
        if (path := getattr(settings, flag)) is not None:
            with opened(path, f"--{flag.replace('_', '-')}"):
                pass  # what is wrong with a file is said without its name further down
    context = ssl.create_default_context()
    try:
        if settings.ca_file is not None:
            context.load_verify_locations(settings.ca_file)
        if settings.client_cert is not None:
            context.load_cert_chain(settings.client_cert, settings.client_key, password=_no_password)
    except ssl.SSLError as error:
        # OpenSSL names the place in its code; its reason alone ("PEM lib") would not tell a person enough.
        reason = (error.reason or "no certificate or key is in them").replace("_", " ").lower()
        raise UsageError(
            f"The certificates cannot be used: {reason}. Each file has to be in PEM form, and the key that of the "
            "certificate."
        ) from error
    except (OSError, ValueError) as error:
        raise UsageError(f"The certificates cannot be used: {error}.") from error
    return context


def _no_password() -> str:
    """In place of the question that OpenSSL would ask on the terminal."""
    raise ValueError("the client's key has a password; give one that has none, readable by nobody else")
