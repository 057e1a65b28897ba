"""What media say about a request whose answer was lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.readback.evidence import Evidence, ExpectedLabels, HeldValue, evidence_of

SENT = 1000.0


def expected_of(*entries: dict[str, Any]) -> ExpectedLabels:
    """What entries would leave, in the order of the request."""
    return ExpectedLabels.of(json.dumps(entry).encode() for entry in entries)


def point(x: float, at: float = SENT + 1, key: str = "poi") -> HeldValue:
    """A point that a media holds, created at a time in seconds."""
    return HeldValue(timestamp=int(at * 1000), entry_key_lc_entry=key, point={"x": x, "y": 1.0})


def text(value: str | None, at: float = SENT + 1) -> HeldValue:
    """A note that a media holds."""
    return HeldValue(timestamp=int(at * 1000), entry_key_lc_entry="note", text=value)


def points(*xs: float | str) -> dict[str, Any]:
    """An entry with these points."""
    return {"labels": {"POI": [{"point": [{"x": x, "y": 1}]} for x in xs]}}


def noted(value: str, **more: Any) -> dict[str, Any]:
    """An entry with this note."""
    return {"global_classifications": {"note": [value]}, **more}


SAYS: dict[str, tuple[list[dict[str, Any]], list[HeldValue], Evidence]] = {
    "what was sent is there": ([points(1, 2)], [point(1), point(2)], Evidence.LANDED),
    "digits in a text are a number": ([points("7")], [point(7.0)], Evidence.LANDED),
    "somebody added more": ([points(1)], [point(1), point(9)], Evidence.LANDED),
    "nothing is there": ([points(1)], [], Evidence.ABSENT),
    "only other labels are there": ([points(1)], [point(9)], Evidence.ABSENT),
    "the same was there before": ([points(1)], [point(1, at=SENT - 1)], Evidence.ABSENT),
    "sent twice, there once": ([points(1, 1)], [point(1)], Evidence.MIXED),
    "sent twice, there twice": ([points(1), points(1)], [point(1), point(1)], Evidence.LANDED),
    "half of it is there": ([points(1, 2)], [point(1)], Evidence.MIXED),
    "a later entry replaces an earlier one": (
        [points(1), {**points(2), "keepData": False}],
        [point(2)],
        Evidence.LANDED,
    ),
    "another class": ([points(1)], [point(1, key="tree")], Evidence.ABSENT),
    "nothing that could be seen": ([{}], [point(1)], Evidence.SILENT),
    "a value that was not written": ([noted("a")], [text("b")], Evidence.ABSENT),
    "a value in a new row": ([noted("a")], [text("a")], Evidence.LANDED),
    "a value in an old row may have been there": ([noted("a")], [text("a", at=SENT - 9)], Evidence.SILENT),
    "replacing would have made the row anew": (
        [noted("a", keepData=False)],
        [text("a", at=SENT - 9)],
        Evidence.ABSENT,
    ),
    "the last entry that sets a value counts": ([noted("a"), noted("b")], [text("b")], Evidence.LANDED),
}


@pytest.mark.parametrize("case", SAYS)
def test_a_media_tells_whether_the_request_was_executed(case: str) -> None:
    """By value, by number, and by the time of creation."""
    entries, held, says = SAYS[case]
    assert evidence_of(expected_of(*entries), held, SENT) is says


def test_every_form_of_geometry_is_known_again() -> None:
    """As the server tells it: a rectangle by corner and size, lines and polygons by their points."""
    expected = expected_of(
        {
            "labels": {
                "bus": [{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}],
                "car": [{"polygon": [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 6}]}],
            }
        }
    )
    now = int(SENT * 1000)
    corner: dict[str, object] = {"id": "a", "x": 1.0, "y": 2.0}
    bus = HeldValue(timestamp=now, entry_key_lc_entry="bus", point=corner, width=3.0, height=4.0)
    outline: tuple[dict[str, object], ...] = (
        {"x": 1.0, "y": 2.0},
        {"x": 3.0, "y": 4.0},
        {"x": 5.0, "y": 6.0},
    )
    car = HeldValue(timestamp=now, entry_key_lc_entry="car", points=outline)
    assert evidence_of(expected, [bus, car], SENT) is Evidence.LANDED
    assert evidence_of(expected, [bus], SENT) is Evidence.MIXED
