"""The first half of an import request: from the bytes of the body to its entries, or to the answer that refuses them.

Pure but for reading the schema that comes with the package. What the server does: Jackson reads a tree, the
tree is printed, org.json reads the print as an array, and a validator holds that against the schema. Here a
fast parser and a fast validator accept what is right; whatever they do not accept is judged by the exact
modules beside this one, so that their strictness decides the speed only and never the answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from bulk_importer.sandbox.json_text import Malformed, NoContent, TooDeep, read_tree
from bulk_importer.sandbox.json_units import Unreadable
from bulk_importer.sandbox.schema_check import Check, compile_schema
from bulk_importer.sandbox.schema_text import FormatterCrash, schema_text

__all__ = ["Refusal", "judge"]

_NOT_AN_ARRAY = "A JSONArray text must start with '[' at 1 [character 2 line 1]"

Entries = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that ends the request before its meaning is judged.

    Attributes:
        status: 200 for malformed JSON and for schema failures, 500 for everything else.
        answer: `{"errorMessages": text}` with status 200, the error object (`key`, `params`, `msg`, `code`,
            `details`) with 500. Texts may hold lone surrogates: write the answer with `json.dumps`, which escapes them.
    """

    status: int
    answer: dict[str, object]


def judge(body: bytes) -> Entries | Refusal:
    """The entries of an import request, or the answer that refuses it.

    Entries hold what JSON holds: dict (keys in order of their first appearance, the last value wins), list, str
    (perhaps with lone surrogates), int, float, bool, None. A number too large for a double is an infinite float.
    """
    accepted = _quickly_accepted(body)
    if accepted is not None:
        return accepted
    try:
        tree = read_tree(body)
        if not isinstance(tree, list):
            return _error("ex_gen_error_messages", _NOT_AN_ARRAY)
        failure = _check()(tree)
        if failure is not None:
            return Refusal(200, {"errorMessages": schema_text(failure)})
    except NoContent:
        return _error("ex_gen_error_messages", "Unable to parse the content. No data available?")
    except Malformed as malformed:
        return Refusal(200, {"errorMessages": str(malformed)})
    except Unreadable as unreadable:
        return _error("ex_gen_error_messages", str(unreadable))
    except (FormatterCrash, TooDeep, RecursionError):
        return _error("ex_system")
    return cast(Entries, tree)


def _quickly_accepted(body: bytes) -> Entries | None:
    """The entries, where the fast parser and the fast validator take them; both are stricter than the server."""
    import orjson

    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast(Entries, tree) if isinstance(tree, list) and _accepts()(tree) else None


def _error(key: str, *params: str) -> Refusal:
    """The server's error object; it has no texts of its own, so `msg` only names the key."""
    message = f"No msg available for key: {key}"
    return Refusal(500, {"key": key, "params": list(params), "msg": message, "code": 500, "details": []})


@cache
def _schema() -> dict[str, object]:
    text = resources.files("bulk_importer.sandbox").joinpath("import-schema.json").read_text("utf-8")
    return cast("dict[str, object]", json.loads(text))


@cache
def _check() -> Check:
    return compile_schema(_schema())


@cache
def _accepts() -> Callable[[object], bool]:
    import jsonschema_rs

    return jsonschema_rs.Draft7Validator(_schema()).is_valid
