"""Decides exactly whether an entry is in the language of DataGym's import schema, and where it is not.

The schema is the server's own, for the whole array; it is applied to one element at a time, so that a JSON pointer
begins inside the entry. This is the verdict for what the fast accept (see `forms.form`) does not vouch for.

One pattern is rewritten: `$` matches before a line break at the end in the server's engine, as it does in Python's,
and does not in the validator's, so that the text "12\\n" is a coordinate.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from math import isinf
from typing import TYPE_CHECKING, Protocol, cast

import orjson

from bulk_importer.intake.validation.long_lists import Thinned, thinned
from bulk_importer.labels.entry import GEOMETRY_KEYS, nearest
from bulk_importer.labels.flaws import Flaw
from bulk_importer.labels.pointers import pointer_of, shown

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["ImportSchema", "schema_document"]

_COORDINATE = "a number from 0 up, or a text of digits"
_CLASSIFICATION = "a list: a text or null; then a text or an object; then texts"
_CODES = {
    "AdditionalProperties": "schema-extra-key",
    "FalseSchema": "schema-extra-key",
    "MaxItems": "schema-count",
    "MaxProperties": "schema-extra-key",
    "MinItems": "schema-count",
    "MinProperties": "schema-missing-key",
    "OneOfNotValid": "schema-type",
    "Required": "schema-missing-key",
    "Type": "schema-type",
}
_TYPES = {"array": "a list", "boolean": "true or false", "object": "an object", "string": "a text"}
_COUNTS = {
    "polygon": "3 points or more",
    "line": "2 points or more",
    "point": "exactly 1 point",
    "rectangle": "exactly 1 rectangle",
}


_MARK = "\ufdd0"  # a code point that is no character
# A key that would not survive in the validator's paths begins like this; in JSON without blanks it stands like that.
_ODD = frozenset(f"+0123456789{_MARK}")
_ODD_KEY = re.compile(rb'"\+?[0-9]*":|%b' % _MARK.encode())


def schema_document() -> dict[str, object]:
    """The schema of the whole array, as DataGym publishes it."""
    from importlib.resources import files

    text = files("bulk_importer.intake.validation").joinpath("import-schema.json").read_bytes()
    return cast("dict[str, object]", orjson.loads(text))


class ImportSchema:
    """The import schema, which decides about one entry at a time.

    It is compiled when it is asked for the first time: most processes never ask.
    """

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft7Validator:
        import jsonschema_rs

        text = orjson.dumps(schema_document()).replace(b'"^[0-9]+$"', b'"^[0-9]+\\\\n?$"')
        whole = orjson.loads(text)
        one = {"$schema": whole["$schema"], "definitions": whole["definitions"], **whole["items"]}
        return jsonschema_rs.Draft7Validator(one)

    def accepts(self, value: object) -> bool:
        """Whether the schema accepts the entry. Numbers must be int or float, texts free of lone surrogates."""
        return self._validator.is_valid(value)

    def flaws(self, value: object) -> Iterator[Flaw]:
        """Everything that the schema has against the entry, at most one flaw of a kind for each place.

        Of a list that is long, some hundreds that are wrong are enough (see `long_lists`).
        """
        found = False
        for flaw in self._flaws_in(thinned(value, self._is_geometry)):
            found = True
            yield flaw
        if not found:  # what is wrong is right by itself, and not where it stands
            yield from self._flaws_in(Thinned(value))

    def _flaws_in(self, entry: Thinned) -> Iterator[Flaw]:
        # The errors about one place come one after the other, so only the last few are remembered.
        recent: deque[tuple[str, str]] = deque(maxlen=8)
        value = entry.value
        for error in self._validator.iter_errors(_marked(value) if _needs_marks(value) else value):
            for flaw in _flaws_of(error, entry):
                if (flaw.code, flaw.pointer) not in recent:
                    recent.append((flaw.code, flaw.pointer))
                    yield flaw

    def _is_geometry(self, element: object) -> bool:
        """Whether an element is right as one of the geometries of a class."""
        return self.accepts({"internal_media_ID": "a", "keepData": False, "labels": {"a": [element]}})


def _needs_marks(value: object) -> bool:
    """Whether a key may not survive; where this cannot be seen at once, True."""
    try:
        return _ODD_KEY.search(orjson.dumps(value)) is not None
    except TypeError:  # whole numbers of more than 64 bits
        return True


def _marked(value: object) -> object:
    """The value with a mark before each key that would not survive in the validator's paths.

    It drops empty keys from them, and gives a key of digits as a number ("01" and "+1" as 1). Keys that begin with the
    mark are marked too, so that taking the mark off gives every key back.
    """
    if isinstance(value, dict):
        return {
            _MARK + key if not key or key[0] in _ODD else key: _marked(each) for key, each in value.items()
        }
    return [_marked(each) for each in value] if isinstance(value, list) else value


def _unmarked(path: list[str | int]) -> list[str | int]:
    return [step[1:] if isinstance(step, str) and step.startswith(_MARK) else step for step in path]


class _Alternatives(Protocol):
    """What a `oneOf` that fits nothing knows: the errors of each alternative."""

    context: list[list[jsonschema_rs.ValidationError]]


def _flaws_of(error: jsonschema_rs.ValidationError, entry: Thinned) -> Iterator[Flaw]:
    path, rules = _unmarked(error.instance_path), error.schema_path
    pointer, value = pointer_of(entry.path(path)), _at(entry.value, path)
    kind = type(error.kind).__name__
    if "numberOrString" in rules:
        overflown = isinstance(value, float) and isinf(value)
        yield Flaw(
            "number-overflow" if overflown else "schema-coordinate", pointer, _COORDINATE, shown(value)
        )
    elif kind == "OneOfNotValid" and isinstance(value, dict):
        branch = _branch(rules, value)
        for inner in cast("_Alternatives", error.kind).context[branch]:
            yield from _flaws_of(inner, entry)
    elif "classification" in rules:
        yield Flaw("schema-classification", pointer, _CLASSIFICATION, shown(value))
    else:
        yield Flaw(_CODES.get(kind, "schema-shape"), pointer, _expected(error, value), shown(value))


def _branch(rules: list[str | int], value: dict[str, object]) -> int:
    """The alternative that was meant: its errors are the ones to show."""
    if "classification" in rules:
        return 1  # an object of nested classifications
    return int("w" in value or "h" in value)  # a rectangle, else a point


def _expected(error: jsonschema_rs.ValidationError, value: object) -> str:
    rules = error.schema_path
    match type(error.kind).__name__:
        case "Type":
            wanted = error.kind.as_dict()["types"]
            return " or ".join(_TYPES[each] for each in wanted)
        case "AdditionalProperties" if isinstance(value, dict):
            return _known_keys(value)
        case "Required" | "MinProperties" | "MaxProperties":
            return "x, y, w and h" if "point_def_rectangle" in rules else "x and y alone"
        case "MinItems" | "MaxItems":
            return next(count for shape, count in _COUNTS.items() if shape in rules)
        case "FalseSchema":
            return "no key of this name"
        case "OneOfNotValid":
            return "a point or a rectangle"
        case _:
            return "what the import schema allows"


def _known_keys(value: dict[str, object]) -> str:
    known = (*GEOMETRY_KEYS, "classifications", "nested_geometries", "image_segmentation")
    unknown = [key for key in value if key not in known]
    near = next((found for key in unknown if (found := nearest(key, known))), None)
    return (
        f"{near!r}, in place of {shown(unknown[0])}" if near else f"only {', '.join(known[:4])} and the like"
    )


def _at(value: object, path: list[str | int]) -> object:
    for step in path:
        value = cast("dict[str | int, object]", value)[step]
    return value
