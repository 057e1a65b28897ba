"""What is news about the entries of an input: what had never come, and what had always come till now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.intake.validation.forms.seen import Seen, learn

POINT = {"point": [{"x": 1, "y": 2}]}


def labels(**classes: list[dict[str, Any]]) -> bytes:
    """An entry with these classes."""
    return json.dumps({"internal_media_ID": "a", "labels": classes}).encode()


def answers(values: list[object], **others: list[object]) -> bytes:
    """An entry with classifications."""
    return json.dumps(
        {"internal_media_ID": "a", "global_classifications": {"weather": values, **others}}
    ).encode()


SHOWN = (
    labels(car=[POINT, {**POINT, "classifications": {"kind": ["suv"]}}]),
    answers(["sunny", {"daytime": ["day"]}], tags=["urban", "rural"]),
)


@pytest.mark.parametrize("entry", SHOWN)
def test_an_entry_like_those_before_is_no_news(entry: bytes) -> None:
    seen = Seen()
    assert [learn(seen, entry) for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize(
    "entry",
    [
        labels(car=[POINT], bus=[POINT]),
        labels(),
        labels(car=[{"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}]),
        labels(car=[{**POINT, "classifications": {"kind": [None]}}]),
        labels(car=[{**POINT, "classifications": {}}]),
        labels(car=[{**POINT, "nested_geometries": {"door": [POINT]}}]),
        answers(["sunny"]),
        answers(["sunny", {"daytime": [None]}], tags=["urban", "rural"]),
        answers(["sunny", {"season": ["winter"]}], tags=["urban", "rural"]),
    ],
)
def test_what_comes_first_and_what_is_missing_first_are_news_once(entry: bytes) -> None:
    seen = Seen()
    for shown in SHOWN:
        learn(seen, shown)
    assert [learn(seen, entry) for _ in range(2)] == [True, False]
