"""What a person sees of labels, in one form for entries and for what a server holds.

A picture is `{"labels": {CLASS: [OBJECT, ...]}, "said": {QUESTION: ANSWER}}`. An object is `[NUMBERS]`, with what is said
of it and what is in it behind, where there is something; an answer is an array of texts, with what hangs on it behind.
Numbers have six decimals at most, objects are sorted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["seen_in_entries", "seen_on_server"]

_FORMS = ("rectangle", "polygon", "line", "point")


def seen_in_entries(entries: Iterable[dict[str, Any]], kinds: dict[str, str] | None = None) -> dict[str, Any]:
    """What entries bring, by the name of the picture.

    Args:
        kinds: types of classes; a box in a class of polygons has four corners, what fits none is not there.
    """
    pictures: dict[str, Any] = {}
    for entry in entries:
        name = entry["external_media_ID"]
        seen = pictures.setdefault(name, {"labels": {}, "said": {}})
        for label, geometries in entry.get("labels", {}).items():
            objects = [each for geometry in geometries for each in _of_geometry(geometry, label, kinds)]
            seen["labels"].setdefault(label, []).extend(objects)
        for question, array in entry.get("global_classifications", {}).items():
            _merge(seen["said"], question, _of_array(array))
    return {name: _tidy(each) for name, each in pictures.items()}


def seen_on_server(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What a media holds, as the sandbox tells it."""
    labels: dict[str, Any] = {}
    said: dict[str, Any] = {}
    for value in values:
        if "g" in value:
            labels.setdefault(value["k"], []).append(_of_value(value))
        elif (answer := _of_answer(value)) != [[]]:
            said[value["k"]] = answer
    return _tidy({"labels": labels, "said": said})


def _of_geometry(geometry: dict[str, Any], label: str, kinds: dict[str, str] | None) -> list[Any]:
    form = next(each for each in _FORMS if each in geometry)
    numbers = [number for point in geometry[form] for number in point.values()]
    if kinds is not None and kinds[label] != form:
        if (kinds[label], form) != ("polygon", "rectangle"):
            return []
        x, y, w, h = numbers
        numbers = [x, y, x + w, y, x + w, y + h, x, y + h]
    answers = {key: _of_array(array) for key, array in geometry.get("classifications", {}).items()}
    nested = {
        key: [each for inner in inside for each in _of_geometry(inner, key, kinds)]
        for key, inside in geometry.get("nested_geometries", {}).items()
    }
    return [_object(numbers, answers, nested)]


def _of_value(value: dict[str, Any]) -> list[Any]:
    numbers = [number for each in value["g"] for number in (each if isinstance(each, list) else [each])]
    answers, nested = {}, {}
    for child in value["c"]:
        if "g" in child:
            nested.setdefault(child["k"], []).append(_of_value(child))
        elif (answer := _of_answer(child)) != [[]]:
            answers[child["k"]] = answer
    return _object(numbers, answers, nested)


def _object(numbers: list[Any], answers: dict[str, Any], nested: dict[str, Any]) -> list[Any]:
    found: list[Any] = [[round(number, 6) for number in numbers]]
    return found + [each for each in (answers, {key: sorted(inside) for key, inside in nested.items()}) if each]


def _of_array(array: list[Any]) -> list[Any]:
    values = sorted(each for each in array if isinstance(each, str))
    below = {
        key: _of_array(inner) for each in array if isinstance(each, dict) for key, inner in each.items()
    }
    return [values, below] if below else [values]


def _of_answer(value: dict[str, Any]) -> list[Any]:
    texts = value["v"] if isinstance(value["v"], list) else [value["v"]]
    below = {child["k"]: answer for child in value["c"] if (answer := _of_answer(child)) != [[]]}
    values = sorted(text for text in texts if text is not None)
    return [values, below] if below else [values]


def _merge(said: dict[str, Any], question: str, answer: list[Any]) -> None:
    """Of a picture with several entries, what each of them says."""
    before = said.get(question, [[]])
    below = {**(before[1] if len(before) > 1 else {}), **(answer[1] if len(answer) > 1 else {})}
    values = sorted({*before[0], *answer[0]})
    said[question] = [values, below] if below else [values]


def _tidy(picture: dict[str, Any]) -> dict[str, Any]:
    labels = {label: sorted(objects, key=repr) for label, objects in sorted(picture["labels"].items()) if objects}
    return {key: each for key, each in (("labels", labels), ("said", picture["said"])) if each}
