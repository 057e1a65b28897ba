"""Which proxy the environment names for a server, and the login for it.

The variables are those that most programs know: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the server, else
`ALL_PROXY`; `NO_PROXY` names who is reached without one: hosts, domains, addresses, and ranges of these. A proxy of a
kind that we do not speak is an error: a run that passed it over would reach the network by a way that nobody meant.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from bulk_importer.errors import UsageError

__all__ = ["Proxy", "basic_login", "proxy_for"]

_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
_LONGEST_IN_SOCKS = 255


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy to go through.

    Attributes:
        kind: `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`; `a` and `h` leave it to the proxy to look up
            the address of the server.
        user, password: for the proxy and nobody else; None where it wants none.
    """

    kind: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Its URL, without the login."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}://{host}:{self.port}"

    @property
    def is_socks(self) -> bool:
        """Whether the proxy passes connections on, and does not read what goes through them."""
        return self.kind.startswith("socks")

    def header(self) -> Mapping[str, str]:
        """The header with the login, for a proxy that speaks HTTP; else empty."""
        if self.user is None or self.is_socks:
            return {}
        return {"Proxy-Authorization": basic_login(f"{self.user}:{self.password or ''}")}


def basic_login(login: str) -> str:
    """The value of a header for HTTP basic; `login` is `USER:PASSWORD`."""
    return f"Basic {b64encode(login.encode()).decode()}"


def proxy_for(server: str) -> Proxy | None:
    """The proxy on the way to this URL; None where it is reached directly.

    Raises:
        UsageError: the environment names one that cannot be used.
    """
    parts = urlsplit(server)
    proxies = getproxies_environment()
    url = proxies.get(parts.scheme) or proxies.get("all")
    if not url or not parts.hostname or proxy_bypass(parts.netloc) or _is_in_a_range(parts.hostname, proxies):
        return None
    named = urlsplit(url if "://" in url else f"http://{url}")
    if named.scheme not in _PORTS or not named.hostname:
        raise UsageError(
            f"The environment names a proxy of the kind {named.scheme!r}; these are supported: {', '.join(_PORTS)}. "
            f"Name one, or let {parts.hostname} pass by it with NO_PROXY."
        )
    user, password = (None if part is None else unquote(part) for part in (named.username, named.password))
    proxy = Proxy(named.scheme, named.hostname, _port(named), user, password)
    if user is not None and proxy.is_socks:
        _check_login(user, password or "", needs_password=proxy.kind.startswith("socks5"))
    return proxy


def _is_in_a_range(host: str, proxies: Mapping[str, str]) -> bool:
    """Whether an address lies in one of those that `NO_PROXY` names as ranges, as in 10.0.0.0/8."""
    try:
        address = ip_address(host)
    except ValueError:
        return False  # a name: it is not looked up for this, as other programs do not either
    for each in proxies.get("no", "").split(","):
        try:
            if address in ip_network(each.strip(), strict=False):
                return True
        except ValueError:  # a name, or another kind of address
            continue
    return False


def _port(named: SplitResult) -> int:
    try:
        return named.port or _PORTS[named.scheme]
    except ValueError as error:
        raise UsageError(f"The environment names a proxy whose port is none: {error}.") from error


def _check_login(user: str, password: str, *, needs_password: bool) -> None:
    """The protocol has a byte for the length of each, and no encoding."""
    parts = (user, password) if needs_password else (user,)
    if not all(part.isascii() and 0 < len(part) <= _LONGEST_IN_SOCKS for part in parts):
        raise UsageError(
            "The login at the SOCKS proxy that the environment names cannot be sent: it has to be a user and a "
            f"password of 1 to {_LONGEST_IN_SOCKS} ASCII characters each."
        )
