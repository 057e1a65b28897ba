"""Remembers which requests came and what became of them, for tests and for the page at `/`.

No token and no body is kept: paths come without their query, bodies as a digest.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final

__all__ = ["LoggedRequest", "RequestLog"]

_MOST_IDS: Final = 1_000_000


@dataclass(slots=True)
class LoggedRequest:
    """One request, filled in while it is served; `ended` is None until then.

    Attributes:
        number: 1 for the first request of the sandbox.
        began, ended: seconds since the epoch.
        status: of the answer; None if no answer was written.
        fault: what the fault script made happen; empty if nothing.
        body_digest: SHA-256 of a prediction's body, in hex; empty for other requests.
        media_ids: the media ids of a prediction's entries, in their order, as they were written.
        committed: whether its labels were written, whatever answer the client got.
        refused: key of the refusal, or the first line of a refusing text.
        rows: how many rows of the real database it wrote and deleted, if it committed.
    """

    number: int
    method: str
    path: str
    began: float
    ended: float | None = None
    status: int | None = None
    fault: str = ""
    body_bytes: int = 0
    body_digest: str = ""
    media_ids: tuple[str, ...] = ()
    committed: bool = False
    refused: str = ""
    rows: int = 0


class RequestLog:
    """The last requests, and how often each body was written. Used from the event loop alone.

    Attributes:
        commits: SHA-256 of a body (hex) to how often its labels were written.
    """

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        # Changed by `arrive` and `note_media`; `_ids` counts the media ids that are kept.
        self._requests: deque[LoggedRequest] = deque()
        self._ids = 0
        self._count = 0
        self.commits: Counter[str] = Counter()

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests that are remembered, the oldest first."""
        return list(self._requests)

    def arrive(self, method: str, path: str) -> LoggedRequest:
        """Log a request that begins; returns its record, to be filled in."""
        self._count += 1
        self._requests.append(logged := LoggedRequest(self._count, method, path, time.time()))
        self._forget()
        return logged

    def note_media(self, logged: LoggedRequest, media_ids: tuple[str, ...]) -> None:
        """Log which media a prediction is about, unless the request is forgotten already."""
        if logged.number > self._count - len(self._requests):
            logged.media_ids = media_ids
            self._ids += len(media_ids)
            self._forget()

    def _forget(self) -> None:
        # About 100 bytes an id: a request of a large import may hold thousands.
        while len(self._requests) > self._remembered or (self._ids > _MOST_IDS and len(self._requests) > 1):
            self._ids -= len(self._requests.popleft().media_ids)

    def note_body(self, logged: LoggedRequest, body: bytes) -> None:
        """Log the size and the digest of a prediction's body."""
        logged.body_bytes = len(body)
        logged.body_digest = sha256(body).hexdigest()

    def note_commit(self, logged: LoggedRequest, rows: int) -> None:
        """Log that the labels of a prediction are written."""
        logged.committed = True
        logged.rows = rows
        self.commits[logged.body_digest] += 1

    def as_json(self) -> list[dict[str, object]]:
        """The remembered requests as JSON objects, the oldest first."""
        return [asdict(logged) for logged in self._requests]
