"""Remembers which requests came and what became of them, for tests and for the page of a person.

No token and no body is kept: paths come without their query, bodies as a digest.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final

__all__ = ["RequestLog", "Seen"]

_MOST_IDS: Final = 1_000_000


@dataclass(slots=True)
class Seen:
    """One request. Filled in while it goes on; `ended` is None until it is over.

    Attributes:
        number: 1 for the first request that the sandbox saw.
        began, ended: seconds since the epoch.
        status: what was answered; None where no answer was written.
        fault: what the fault script made happen.
        body_digest: SHA-256 of a prediction's body, in hex; empty for other requests.
        media_ids: the media ids of a prediction's entries, in their order, as they were written.
        committed: whether its labels were written, whatever the client was told.
        refused: key of the refusal, or the first line of a refusing text.
        rows: rows that it wrote and deleted, where it committed.
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
    """The last requests, and counts of all. Used from the event loop alone."""

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        # Changed by `arrive` and `note_media`; `_ids` counts the media ids that are kept.
        self._seen: deque[Seen] = deque()
        self._ids = 0
        self._count = 0
        self.commits: Counter[str] = Counter()

    @property
    def seen(self) -> list[Seen]:
        """The last requests, the oldest first."""
        return list(self._seen)

    def arrive(self, method: str, path: str) -> Seen:
        """Note a request that begins."""
        self._count += 1
        self._seen.append(seen := Seen(self._count, method, path, time.time()))
        self._forget()
        return seen

    def note_media(self, seen: Seen, media_ids: tuple[str, ...]) -> None:
        """Note which media a prediction is about."""
        if seen.number > self._count - len(self._seen):  # else it is forgotten already
            seen.media_ids = media_ids
            self._ids += len(media_ids)
            self._forget()

    def _forget(self) -> None:
        # About 100 bytes an id: a request of a large import may hold thousands.
        while len(self._seen) > self._remembered or (self._ids > _MOST_IDS and len(self._seen) > 1):
            self._ids -= len(self._seen.popleft().media_ids)

    def note_body(self, seen: Seen, body: bytes) -> None:
        """Note what a prediction brought."""
        seen.body_bytes = len(body)
        seen.body_digest = sha256(body).hexdigest()

    def note_commit(self, seen: Seen, rows: int) -> None:
        """Note that the labels of a prediction are written."""
        seen.committed = True
        seen.rows = rows
        self.commits[seen.body_digest] += 1

    def as_json(self) -> list[dict[str, object]]:
        """What is remembered, for other processes."""
        return [asdict(seen) for seen in self._seen]
