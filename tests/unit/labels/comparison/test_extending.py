"""A configuration gets what it lacks, and nothing that is there becomes anything else."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulk_importer.labels.comparison.extending import extension, unlike

Entry = dict[str, Any]


def there(key: str, kind: str = "POLYGON", *below: Entry, **more: Any) -> Entry:
    """A class that is there, with its id."""
    return {"id": f"id-{key}", **new(key, kind, *below, **more)}


def new(key: str, kind: str = "POLYGON", *below: Entry, **more: Any) -> Entry:
    return {"entryKey": key, "entryValue": key, "type": kind, "children": list(below), **more}


def test_classes_are_added_behind_those_that_are_there_and_options_behind_theirs() -> None:
    held = [there("car", "POLYGON", there("colour", "SELECT", options={"red": "Red"}))]
    colour = new("colour", "SELECT", options={"red": "Other title", "blue": "Blue"})
    grown = extension(held, [new("car", "POLYGON", colour, new("wheel", "RECTANGLE")), new("bus")])
    assert grown.added == ("car/colour=blue", "car/wheel", "bus")
    assert not grown.left
    car, bus = grown.entries
    assert (car["id"], "id" in bus) == ("id-car", False)
    assert car["children"][0]["options"] == {"red": "Red", "blue": "Blue"}
    assert held == [there("car", "POLYGON", there("colour", "SELECT", options={"red": "Red"}))]


def test_what_cannot_be_added_is_said_with_why() -> None:
    """Another type, or a key that stands in the tree already (protocol 3.8)."""
    held = [there("car", "LINE"), there("bus", "POLYGON", there("axle", "LINE", there("wheel", "POINT")))]
    grown = extension(held, [new("car"), new("bus", "POLYGON", new("wheel", "POINT"))])
    assert not grown.added
    assert [each.partition(":")[0] for each in grown.left] == ["car", "bus/wheel"]


def test_two_wanted_classes_of_one_key_become_one() -> None:
    """As a class map may have it."""
    grown = extension(
        [], [new("car", "POLYGON", new("a", "FREETEXT")), new("car", "POLYGON", new("b", "FREETEXT"))]
    )
    assert grown.added == ("car", "car/a", "car/b")
    assert [each["entryKey"] for each in grown.entries] == ["car"]


def test_what_became_of_it_is_proven() -> None:
    held = [there("car", "POLYGON", there("plate", "FREETEXT", maxLength=8))]
    grown = extension(held, [new("bus")]).entries
    now = [*copy.deepcopy(held), {**new("bus"), "id": "id-new", "timestamp": 7}]
    assert unlike(grown, now) == []
    assert unlike(grown, now[1:]) == ["car is not there"]
    assert unlike(grown, [*now, new("more")]) == ["more is there besides"]
    now[0]["children"][0]["maxLength"] = 4
    assert unlike(grown, now) == ["maxLength of car/plate is 4 in place of 8"]


KEYS = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def configs(draw: st.DrawFn, make: Any = there, depth: int = 3) -> list[Entry]:
    """Classes of different keys at each place."""
    keys = draw(st.lists(KEYS, unique=True, max_size=3))
    options = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.just("title"))
    return [
        make(
            f"{key}{depth}",
            draw(st.sampled_from(["SELECT", "CHECKLIST"])),
            *(draw(configs(make, depth - 1)) if depth > 1 else []),
            options=draw(options),
        )
        for key in keys
    ]


def paths(entries: list[Entry], above: str = "") -> dict[str, tuple[Any, ...]]:
    """Every class by its path: id, type and options."""
    found: dict[str, tuple[Any, ...]] = {}
    for each in entries:
        path = f"{above}{each['entryKey']}"
        found[path] = (each.get("id"), each["type"], set(each["options"]))
        found |= paths(each["children"], f"{path}/")
    return found


@given(configs(), configs(make=new))
def test_nothing_is_taken_away_or_changed_and_nothing_is_added_twice(
    held: list[Entry], wanted: list[Entry]
) -> None:
    grown = extension(held, wanted)
    before, after, asked = paths(held), paths(grown.entries), paths(wanted)
    for path, (class_id, kind, options) in before.items():
        assert after[path][:2] == (class_id, kind)
        assert options <= after[path][2] <= options | asked.get(path, (0, 0, set()))[2]
    assert after.keys() <= before.keys() | asked.keys()
    assert extension(grown.entries, wanted).added == ()
    assert grown.left or all(path in after and asked[path][2] <= after[path][2] for path in asked)
