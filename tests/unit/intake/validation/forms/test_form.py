"""What a form takes at once, and that all forms of an entry say the same of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.intake.validation.forms.allowed import OPEN, spec_of
from bulk_importer.intake.validation.forms.form import EntryForm
from bulk_importer.intake.validation.forms.learning import Narrowing
from bulk_importer.intake.validation.forms.spec import Spec
from bulk_importer.intake.validation.judge import Judge
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.labels.label_config import LabelConfig, read_label_config
from support.reading import judged

Json = dict[str, Any]

DAYTIME = {"entryKey": "daytime", "type": "SELECT", "options": {"day": "", "night": ""}}
WEATHER = {
    "entryKey": "weather",
    "type": "SELECT",
    "options": {"sunny": "", "rain": ""},
    "children": [DAYTIME],
}
PLATE = {"entryKey": "plate", "type": "FREETEXT", "maxLength": 8}
TAGS = {"entryKey": "tags", "type": "CHECKLIST", "options": {"urban": "", "rural": ""}}
CONFIG = read_label_config(
    [
        {"entryKey": "bus", "type": "RECTANGLE", "children": [{"entryKey": "door", "type": "LINE"}]},
        {"entryKey": "car", "type": "POLYGON", "children": [PLATE, WEATHER]},
        WEATHER,
        TAGS,
    ]
)
BOX = {"rectangle": [{"x": 1, "y": 2.5, "w": 3, "h": 4}]}
TRIANGLE = {"polygon": [{"x": 1, "y": 2}, {"x": 3, "y": 4}, {"x": 5, "y": 7}]}
LINE = {"line": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}


def of(**given: Any) -> bytes:
    """An entry."""
    return json.dumps({"internal_media_ID": "m", **given}).encode()


def car(**answers: Any) -> bytes:
    """An entry with a car."""
    return of(labels={"car": [{**TRIANGLE, "classifications": answers}]})


DOCUMENTED = {
    "a nested classification": of(global_classifications={"weather": ["sunny", {"daytime": ["day"]}]}),
    "a null above a nested one": of(global_classifications={"weather": [None, {"daytime": ["day"]}]}),
    "a null": of(global_classifications={"weather": [None]}),
    "no value": of(global_classifications={"tags": []}),
    "several values": of(global_classifications={"tags": ["urban", "rural"]}),
    "a text as long as allowed": car(plate=["12345678"]),
    "letters of two bytes": car(plate=["ÄÖÜ äöü"]),
    "a pair of surrogates": car(plate=["🚗🚗🚗🚗"]),
    "a nested one in a geometry": car(weather=["rain", {"daytime": [None]}]),
    "a nested geometry": of(labels={"bus": [{**BOX, "nested_geometries": {"door": [LINE, LINE]}}, BOX]}),
    "empty objects": of(
        labels={"bus": [{**BOX, "classifications": {}}], "car": []}, global_classifications={}
    ),
}
"""What the page about the format shows, and what it allows."""


def learnt(spec: Spec, raws: list[bytes]) -> EntryForm:
    """The form of an input that has nothing but these entries."""
    narrowing = Narrowing(spec)
    for raw in raws * 300:
        narrowing.learn(raw)
    assert narrowing.form is not None
    return narrowing.form


@pytest.mark.parametrize("spec", [OPEN, spec_of(CONFIG)], ids=["schema", "configuration"])
@pytest.mark.parametrize("shown", DOCUMENTED)
def test_what_the_format_shows_fits_a_narrow_form_as_soon_as_it_was_seen(shown: str, spec: Spec) -> None:
    """Alone, and beside all the rest; and is counted as by the wide one, which looks at more."""
    raw, wide = DOCUMENTED[shown], EntryForm(spec)
    expected = wide.count(wide.decode(raw))
    assert expected is not None
    notes = wide.take_notes()
    for form in (learnt(spec, [raw]), learnt(spec, list(DOCUMENTED.values()))):
        assert form.count(form.decode(raw)) == expected
        assert form.take_notes() == notes


@pytest.mark.parametrize(
    "odd",
    [
        car(plate=["🚗🚗🚗🚗x"]),
        car(plate=["a", "b"]),
        of(global_classifications={"tags": ["urban", "urban"]}),
        of(global_classifications={"weather": ["sunny", {"daytime": ["day"]}, "rain"]}),
        of(global_classifications={"weather": ["sunny", None]}),
        of(global_classifications={"weather": [{"daytime": ["day"]}]}),
        of(global_classifications={"weather": ["sunny", {}]}),
        of(labels={"car": [{}]}),
        of(labels={"car": [{**TRIANGLE, "geometry": TRIANGLE["polygon"]}]}),
        of(labels={"car": [{"polygon": [{"x": 1, "y": 1}, {"x": 2, "y": 2}, {"x": 3, "y": 3}]}]}),
    ],
    ids=str,
)
def test_no_form_takes_what_is_worth_a_warning(odd: bytes) -> None:
    """However much of it was seen."""
    spec = spec_of(CONFIG)
    deprecated = of(labels={"car": [{"geometry": TRIANGLE["polygon"]}]})
    for form in (EntryForm(spec), learnt(spec, [*DOCUMENTED.values(), odd, deprecated])):
        try:
            entry = form.decode(odd)
        except ValueError:
            continue
        assert form.count(entry) is None
        assert not form.take_notes()


def test_shapes_may_be_mixed_where_no_configuration_says_otherwise() -> None:
    mixed = of(labels={"thing": [BOX, TRIANGLE, {**LINE, "classifications": {}}]})
    form = learnt(OPEN, [mixed])
    assert form.count(form.decode(mixed)) == EntryForm(OPEN).count(EntryForm(OPEN).decode(mixed))
    two = of(labels={"thing": [BOX | LINE]})
    assert form.count(form.decode(two)) is None


@pytest.mark.parametrize(
    ("code", "odd"),
    [
        ("geometry-several", of(labels={"thing": [BOX | LINE]})),
        ("geometry-missing", of(labels={"thing": [{}]})),
        ("option-twice", of(global_classifications={"tags": ["a", "a"]})),
        ("classification-several", of(global_classifications={"tags": ["a", {"b": ["c"], "d": ["e"]}]})),
    ],
)
def test_what_is_allowed_is_counted_however_often_it_comes(code: str, odd: bytes) -> None:
    """It is no warning any more, and still nothing that a form may take."""
    judge = Judge(Rules(allow=frozenset({code})))
    for _ in range(3):
        found = judged(judge, *[odd] * 40)
        assert len(found.run) == 40
        assert found.counts == {code: 40}


def many(count: int) -> LabelConfig:
    """A configuration of so many classes."""
    return read_label_config([{"entryKey": f"class {n}", "type": "RECTANGLE"} for n in range(count)])


@pytest.mark.parametrize("count", [15, 16, 40])
@pytest.mark.parametrize("seen", [1, 20])
def test_the_digest_of_an_entry_does_not_depend_on_how_many_classes_there_are(count: int, seen: int) -> None:
    """Nor on how many have been seen, nor on how the entry is looked at."""
    entries = [of(labels={f"class {n % min(seen, count)}": [BOX]}) for n in range(300)]
    odd = [raw[:-1] + b',"own":{}}' for raw in entries]
    judge = Judge(Rules(label_config=many(count)))
    expected = judged(Judge(Rules()), *odd).digests
    for _ in range(2):
        assert judged(judge, *entries).digests == expected
    assert judged(judge, *odd).digests == expected


def test_a_flat_configuration_expects_nothing_and_lets_classifications_nest() -> None:
    """However an entry is looked at, and also once nested ones were seen."""
    names = [{"class_name": "bus", "geometry_type": "rectangle"}]
    names += [{"class_name": each, "classification_type": "select"} for each in ("weather", "daytime")]
    judge = Judge(Rules(label_config=read_label_config({"label_classes": names})))
    entries = [of(), DOCUMENTED["a nested classification"], of(labels={"bus": [BOX]})] * 100
    for _ in range(2):
        found = judged(judge, *entries)
        assert (len(found.run), found.counts) == (300, {})


@pytest.mark.parametrize("levels", [3, 8, 9, 50])
def test_classifications_may_nest_as_deep_as_they_like(levels: int) -> None:
    """A form knows the first few levels; what is deeper gets the exact look, however often it comes."""
    values: list[Any] = ["a"]
    for _ in range(levels - 1):
        values = ["a", {"k": values}]
    point = {"point": [{"x": 1, "y": 2}], "classifications": {"k": values}}
    raw = of(
        labels={"p": [{**point, "nested_geometries": {"q": [point]}}]}, global_classifications={"k": values}
    )
    found = judged(Judge(Rules()), *[raw] * 40)
    assert list(found.run.weights) == [3 + 3 * levels] * 40


def test_names_are_no_part_of_what_is_compiled() -> None:
    """A class may be called whatever looks like a program."""
    name = "x'] or None; raise SystemExit #"
    raw = of(labels={name: [{**BOX, "classifications": {name: ["a", {name: ["b"]}]}}]})
    form = learnt(OPEN, [raw])
    assert form.count(form.decode(raw)) == (11, 4)
    assert form.take_geometries() == {name: 1}


@pytest.mark.parametrize("name", ['a "b"', "a\\b", "two\nlines", "straße"])
def test_a_class_may_have_any_name(name: str) -> None:
    """Also one that no type can have as a key, or that is another one to a database; and so may a classification."""
    asked = {"entryKey": name, "type": "SELECT", "options": {"a": ""}}
    config = read_label_config(
        [{"entryKey": name, "type": "RECTANGLE"}, {**asked, "entryKey": f"is {name}"}, TAGS]
    )
    raw = of(labels={name: [BOX]}, global_classifications={f"is {name}": ["a"], "tags": ["urban"]})
    for rules in (Rules(), Rules(label_config=config)):
        odd = raw[:-1] + b',"own":{}}'
        found = judged(Judge(rules), *[raw, of(global_classifications={"tags": ["rural"]})] * 30, odd)
        assert list(found.run.weights) == [*[4, 2] * 30, 4]
