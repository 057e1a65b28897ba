"""Who has been let in, and what lets in: codes that are good once, a token, and the sessions that both turn into.

Pure: the time is a parameter, in seconds, monotonic, and so is the chance. All of it is bounded, and compared in a time
that does not depend on what is right.
"""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import Callable, Iterable

__all__ = ["CODE_SECONDS", "Keys"]

CODE_SECONDS = 600.0
"""How long a link is good: long enough to walk over to a machine with a browser."""
_MOST_CODES = 4
_MOST_SESSIONS = 32
_MOST_SENDERS = 256


class _Tries:
    """How often something may be tried: `burst` times at once, and then once in `seconds`."""

    def __init__(self, burst: int, seconds: float) -> None:
        self._burst = burst
        self._seconds = seconds
        # Changed by `take`: tries that are left, and when that was so.
        self._left = float(burst)
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Take one; False where none is left."""
        passed = 0.0 if self._at is None else now - self._at
        self._left, self._at = min(self._burst, self._left + passed / self._seconds), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Keys:
    """The codes, the token and the sessions of one server.

    Args:
        chance: a text that nobody can guess; another one each time.
        token: what a person may type in; None where there is none.
    """

    def __init__(self, chance: Callable[[], str], token: str | None = None) -> None:
        self._chance = chance
        self._token = token
        # The latest of each; codes with the time until which they are good. Changed by `code`, `exchange`, `_let_in`.
        self._codes: deque[tuple[str, float]] = deque(maxlen=_MOST_CODES)
        self._sessions: deque[str] = deque(maxlen=_MOST_SESSIONS)
        # Changed by `may_type` and `may_print`; of senders those that tried last.
        self._typed: dict[str, _Tries] = {}
        self._printed = _Tries(3, 20.0)

    @property
    def has_token(self) -> bool:
        """Whether a person may type in a token."""
        return self._token is not None

    def code(self, now: float) -> str:
        """A new code; good once, for `CODE_SECONDS`."""
        code = self._chance()
        self._codes.append((code, now + CODE_SECONDS))
        return code

    def exchange(self, code: str, now: float) -> str | None:
        """The session that a code is exchanged for; None where it is none, was used, or is too old."""
        found = [each for each in self._codes if _is_same(code, each[0])]
        for each in found:
            self._codes.remove(each)
        return self._let_in() if any(now < until for _, until in found) else None

    def sign_in(self, token: str) -> str | None:
        """The session that the token is exchanged for; None where it is another one."""
        return self._let_in() if self._token is not None and _is_same(token, self._token) else None

    def is_known(self, session: str) -> bool:
        """Whether this is a session."""
        return _has_one(session, self._sessions)

    def may_type(self, sender: str, now: float) -> bool:
        """Whether this sender may try a token now; five times at once, and then once in ten seconds."""
        tries = self._typed.pop(sender, None) or _Tries(5, 10.0)
        self._typed[sender] = tries
        if len(self._typed) > _MOST_SENDERS:
            del self._typed[next(iter(self._typed))]
        return tries.take(now)

    def may_print(self, now: float) -> bool:
        """Whether another link may be printed now, for whoever asks."""
        return self._printed.take(now)

    def _let_in(self) -> str:
        session = self._chance()
        self._sessions.append(session)
        return session


def _has_one(text: str, of: Iterable[str]) -> bool:
    """Whether a text is one of these; all of them are looked at."""
    return sum([_is_same(text, each) for each in of]) > 0


def _is_same(text: str, other: str) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "replace"), other.encode())
