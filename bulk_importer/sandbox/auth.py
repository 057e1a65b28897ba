"""Decides who may do what: tokens, and which routes they open (protocol 1.1 to 1.4).

The server's filter that reads tokens is not public. Where its answers are not known (protocol 1.3), this module
does what the rest of the source suggests: no token 401, an unknown or deleted one 403, one of another organisation 403.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bulk_importer.sandbox.refusals import Refused
from bulk_importer.sandbox.world.store import ORGANISATION, Store

__all__ = ["Authorizer", "Caller", "Flavour", "token_of"]


class Flavour(StrEnum):
    """Which server a sandbox imitates.

    OPEN exists nowhere else: both sets of routes answer, with and without a token, as they did when the vectors were
    recorded. It is there to try things out.
    """

    OPEN = "open"
    CLOUD = "cloud"
    OPEN_CORE = "open-core"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. With `organisation` None the caller administers all organisations."""

    by_token: bool
    organisation: str | None

    def require(self, owner: str) -> None:
        """Raise `Refused` unless the caller administers that organisation."""
        if self.organisation is not None and self.organisation != owner:
            raise _forbidden()


def token_of(query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    """The token of a request, from the query or else from the header `Authorization`; None without one."""
    if token := query.get("token"):
        return token
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "token" else None


class Authorizer:
    """Finds the caller of a request by its token, and refuses callers whom a route does not admit.

    The methods that take a token run on the store's thread, inside a transaction or not.
    """

    def __init__(self, flavour: Flavour, store: Store) -> None:
        self._flavour = flavour
        self._store = store

    def on_token_route(self, token: str | None, now_ms: int) -> Caller:
        """The caller of a route below `/api/v1`. Raises `Refused` for one that it does not admit."""
        if self._flavour is Flavour.OPEN_CORE:
            # The mock user has no scope `type_token`, and the token is ignored altogether.
            raise _forbidden()
        return self._by_token(token, now_ms)

    def on_browser_route(self) -> Caller:
        """The caller of a route that browsers use. Raises `Refused` where a login would be needed."""
        if self._flavour is Flavour.CLOUD:
            # A browser is logged in there. The sandbox has no login.
            raise _unauthorized()
        return Caller(False, None if self._flavour is Flavour.OPEN else ORGANISATION)

    def on_prediction(self, token: str | None, now_ms: int) -> Caller:
        """The caller of the prediction route, which admits tokens and the mock user. Raises `Refused` for others."""
        return (
            Caller(False, ORGANISATION)
            if self._flavour is Flavour.OPEN_CORE
            else self._by_token(token, now_ms)
        )

    def _by_token(self, token: str | None, now_ms: int) -> Caller:
        known = token and self._store.row("SELECT owner, deleted FROM token WHERE token = ?", token)
        if known and not known["deleted"]:
            # The one side effect that survives a failure (protocol 1.2, 2.8).
            self._store.execute("UPDATE token SET last_used = ? WHERE token = ?", now_ms, token)
            return Caller(True, None if self._flavour is Flavour.OPEN else known["owner"])
        if self._flavour is Flavour.OPEN:
            return Caller(False, None)
        raise _forbidden() if token else _unauthorized()


def _forbidden() -> Refused:
    return Refused(403, "ex_forbidden")


def _unauthorized() -> Refused:
    return Refused(401, "ex_unauthorized")
