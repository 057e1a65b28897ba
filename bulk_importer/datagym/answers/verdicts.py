"""What an answer of the server means, as a closed set of values.

Pure. `judging` decides which one it is, `transfer` acts on it; match them exhaustively.

What counts is what is known about the database: after `Accept` the labels are in it; after `Again`,
`AgainInPart`, `Refuse`, `TurnedAway` and `Stop` nothing of the request is; after `InDoubt` nobody knows yet.

The second question is who speaks. What is not in DataGym's words (a gateway's page, a broken connection) may be about
the one request or about the server, and the answer itself does not tell which: a firewall that dislikes a text, and a
maintenance page, say the same. `is_in_words` and `may_concern_request` draw that line; whether other uploads pass
decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeGuard

import msgspec

__all__ = [
    "Accept",
    "Again",
    "AgainInPart",
    "Cause",
    "InDoubt",
    "NotSent",
    "Refuse",
    "Stop",
    "StopKind",
    "TurnedAway",
    "Verdict",
    "is_in_words",
    "may_concern_request",
]


class Cause(StrEnum):
    """Why a request has to be sent again, or why its fate is unknown."""

    CONFLICT = "conflict"
    """`ex_system`: a deadlock far more often than anything else; rolled back."""
    GARBLED = "garbled"
    """The body did not reach the server whole, or the answer is not in the server's words."""
    TOO_LARGE = "too large"
    """413: something on the way accepts smaller bodies only; halve the byte limit and remember it."""
    THROTTLED = "throttled"
    """429 and the like: slower, please."""
    UNAVAILABLE = "unavailable"
    """Something answers in the server's place: 502, 503, 504, a maintenance page."""
    UNREACHABLE = "unreachable"
    """No connection: refused, no address, no TLS."""
    DISCONNECTED = "disconnected"
    """The connection broke while the request was on its way or its answer was awaited."""
    TIMED_OUT = "timed out"
    """We gave up waiting."""


class StopKind(StrEnum):
    """Why sending anything more is pointless."""

    NOT_AUTHORISED = "not authorised"
    PROJECT_NOT_FOUND = "project not found"
    LIMIT_REACHED = "limit reached"
    NOT_DATAGYM = "not a DataGym"
    NOT_TRUSTED = "not trusted"
    PROXY_REFUSES = "a proxy refuses"
    """What is set between here and the server does not let us through; the server was not asked."""


class Accept(msgspec.Struct, frozen=True):
    """The request is committed: an empty `errorMessages` is the only acceptance."""


class Again(msgspec.Struct, frozen=True):
    """The request was not executed, or rolled back: it is safe to send again.

    Attributes:
        after_seconds: what the server asked for by `Retry-After`; None where it asked for nothing.
    """

    cause: Cause
    reason: str
    after_seconds: float | None = None


class AgainInPart(msgspec.Struct, frozen=True):
    """The server names the guilty entries; nothing is written; the others may go again without them.

    Attributes:
        messages: index in this request's array -> JSON pointers inside that entry -> the server's words for
            each. Trust the pointers, not the words: they may belong to another entry (protocol 2.5).
        reason: the head of the server's text.
    """

    messages: Mapping[int, Mapping[str, tuple[str, ...]]]
    reason: str


class Refuse(msgspec.Struct, frozen=True):
    """The request is refused for good, without saying which entry is to blame; nothing is written.

    Attributes:
        key, params: the error object's, or a name of ours (`malformed_json`, `schema`, `error_messages`) with the
            server's text as the only parameter.
    """

    key: str
    params: tuple[str, ...]
    reason: str


class InDoubt(msgspec.Struct, frozen=True):
    """Nobody knows whether the request was, is being, or will be executed: never send it again before that is known."""

    cause: Cause
    reason: str


class TurnedAway(msgspec.Struct, frozen=True):
    """The request was not executed: something that does not speak DataGym's words refuses it, and will each time.

    Where other uploads pass, that is about this request; where none does, it means what a `Stop` of that kind means.
    """

    kind: StopKind
    reason: str


class Stop(msgspec.Struct, frozen=True):
    """The request was not executed, and no other will be until a person changes something."""

    kind: StopKind
    reason: str


class NotSent(msgspec.Struct, frozen=True):
    """The request did not leave: it was held back, because the run pauses or stops.

    Attributes:
        is_on_record: the log says that it may have left, which its outcome has to follow.
    """

    is_on_record: bool
    reason: str = "the run pauses or stops"


Verdict = Accept | Again | AgainInPart | Refuse | InDoubt | TurnedAway | Stop | NotSent

_IN_WORDS = frozenset({Cause.CONFLICT, Cause.GARBLED})
_PERHAPS_OF_REQUEST = frozenset({Cause.THROTTLED, Cause.UNAVAILABLE, Cause.DISCONNECTED, Cause.TIMED_OUT})


def is_in_words(verdict: Verdict) -> bool:
    """Whether the application itself answered, having read the request: what stands between let it pass."""
    match verdict:
        case Accept() | AgainInPart() | Refuse():
            return True
        case Again():
            return verdict.cause in _IN_WORDS
        case InDoubt() | TurnedAway() | Stop() | NotSent():
            return False


def may_concern_request(verdict: Verdict) -> TypeGuard[Again | TurnedAway]:
    """Whether a request was not executed for a reason that may lie in it, by the word of nobody who says so.

    No connection (`UNREACHABLE`) never does: nothing of the request had left.
    """
    match verdict:
        case TurnedAway():
            return True
        case Again():
            return verdict.cause in _PERHAPS_OF_REQUEST
        case _:
            return False
