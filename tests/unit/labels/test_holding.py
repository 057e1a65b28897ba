"""What a media holds follows from its entries as it does on the recorded server, and can be taken apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulk_importer.labels.holding import Answer, Difference, Geometry, Holding, without_geometries
from bulk_importer.labels.label_config import read_label_config
from bulk_importer.labels.meaning import Meaning
from support.places import VECTORS

_RECORDED: dict[str, Any] = json.loads((VECTORS / "semantics.json").read_text("utf-8"))
_MEANING = Meaning(read_label_config(_RECORDED["label_config"]))
# What the server stores as it is: everything else it refuses, loses or distorts, and findings say so.
_HARMLESS = {
    "classification-omitted",
    "classification-unset",
    "exported-entry",
    "geometry-deprecated",
    "geometry-no-area",
    "key-unknown",
    "nested-geometries-empty",
    "option-unlisted",
    "required-omitted",
    "text-too-long",
}


def _entries(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for request in case["requests"] if isinstance(request, list) for entry in request]


def _is_stored_as_it_is(case: dict[str, Any]) -> bool:
    accepted = all(answer["body"] == {"errorMessages": ""} for answer in case["answers"])
    codes = {flaw.code for entry in _entries(case) for flaw in _MEANING.flaws(entry)}
    return accepted and bool(_entries(case)) and codes <= _HARMLESS


_CASES = {name: case for name, case in _RECORDED["cases"].items() if _is_stored_as_it_is(case)}


@pytest.mark.parametrize("name", _CASES)
def test_it_is_what_the_recorded_server_held_after_the_same_entries(name: str) -> None:
    case = _CASES[name]
    for media, values in case["labels"].items():
        sent = [
            json.dumps(each).encode() for each in _entries(case) if each.get("internal_media_ID") == media
        ]
        assert Holding.of(sent) == _recorded(values)


def test_most_of_the_recorded_requests_can_be_compared() -> None:
    assert len(_CASES) >= 30


def _recorded(values: list[dict[str, Any]]) -> Holding:
    holding = Holding()
    for value in values:
        if "g" in value:
            holding.geometries[_geometry(value)] += 1
        elif answer := _answer(value):
            holding.answers[value["k"]] = answer
    return holding


def _geometry(value: dict[str, Any]) -> Geometry:
    points = value["g"] if isinstance(value["g"][0], list) else [value["g"]]
    children = value["c"]
    answers = [(child["k"], _answer(child)) for child in children if "g" not in child]
    nested = [_geometry(child) for child in children if "g" in child]
    return Geometry(
        value["k"],
        tuple(float(each) for point in points for each in point),
        tuple(sorted((key, answer) for key, answer in answers if answer)),
        tuple(sorted(nested, key=lambda each: json.dumps(each.coordinates))),
    )


def _answer(value: dict[str, Any]) -> Answer:
    texts = value["v"] if isinstance(value["v"], list) else [value["v"]] if value["v"] is not None else []
    nested = [(child["k"], _answer(child)) for child in value["c"]]
    return Answer(tuple(sorted(texts)), tuple(sorted(pair for pair in nested if pair[1])))


def _entry(**keys: object) -> bytes:
    return json.dumps({"internal_media_ID": "m", **keys}).encode()


_BOX = {"rectangle": [{"x": 1, "y": 2, "w": 3, "h": 4}]}
_OTHER_BOX = {"rectangle": [{"x": 1.5, "y": 2, "w": 3, "h": 4}]}


def test_what_was_added_is_taken_away_again() -> None:
    before = Holding.of([_entry(labels={"bus": [_BOX, _BOX]}, global_classifications={"weather": ["rain"]})])
    added = [_entry(labels={"bus": [_BOX], "Bus": [_OTHER_BOX]})]
    assert before.after(added).without(Holding.of(added)) == before


def test_what_is_not_there_cannot_be_taken_away() -> None:
    assert (
        Holding.of([_entry(labels={"bus": [_BOX]})]).without(
            Holding.of([_entry(labels={"bus": [_BOX, _BOX]})])
        )
        is None
    )


def test_a_difference_says_the_class_and_how_many_labels_each_side_has_alone() -> None:
    first = Holding.of(
        [
            _entry(
                labels={"bus": [_BOX, _BOX]}, global_classifications={"weather": ["rain", {"wind": ["calm"]}]}
            )
        ]
    )
    second = Holding.of([_entry(labels={"bus": [_BOX, _OTHER_BOX]})])
    assert first.differences(second) == [Difference("bus", 1, 1), Difference("weather", 1, 0)]
    assert first.differences(first) == []


def test_values_are_compared_to_the_last_bit_and_zero_has_no_sign() -> None:
    box = {"rectangle": [{"x": 0.1, "y": -0.0, "w": "3", "h": 4}]}
    same = {"rectangle": [{"x": 0.1000000000000000055, "y": 0, "w": 3.0, "h": 4}]}
    next_to_it = {"rectangle": [{"x": 0.10000000000000002, "y": 0, "w": 3.0, "h": 4}]}
    holding = Holding.of([_entry(labels={"bus": [box]})])
    assert holding == Holding.of([_entry(labels={"bus": [same]})])
    assert holding != Holding.of([_entry(labels={"bus": [next_to_it]})])


def test_an_entry_without_labels_that_keeps_changes_nothing_and_one_that_does_not_empties() -> None:
    holding = Holding.of([_entry(labels={"bus": [_BOX]})])
    assert holding.after([_entry()]) == holding
    assert not holding.after([_entry(keepData=False)])


def test_geometries_are_taken_out_of_entries_as_often_as_is_said_and_nothing_else_changes() -> None:
    entries = [_entry(labels={"bus": [_BOX, _OTHER_BOX, _BOX]}, note=[1.50]), _entry(labels={"bus": [_BOX]})]
    gone = Holding.of([_entry(labels={"BUS": [_BOX, _BOX]})]).geometries
    first, second = map(json.loads, without_geometries(entries, gone))
    assert first == {"internal_media_ID": "m", "labels": {"bus": [_OTHER_BOX]}, "note": [1.5]}
    assert second["labels"] == {"bus": [_BOX]}
