"""Events tell what happened, so that who sees them can say where."""

from __future__ import annotations

import msgspec

from bulk_importer.events import EntriesRejected
from bulk_importer.model import Rejection, Severity


def rejection(position: int, *codes: str) -> Rejection:
    """An entry with findings of these codes."""
    facts = {"position": position, "offset": 0, "media_id": None}
    texts = {"pointer": "", "expected": "", "found": "", "advice": ""}
    findings = [{"code": code, "severity": Severity.ERROR, **facts, **texts} for code in codes]
    return msgspec.convert({**facts, "raw": b"", "findings": findings}, Rejection)


def test_rejections_are_told_by_what_was_found_in_them() -> None:
    """So it is known where in the source there is what; and each is told once."""
    some = [
        rejection(3, "a"),
        rejection(4, "b", "b", "a"),
        rejection(5, "a"),
        rejection(6, "a"),
        rejection(9, "a", "b"),
    ]
    told = list(EntriesRejected.of(some, batch=7))
    assert [(each.spans, dict(each.codes), each.batch) for each in told] == [
        (((3, 4), (5, 7)), {"a": 3}, 7),
        (((4, 5), (9, 10)), {"a": 2, "b": 3}, 7),
    ]
    assert list(EntriesRejected.of([], batch=None)) == []
