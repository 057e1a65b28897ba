"""Decides which requests a server on this machine answers, by whom they name and which page they come from.

Pure. A page of strangers can send requests here from a browser, but it cannot choose what the browser says about them:
`Host` is the name under which it found this server, `Origin` and `Sec-Fetch-Site` say what page it is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from typing import Self

import msgspec

__all__ = ["Asked", "Refusal", "Site", "is_loopback"]

_READING = frozenset({"GET", "HEAD"})
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says before its body.

    Attributes:
        target: as it stands in the request line.
        hosts, origins: what stands in each header of that name.
        fetch_site, fetch_mode, fetch_dest: of the headers `Sec-Fetch-*`; empty where there is none.
    """

    method: str
    target: str
    hosts: Sequence[str]
    origins: Sequence[str] = ()
    fetch_site: str = ""
    fetch_mode: str = ""
    fetch_dest: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """Why a request is not answered."""

    status: int
    why: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server is reached.

    Attributes:
        host: the name or address by which links call it, in small letters; IPv6 in brackets.
        also: others by which it may be called.
        any_address: whether it may be called by any address: nobody can have one rebound, and where a network
            translates addresses the server does not know its own.
    """

    scheme: str
    host: str
    port: int
    also: frozenset[str] = frozenset()
    any_address: bool = False

    @classmethod
    def at(cls, host: str, port: int, *, scheme: str = "http", names: Collection[str] = ()) -> Self:
        """Where a server is reached that listens at `host`, a name or an address, and `port`.

        Args:
            names: those of this machine, by which it may be called where others can reach it; the first is for links.
        """
        host = host.lower()
        if is_loopback(host):
            return cls(scheme=scheme, host=host, port=port, also=frozenset({"localhost", host}))
        known = [name.lower() for name in names]
        is_everywhere = host.strip("[]") in ("0.0.0.0", "::")  # noqa: S104 - what a person asked for
        first = known[0] if is_everywhere and known else host
        return cls(scheme=scheme, host=first, port=port, also=frozenset({*known, host}), any_address=True)

    @property
    def root(self) -> str:
        """The start of its URLs, without a slash at the end."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether it is reached through TLS."""
        return self.scheme == "https"

    def refusal(self, asked: Asked) -> Refusal | None:
        """Why this request is not answered, whoever sent it; None where it may be."""
        if asked.method not in _READING | _CHANGING:
            return Refusal(405, "This method is not answered here.")
        if not asked.target.startswith("/"):
            return Refusal(400, "The target of a request is a path.")
        if len(asked.hosts) != 1 or not self._is_called(asked.hosts[0]):
            return Refusal(421, "This server has another name.")
        if asked.method in _CHANGING:
            is_ours = self._comes_from_here(asked)
        else:
            # Another server on this machine is the same site to a browser, which then sends the cookie along.
            is_opened = asked.fetch_mode == "navigate" and asked.fetch_dest == "document"
            is_ours = is_opened or asked.fetch_site in ("", "none", "same-origin")
        return None if is_ours else Refusal(403, "This was asked for by a page of another server.")

    def _is_called(self, authority: str) -> bool:
        host, colon, port = authority.lower().rpartition(":")
        if not colon or port.endswith("]"):
            host, port = authority.lower(), str(_DEFAULT_PORTS[self.scheme])
        is_named = host == self.host or host in self.also or (self.any_address and _is_address(host))
        return is_named and port == str(self.port)

    def _comes_from_here(self, asked: Asked) -> bool:
        """Whether a browser says so; a request that says nothing of where it comes from does not.

        A form of a page that sends no referrer has the origin `null`, and then the other header has to say it.
        """
        ours = f"{self.scheme}://{asked.hosts[0].lower()}"
        origins = [each.lower() for each in asked.origins]
        if asked.fetch_site:
            return asked.fetch_site == "same-origin" and all(each in (ours, "null") for each in origins)
        return bool(origins) and all(each == ours for each in origins)


def is_loopback(host: str) -> bool:
    """Whether nothing but this machine reaches what listens there."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_address(host: str) -> bool:
    is_bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if is_bracketed else host)
    except ValueError:
        return False
    return is_bracketed == (address.version == 6)
