"""What an answer of the server means, as a closed set of values.

Pure. `answers.py` decides which one it is, `transfer` acts on it; match them exhaustively.

What counts is what is known about the database: after `Accept` the labels are in it; after `Again`,
`AgainInPart`, `Refuse` and `Stop` nothing of the request is; after `InDoubt` nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

__all__ = ["Accept", "Again", "AgainInPart", "Cause", "InDoubt", "Refuse", "Stop", "StopKind", "Verdict"]


class Cause(StrEnum):
    """Why a request has to be sent again, or why its fate is unknown."""

    CONFLICT = "conflict"
    """`ex_system`: a deadlock far more often than anything else; rolled back."""
    GARBLED = "garbled"
    """The body did not reach the server whole, or the answer is not in the server's words."""
    TOO_LARGE = "too large"
    """413: something on the way takes smaller bodies only; halve the byte limit and remember it."""
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

    @property
    def tells_of_outage(self) -> bool:
        """Whether the run should pause and probe, rather than this one request be blamed."""
        return self in {Cause.UNAVAILABLE, Cause.UNREACHABLE}


class StopKind(StrEnum):
    """Why sending anything more is pointless."""

    NOT_AUTHORISED = "not authorised"
    PROJECT_NOT_FOUND = "project not found"
    LIMIT_REACHED = "limit reached"
    NOT_DATAGYM = "not a DataGym"
    NOT_TRUSTED = "not trusted"


class Accept(msgspec.Struct, frozen=True):
    """Committed: an empty `errorMessages` is the only acceptance."""


class Again(msgspec.Struct, frozen=True):
    """Not executed, or rolled back: safe to send again.

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
    """Refused for good, without saying which entry is to blame; nothing is written.

    Attributes:
        key, params: the error object's, or a name of ours (`malformed_json`, `schema`, `error_messages`,
            `http_422`) with the server's text as the only parameter.
    """

    key: str
    params: tuple[str, ...]
    reason: str


class InDoubt(msgspec.Struct, frozen=True):
    """Not known whether it was, is being, or will be executed: never send it again before that is known."""

    cause: Cause
    reason: str


class Stop(msgspec.Struct, frozen=True):
    """Nothing was executed and nothing will be until a person changes something."""

    kind: StopKind
    reason: str


Verdict = Accept | Again | AgainInPart | Refuse | InDoubt | Stop
