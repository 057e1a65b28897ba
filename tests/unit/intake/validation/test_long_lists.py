"""Of very much that is wrong in one entry a part is told, at its right places, and something always is."""

from __future__ import annotations

from typing import Any

import pytest

from bulk_importer.intake.validation.long_lists import thinned
from bulk_importer.intake.validation.schema import ImportSchema

SCHEMA = ImportSchema()


def entry(shape: object = None, *, car: list[Any] | None = None) -> dict[str, Any]:
    """An entry with a polygon, or with these geometries."""
    return {"internal_media_ID": "a", "keepData": True, "labels": {"car": car or [{"polygon": shape}]}}


def points(count: int, **odd: Any) -> list[Any]:
    """So many points that are right, but for those at some places."""
    return [odd.get(f"at_{place}", {"x": place, "y": 0.5}) for place in range(count)]


def places(value: object) -> list[str]:
    """The places of the flaws of an entry."""
    return [flaw.pointer for flaw in SCHEMA.flaws(value)]


def test_what_is_wrong_far_behind_is_found_at_its_place() -> None:
    """Also in lists within lists."""
    bad = points(5000, at_4000={"x": -1, "y": 2}, at_4001={"x": 1})
    assert places(entry(bad)) == ["/labels/car/0/polygon/4000/x", "/labels/car/0/polygon/4001"]
    many = [{"polygon": points(3)} for _ in range(1500)]
    many[1234] = {"polygon": points(2000, at_1999={"x": 1, "y": "-"})}
    assert places(entry(car=many)) == ["/labels/car/1234/polygon/1999/y"]


def test_an_entry_with_very_much_that_is_wrong_costs_what_is_told_of_it() -> None:
    """A hundred thousand errors took gigabytes, and the run with them."""
    found = places(entry([{"x": -1, "y": 2}] * 100_000))
    assert len(found) == 200
    assert found[:4] == [f"/labels/car/0/polygon/{place}/x" for place in range(4)]


@pytest.mark.parametrize(
    "value",
    [
        entry([*points(1500), "a text", *points(1500)]),
        entry([*points(1500), {"polygon": points(3)}, *points(1500)]),
        entry(car=[*[{"polygon": points(3)}] * 1500, {"x": 1, "y": 2}]),
        {**entry(points(3)), "global_classifications": {"c": ["a"] * 2000 + [{"d": ["e"]}]}},
    ],
    ids=["a text among points", "a geometry", "a point among geometries", "an object among texts"],
)
def test_what_is_right_by_itself_and_not_where_it_stands_is_told(value: object) -> None:
    """An entry is never refused without a word."""
    assert not SCHEMA.accepts(value)
    assert places(value)


def test_what_is_short_stays_as_it_is() -> None:
    """Nearly all entries are."""
    value = entry(points(1000))
    thin = thinned(value, lambda _: False)
    assert (thin.value, thin.places) == (value, {})
    assert thin.path(["labels", "car", 0, "polygon", 999]) == ["labels", "car", 0, "polygon", 999]
