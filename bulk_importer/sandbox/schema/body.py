"""Reads the body of an import request: from its bytes to its entries, or to the answer that refuses them.

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
from typing import TYPE_CHECKING, cast

from bulk_importer.sandbox.jackson.quick import Prefix, Whole, has_doubtful_number, read_quickly
from bulk_importer.sandbox.jackson.reader import NoContent, TooDeep, read_tree
from bulk_importer.sandbox.jackson.scan import Malformed
from bulk_importer.sandbox.jackson.units import Unreadable
from bulk_importer.sandbox.refusals import SYSTEM, Refused, generic
from bulk_importer.sandbox.schema.check import Check, compile_schema
from bulk_importer.sandbox.schema.failure import TooMuch
from bulk_importer.sandbox.schema.messages import FormatterCrash, schema_text

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["RefusedBody", "read_body"]

_NOT_AN_ARRAY = "A JSONArray text must start with '[' at 1 [character 2 line 1]"

_PROBABLY_DEEP = b"]}" * 60
"""The end of classifications that are nested deep. The fast ways do not count levels, so they are not taken then."""

Entries = list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class RefusedBody:
    """An answer that ends a request before the meaning of its entries is looked at.

    Attributes:
        status: 200 for malformed JSON and for schema failures, 500 for everything else.
        answer: `{"errorMessages": text}` with status 200, the error object (`key`, `params`, `msg`, `code`,
            `details`) with 500. Texts may hold lone surrogates: write the answer with `json.dumps`, which escapes them.
    """

    status: int
    answer: dict[str, object]


def read_body(body: bytes) -> Entries | RefusedBody:
    """Read the entries of an import request, or make the answer that refuses it.

    Entries are made of dict (keys in order of their first appearance, the last value wins), list, str (perhaps with
    lone surrogates), int, float, bool and None. A number too large for a double is an infinite float.
    """
    try:
        return _read(body)
    except NoContent:
        return _refusal(generic("error_messages", "Unable to parse the content. No data available?"))
    except Malformed as malformed:
        return RefusedBody(200, {"errorMessages": str(malformed)})
    except Unreadable as unreadable:
        return _refusal(generic("error_messages", str(unreadable)))
    except (FormatterCrash, TooDeep, TooMuch, RecursionError):
        # Deep nesting: the server's validator recurses as the one here does, and fails at a like depth. Some 150
        # nested classifications overflow its stack, some 190 exceed Python's limit.
        return _refusal(Refused(500, SYSTEM))


def _read(body: bytes) -> Entries | RefusedBody:
    if _PROBABLY_DEEP in body:
        return _of_tree(read_tree(body), lambda _entry: False)
    known = read_quickly(body)
    if isinstance(known, Whole):
        refused = _refused_quickly(known.tree)
        if refused is None:
            return cast("Entries", known.tree)
        if not has_doubtful_number(refused):
            return _of_tree(known.tree, _accepts)
    return _of_tree(read_tree(body, known if isinstance(known, Prefix) else None), _accepts)


def _refused_quickly(tree: object) -> list[object] | None:
    """What the fast validator does not accept: entries of the array, or all of it; None if it accepts all."""
    if not isinstance(tree, list) or not tree:
        return [tree]
    return [entry for entry in tree if not _accepts(entry)] or None


def _of_tree(tree: object, is_right: Callable[[object], bool]) -> Entries | RefusedBody:
    if not isinstance(tree, list):
        return _refusal(generic("error_messages", _NOT_AN_ARRAY))
    failure = _check(is_right)(tree)
    if failure is None:
        return cast("Entries", tree)
    return RefusedBody(200, {"errorMessages": schema_text(failure)})


def _refusal(refused: Refused) -> RefusedBody:
    return RefusedBody(refused.status, refused.answer())


@cache
def _schema() -> dict[str, object]:
    text = resources.files("bulk_importer.sandbox.schema").joinpath("import-schema.json").read_text("utf-8")
    return cast("dict[str, object]", json.loads(text))


def _check(is_right: Callable[[object], bool]) -> Check:
    return compile_schema(_schema(), is_right)


def _accepts(entry: object) -> bool:
    """Whether the fast validator accepts an entry; it refuses more than the server's, and never less."""
    try:
        return _validator().is_valid(entry)
    except ValueError:  # lone surrogates, and whatever else it cannot look at
        return False


@cache
def _validator() -> jsonschema_rs.Draft7Validator:
    import jsonschema_rs

    schema = _schema()
    entry = cast("dict[str, object]", schema["items"])
    return jsonschema_rs.Draft7Validator({"definitions": schema["definitions"], **entry})
