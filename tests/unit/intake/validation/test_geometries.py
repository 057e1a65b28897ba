"""Geometries are counted by class in the same way, whichever way an entry was looked at."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from bulk_importer.intake.validation.geometries import add_decoded, add_geometries

POINT = {"point": [{"x": 1, "y": 2}]}


class Labels(msgspec.Struct, rename={"at0": "car", "at1": "a b"}):
    """Labels as a form has them of which the classes are known."""

    at0: list[Any] | msgspec.UnsetType = msgspec.UNSET
    at1: list[Any] | msgspec.UnsetType = msgspec.UNSET


@pytest.mark.parametrize("kind", [dict[str, list[Any]], Labels])
@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"car": [], "a b": [POINT]},
        {"car": [POINT, POINT]},
        {"car": [{**POINT, "nested_geometries": {"wheel": [POINT, POINT], "door": []}}, POINT]},
    ],
)
def test_what_was_decoded_counts_as_what_was_written(labels: dict[str, Any], kind: type[Any]) -> None:
    entry = json.dumps({"internal_media_ID": "a", "labels": labels}).encode()
    exact, quick = Counter[str](), Counter[str]()
    add_geometries([entry], exact)
    add_decoded(entry, msgspec.convert(labels, kind), quick)
    assert quick == exact


def test_a_key_that_is_written_with_escapes_is_counted_too() -> None:
    entry = (
        b'{"labels": {"car": [{"point": [{"x": 1, "y": 2}], "nested_\\u0067eometries": {"wheel": [{}]}}]}}'
    )
    counted = Counter[str]()
    add_decoded(entry, {"car": [POINT]}, counted)
    assert counted == {"car": 1, "car/wheel": 1}


def test_an_entry_without_labels_adds_nothing() -> None:
    counted = Counter[str]()
    add_decoded(b'{"internal_media_ID": "a"}', msgspec.UNSET, counted)
    assert not counted
