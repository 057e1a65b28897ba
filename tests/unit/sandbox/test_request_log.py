"""The request log remembers the last requests, in bounded memory, and counts all commits."""

from __future__ import annotations

from bulk_importer.sandbox import request_log
from bulk_importer.sandbox.request_log import RequestLog


def test_the_last_requests_are_remembered_and_all_commits_counted() -> None:
    kept = RequestLog(remembered=3)
    for number in range(5):
        logged = kept.arrive("POST", f"/{number}")
        kept.note_body(logged, b"same body")
        kept.note_commit(logged, rows=7)
    assert [(logged.number, logged.path, logged.rows) for logged in kept.requests] == [
        (3, "/2", 7),
        (4, "/3", 7),
        (5, "/4", 7),
    ]
    assert list(kept.commits.values()) == [5]


def test_media_ids_are_forgotten_before_they_fill_the_memory() -> None:
    many = tuple(map(str, range(request_log._MOST_IDS // 2)))
    kept = RequestLog(remembered=100)
    for _ in range(4):
        kept.note_media(kept.arrive("POST", "/"), many)
    assert len(kept.requests) == 2
    late = kept.requests[0]
    kept.note_media(kept.arrive("POST", "/"), many)
    kept.note_media(late, many)
    assert sum(len(logged.media_ids) for logged in kept.requests) <= request_log._MOST_IDS
