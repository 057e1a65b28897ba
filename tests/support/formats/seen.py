"""What a person sees of labels, in one form for entries, for what stands beside golden files, and for a server.

A picture is `{"labels": {CLASS: [OBJECT, ...]}, "said": {QUESTION: ANSWER}}`. An object has its numbers under `box`,
`polygon`, `line` or `point`, and may have `said` and `within`, a picture's `labels` of what is in it. An answer is an
array of texts, sorted, with an object of what hangs on it behind. Numbers have six decimals at most.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["as_kept", "key_of", "kinds_of", "label_config_of", "seen_in_entries", "seen_on_server"]

_FORMS = {"rectangle": "box", "polygon": "polygon", "line": "line", "point": "point"}
_TYPES = {"box": "RECTANGLE", "polygon": "POLYGON", "line": "LINE", "point": "POINT"}


def seen_in_entries(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What entries bring, by the name of the picture."""
    pictures: dict[str, Any] = {}
    for entry in entries:
        seen = pictures.setdefault(entry["external_media_ID"], {"labels": {}, "said": {}})
        for label, geometries in entry.get("labels", {}).items():
            seen["labels"].setdefault(label, []).extend(map(_of_geometry, geometries))
        for question, array in entry.get("global_classifications", {}).items():
            _merge(seen["said"], question, _of_array(array))
    return {name: _tidy(each) for name, each in pictures.items()}


def seen_on_server(values: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a media holds, or an object, as the sandbox tells it."""
    labels: dict[str, list[Any]] = {}
    said: dict[str, Any] = {}
    for value in values:
        if "g" in value:
            numbers = [
                number for each in value["g"] for number in (each if isinstance(each, list) else [each])
            ]
            form = _FORMS[value["t"].lower()]
            labels.setdefault(value["k"], []).append(_object(form, numbers, seen_on_server(value["c"])))
        elif answer := _of_answer(value):
            said[value["k"]] = answer
    return _tidy({"labels": labels, "said": said})


def key_of(name: str) -> str:
    """A key that a project can have for a name that a tool has."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def kinds_of(pictures: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The form that each class of a project should have: polygon where it has boxes, too; else the most frequent."""
    forms: dict[str, Counter[str]] = {}
    for picture in pictures:
        for label, objects in picture.get("labels", {}).items():
            forms.setdefault(label, Counter()).update(next(iter(each)) for each in objects)
            for inside in (each.get("within", {}) for each in objects):
                forms |= {inner: Counter([next(iter(found[0]))]) for inner, found in inside.items()}
    return {
        label: "polygon" if set(found) == {"box", "polygon"} else found.most_common(1)[0][0]
        for label, found in forms.items()
    }


def as_kept(picture: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The same in a project of these forms: keys for names, boxes with four corners, and what fits none gone."""
    labels: dict[str, list[Any]] = {}
    for label, objects in picture.get("labels", {}).items():
        for each in objects:
            form, numbers = next(iter(each.items()))
            if (kinds[label], form) == ("polygon", "box"):
                x, y, w, h = numbers
                form, numbers = "polygon", [x, y, x + w, y, x + w, y + h, x, y + h]
            if form == kinds[label]:
                beside = as_kept({"labels": each.get("within", {}), "said": each.get("said", {})}, kinds)
                labels.setdefault(key_of(label), []).append(_object(form, numbers, beside))
    return _tidy({"labels": labels, "said": _keyed(picture.get("said", {}))})


def label_config_of(pictures: Iterable[Mapping[str, Any]], kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """A label configuration that can hold these pictures, as the sandbox takes it."""
    roots: dict[str, Any] = {}
    for picture in pictures:
        _grow(roots, picture, kinds)
    return _written(roots)


def _of_geometry(geometry: Mapping[str, Any]) -> dict[str, Any]:
    form = next(each for each in _FORMS if each in geometry)
    numbers = [number for point in geometry[form] for number in point.values()]
    said = {key: _of_array(array) for key, array in geometry.get("classifications", {}).items()}
    nested = geometry.get("nested_geometries", {}).items()
    within = {key: list(map(_of_geometry, inside)) for key, inside in nested}
    return _object(_FORMS[form], numbers, _tidy({"labels": within, "said": said}))


def _object(form: str, numbers: list[Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {form: [round(float(number), 6) for number in numbers]}
    said, within = beside.get("said"), beside.get("labels")
    return found | ({"said": said} if said else {}) | ({"within": within} if within else {})


def _of_array(array: list[Any]) -> list[Any]:
    values = sorted(each for each in array if isinstance(each, str))
    below = {key: _of_array(inner) for each in array if isinstance(each, dict) for key, inner in each.items()}
    return [*values, below] if below else values


def _of_answer(value: Mapping[str, Any]) -> list[Any]:
    texts = value["v"] if isinstance(value["v"], list) else [value["v"]]
    below = {child["k"]: answer for child in value["c"] if (answer := _of_answer(child))}
    values = sorted(text for text in texts if text is not None)
    return [*values, below] if below else values


def _merge(said: dict[str, Any], question: str, answer: list[Any]) -> None:
    """Add what a further entry of a picture says."""
    both = [*said.get(question, []), *answer]
    below = {key: inner for each in both if isinstance(each, dict) for key, inner in each.items()}
    values = sorted({each for each in both if isinstance(each, str)})
    said[question] = [*values, below] if below else values


def _keyed(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key_of(key): [_keyed(each) if isinstance(each, dict) else each for each in answer]
        for key, answer in said.items()
    }


def _tidy(picture: Mapping[str, Any]) -> dict[str, Any]:
    labels = {
        label: sorted(objects, key=repr) for label, objects in sorted(picture["labels"].items()) if objects
    }
    said = dict(sorted(picture["said"].items()))
    return {key: each for key, each in (("labels", labels), ("said", said)) if each}


def _grow(known: dict[str, Any], picture: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Add the classes and questions of a picture, or of an object: type, options and what stands below, by key."""
    for label, objects in picture.get("labels", {}).items():
        _, _, below = known.setdefault(label, (_TYPES[kinds[label]], {}, {}))
        for each in objects:
            _grow(below, {"labels": each.get("within", {}), "said": each.get("said", {})}, kinds)
    for question, answer in picture.get("said", {}).items():
        _, options, below = known.setdefault(question, ("CHECKLIST", {}, {}))
        options.update({each: each for each in answer if isinstance(each, str)})
        _grow(below, {"said": next((each for each in answer if isinstance(each, dict)), {})}, kinds)


def _written(known: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"entryKey": key_of(key), "entryValue": key_of(key), "type": kind, "options": options}
        | {"children": _written(below), "required": False}
        | {"color": None if kind == "CHECKLIST" else "#ff0000"}
        for key, (kind, options, below) in known.items()
    ]
