"""What is stored as it is and probably not meant: no area, no length, an option twice; and ids that are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from bulk_importer.model import Segment
from support.entries import entry
from support.profiles import examples
from support.reading import judged

TAGS = {"entryKey": "tags", "type": "CHECKLIST", "options": {"urban": "", "rural": "", "wet": ""}}
CONFIG: LabelConfig = read_label_config(
    [
        {"entryKey": "car", "type": "POLYGON", "children": [TAGS, {"entryKey": "wheel", "type": "LINE"}]},
        {"entryKey": "street", "type": "LINE"},
        TAGS,
    ]
)


def warned(found: Segment) -> list[tuple[int, str, str]]:
    """Position, code and pointer of each warning."""
    return [(each.position, each.code, each.pointer) for each in found.warnings]


def points(*pairs: tuple[Any, Any]) -> list[dict[str, Any]]:
    """As an entry has them."""
    return [{"x": x, "y": y} for x, y in pairs]


def car(*pairs: tuple[Any, Any], key: str = "polygon") -> dict[str, Any]:
    """An entry with one polygon."""
    return entry("m", labels={"car": [{key: points(*pairs)}]})


GOOD = car((0, 0), (4, 0), (4, 3))
FLAT = [
    car((5, 5), (5, 5), (5, 5)),
    car((1, 7), (2, 7), (9, 7), (4, 7)),
    car((3, 1), (3, 9), (3, 4)),
    car((0.1, 0.1), (0.2, 0.2), (0.3, 0.3)),
    car((1, 2), (30, 40), (1, 2), (30, 40)),
    car(("1", "2"), ("1", "2"), ("1", "2")),
    car((1, 2), ("01", 2), ("1", 2.0)),
]
SOLID = [
    car((0, 0), (4, 4), (4, 0), (0, 4)),
    car((5, 5), (5, 5), (5, 6), (6, 6)),
    car((0, 0), (1, 1), (2, 2), (2, 3)),
    car(("0", "0"), ("4", "0"), ("4", "3")),
    car((1e300, 0), (0, 1e300), (0, 0)),
]


@pytest.fixture(params=["schema", "configuration"])
def judge(request: pytest.FixtureRequest) -> Judge:
    """One that keeps warnings and knows the ordinary entry by now."""
    config = CONFIG if request.param == "configuration" else None
    made = Judge(Rules(label_config=config, keep_warnings=True))
    assert not judged(made, *[GOOD] * 600).warnings
    return made


def test_a_polygon_without_area_is_worth_a_warning(judge: Judge) -> None:
    """Whether its points are equal or on one line, between others, and however they are written."""
    found = judged(judge, GOOD, *(each for flat in FLAT for each in (flat, GOOD)))
    assert warned(found) == [
        (2 * place + 1, "geometry-no-area", "/labels/car/0/polygon") for place in range(len(FLAT))
    ]
    assert len(found.run) == 2 * len(FLAT) + 1
    assert found.counts["geometry-no-area"] == len(FLAT)


def test_a_polygon_that_only_begins_flat_is_not(judge: Judge) -> None:
    """One that crosses itself has an area too."""
    assert warned(judged(judge, *SOLID)) == []


def test_a_line_without_length_is_worth_a_warning(judge: Judge) -> None:
    """At the root and nested; one that comes back to where it began is one."""
    lines = [points((1, 1), (1, 1)), points(("1", 1), (1, "01"), (1, 1)), points((1, 1), (1, 2), (1, 1))]
    found = judged(judge, *(entry("m", labels={"street": [{"line": line}]}) for line in lines))
    assert warned(found) == [(place, "geometry-no-area", "/labels/street/0/line") for place in (0, 1)]
    nested = car((0, 0), (4, 0), (4, 3))
    nested["labels"]["car"][0]["nested_geometries"] = {"wheel": [{"line": lines[0]}]}
    [(_, code, pointer)] = warned(judged(judge, nested))
    assert (code, pointer) == ("geometry-no-area", "/labels/car/0/nested_geometries/wheel/0/line")


def test_the_deprecated_key_is_looked_at_as_its_class_is() -> None:
    """Where the class is known."""
    judge = Judge(Rules(label_config=CONFIG, keep_warnings=True))
    flat = car((1, 1), (2, 2), (3, 3), key="geometry")
    assert warned(judged(judge, flat)) == [(0, "geometry-no-area", "/labels/car/0/geometry")]
    assert warned(judged(judge, entry("m", labels={"street": flat["labels"]["car"]}))) == []


def test_an_option_twice_is_worth_a_warning(judge: Judge) -> None:
    """Of an entry and of a geometry, each time that it comes again; the order does not matter."""
    once = entry("m", labels={}, global_classifications={"tags": ["urban", "rural"]})
    assert warned(judged(judge, *[once] * 300)) == []
    twice = {"tags": ["urban", "rural", "urban", "urban"]}
    inside = car((0, 0), (4, 0), (4, 3))
    inside["labels"]["car"][0]["classifications"] = {"tags": ["wet", "wet"]}
    found = judged(judge, once, entry("m", labels={}, global_classifications=twice), once, inside)
    assert warned(found) == [
        (1, "option-twice", "/global_classifications/tags/2"),
        (1, "option-twice", "/global_classifications/tags/3"),
        (3, "option-twice", "/labels/car/0/classifications/tags/1"),
    ]


@pytest.mark.parametrize("media_id", ["", " ", "   "])
def test_an_id_that_names_nothing_is_an_error(judge: Judge, media_id: str) -> None:
    """The server refuses the whole request; one that only begins with a blank may exist."""
    found = judged(judge, GOOD, {**GOOD, "internal_media_ID": media_id}, {**GOOD, "internal_media_ID": " a"})
    [rejection] = found.rejections
    assert [(each.code, each.pointer) for each in rejection.findings] == [
        ("media-id-empty", "/internal_media_ID")
    ]
    assert found.run.media_ids == ["m", " a"]


coordinates = st.sampled_from([0, 1, 1.0, 2, 3, "1", "2", "02", 0.5, 1e300])
shapes = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=5)
answers = st.lists(st.sampled_from(["urban", "rural", "wet"]), min_size=1, max_size=4)


@given(st.lists(st.tuples(shapes, answers), min_size=1, max_size=6))
@settings(max_examples=examples(50))
def test_the_fast_ways_and_the_exact_look_say_the_same(drawn: list[tuple[Any, Any]]) -> None:
    """An entry means the same beside ordinary ones as it does with a key that has every entry looked at exactly."""
    entries = []
    for shape, tags in drawn:
        each = car(*shape)
        each["labels"]["street"] = [{"line": points(*shape[:2])}]
        entries.append({**each, "global_classifications": {"tags": tags}})
    ordinary = [
        {**entries[0], "labels": GOOD["labels"], "global_classifications": {"tags": ["wet", "urban"]}}
    ]
    for config in (None, CONFIG):
        fast, exact = (Judge(Rules(label_config=config, keep_warnings=True)) for _ in range(2))
        judged(fast, *ordinary * 300)
        quick = warned(judged(fast, *entries))
        slow = warned(judged(exact, *({**each, "own": {"key": 1}} for each in entries)))
        assert quick == [each for each in slow if each[1] != "key-unknown"]
