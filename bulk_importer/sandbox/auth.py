"""Who may do what: tokens, and which routes they open (protocol 1.1 to 1.4).

The filter that reads tokens is not public. Where it is open what that answers (protocol 1.3), this module does
what the source suggests: no token 401, an unknown or deleted one 403, one of another organisation 403.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bulk_importer.sandbox.refusals import Refused
from bulk_importer.sandbox.world.store import ORGANISATION, Store

__all__ = ["Caller", "Flavour", "Gatekeeper", "token_of"]


class Flavour(StrEnum):
    """Which server this is.

    OPEN is none that exists: both sets of routes answer, with and without a token, as they did when the
    answers were recorded that the sandbox is measured on. It is there to try things out.
    """

    OPEN = "open"
    CLOUD = "cloud"
    OPEN_CORE = "open-core"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `organisation` None: of all organisations."""

    by_token: bool
    organisation: str | None

    def require(self, owner: str) -> None:
        """Raise `Refused` unless the caller administers that organisation."""
        if self.organisation is not None and self.organisation != owner:
            raise _forbidden()


def token_of(query: Mapping[str, str], headers: Mapping[str, str]) -> str | None:
    """The token of a request, in the query or in the header."""
    if token := query.get("token"):
        return token
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "token" else None


class Gatekeeper:
    """Tells callers by their tokens. Its methods run on the store's thread, inside a transaction or not."""

    def __init__(self, flavour: Flavour, store: Store) -> None:
        self._flavour = flavour
        self._store = store

    def on_token_route(self, token: str | None, now_ms: int) -> Caller:
        """The caller of a route below `/api/v1`. Raises `Refused`."""
        if self._flavour is Flavour.OPEN_CORE:
            # The mock user has no scope `type_token`, and the token is ignored altogether.
            raise _forbidden()
        return self._by_token(token, now_ms)

    def on_browser_route(self) -> Caller:
        """The caller of a route below `/api` that people use in the browser. Raises `Refused`."""
        if self._flavour is Flavour.CLOUD:
            # A browser is logged in there. The sandbox has no login.
            raise _unauthorized()
        return Caller(False, None if self._flavour is Flavour.OPEN else ORGANISATION)

    def on_prediction(self, token: str | None, now_ms: int) -> Caller:
        """The caller of the prediction route, which opens for a token and for the mock user. Raises `Refused`."""
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
