"""Compiles the import schema into checks that find the rules a value breaks, in the order of the real server.

Pure. There is a check for each subschema; it returns the failure of one value, or none. The order of the rules is
that of the real server, because its text shows it: of an
object the required keys, the number of keys, unknown keys, the keys that a pattern applies to, and then the known
keys, the last three in the order of a Java hash table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bulk_importer.sandbox.jackson.java_numbers import as_text, kind_of_number, number_text
from bulk_importer.sandbox.jackson.java_order import hash_order
from bulk_importer.sandbox.schema.failure import SchemaFailure, TooMuch, together

__all__ = ["MOST_FAILURES", "Check", "compile_schema"]

Check = Callable[[object], SchemaFailure | None]
"""Takes a value and returns its failure, or None if the value is right."""

MOST_FAILURES = 500_000
"""The most failures of one array. More would need gigabytes on the server and here, at some 600 bytes each."""

_Schema = Mapping[str, Any]


def compile_schema(schema: _Schema, is_right: Callable[[object], bool]) -> Check:
    """Make the check of a whole body. It knows only the keywords that the import schema uses.

    Args:
        schema: the import schema: an array of entries.
        is_right: a quick test of an entry. Entries that it accepts are not looked at any further; it may
            refuse entries that are right.
    """
    compiler = _Compiler(schema.get("definitions", {}))
    entry = compiler.check(schema["items"])
    return _array(schema, [], lambda value: None if is_right(value) else entry(value))


class _Compiler:
    """Turns subschemas into checks; each definition is compiled when first needed, so that they may be recursive."""

    def __init__(self, definitions: _Schema) -> None:
        self._definitions = definitions
        self._compiled: dict[str, Check] = {}

    def check(self, schema: Any) -> Check:
        match schema:
            case False:
                return _never
            case {"$ref": str() as reference}:
                return self._reference(reference.removeprefix("#/definitions/"))
            case {"oneOf": list() as branches}:
                return _one_of([self.check(branch) for branch in branches])
            case {"type": "array", "items": list() as items}:
                return _array(
                    schema, [self.check(item) for item in items], self.check(schema["additionalItems"])
                )
            case {"type": "array"}:
                return _array(schema, [], self.check(schema["items"]) if "items" in schema else _always)
            case {"type": "string"}:
                return _string(schema.get("pattern"))
            case {"type": "number"}:
                return _number(schema["minimum"])
            case {"type": "boolean"}:
                return _boolean
            case {"type": "null"}:
                return _null
            case _:
                return self._object(schema)

    def _reference(self, name: str) -> Check:
        def refer(value: object) -> SchemaFailure | None:
            check = self._compiled.get(name)
            if check is None:
                check = self._compiled[name] = self.check(self._definitions[name])
            return check(value)

        return refer

    def _object(self, schema: _Schema) -> Check:
        known = schema.get("properties", {})
        properties = {key: self.check(known[key]) for key in hash_order(known)}
        patterns = schema.get("patternProperties", {})
        # The only pattern of the schema is the empty one, which fits every key.
        every = self.check(patterns[""]) if patterns else None
        closed = schema.get("additionalProperties") is False
        sizes = _sizes(schema)

        def check(value: object) -> SchemaFailure | None:
            if not isinstance(value, dict):
                return _mismatch("JSONObject", value) if "type" in schema else None
            failures = [SchemaFailure(message) for message in sizes(value)]
            if closed and not value.keys() <= properties.keys():
                unknown = [key for key in hash_order(value) if key not in properties]
                failures += [SchemaFailure(f"extraneous key [{key}] is not permitted") for key in unknown]
            if every is not None:
                failures += _failures((key, every, value[key]) for key in hash_order(value))
            failures += _failures((key, rule, value[key]) for key, rule in properties.items() if key in value)
            return together(failures)

        return check


def _failures(checked: Iterator[tuple[str, Check, object]]) -> list[SchemaFailure]:
    return [failure.under(key) for key, check, value in checked if (failure := check(value)) is not None]


def _always(_value: object) -> SchemaFailure | None:
    return None


def _never(_value: object) -> SchemaFailure | None:
    return SchemaFailure("false schema always fails")


def _one_of(checks: list[Check]) -> Check:
    def check(value: object) -> SchemaFailure | None:
        failures = [failure for check in checks if (failure := check(value)) is not None]
        matched = len(checks) - len(failures)
        return (
            None if matched == 1 else SchemaFailure(f"{matched} subschemas matched instead of one", failures)
        )

    return check


def _array(schema: _Schema, fixed: list[Check], rest: Check) -> Check:
    least, most = schema.get("minItems", 0), schema.get("maxItems")

    def check(value: object) -> SchemaFailure | None:
        if not isinstance(value, list):
            return _mismatch("JSONArray", value)
        failures = []
        if len(value) < least:
            failures.append(SchemaFailure(f"expected minimum item count: {least}, found: {len(value)}"))
        if most is not None and len(value) > most:
            failures.append(SchemaFailure(f"expected maximum item count: {most}, found: {len(value)}"))
        for index, item in enumerate(value):
            failure = fixed[index](item) if index < len(fixed) else rest(item)
            if failure is not None:
                failures.append(failure.under(str(index)))
                if len(failures) > MOST_FAILURES:
                    raise TooMuch
        return together(failures)

    return check


def _sizes(schema: _Schema) -> Callable[[dict[str, object]], Iterator[str]]:
    required = schema.get("required", [])
    least, most = schema.get("minProperties", 0), schema.get("maxProperties")

    def sizes(value: dict[str, object]) -> Iterator[str]:
        for key in required:
            if key not in value:
                yield f"required key [{key}] not found"
        if len(value) < least:
            yield f"minimum size: [{least}], found: [{len(value)}]"
        if most is not None and len(value) > most:
            yield f"maximum size: [{most}], found: [{len(value)}]"

    return sizes


def _string(pattern: str | None) -> Check:
    # Java's `$` also matches before one line end, and knows more of those than Python's does.
    line_end = "(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\\Z)"
    searched = re.compile(pattern.replace("$", line_end)) if pattern is not None else None

    def check(value: object) -> SchemaFailure | None:
        text = as_text(value)
        if text is None:
            return _mismatch("String", value)
        if searched is None or searched.search(text):
            return None
        return SchemaFailure(f"string [{text}] does not match pattern {pattern}")

    return check


def _number(least: int) -> Check:
    def check(value: object) -> SchemaFailure | None:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or as_text(value) is not None:
            return _mismatch("Number", value)
        return (
            SchemaFailure(f"{number_text(value)} is not greater or equal to {least}")
            if value < least
            else None
        )

    return check


def _boolean(value: object) -> SchemaFailure | None:
    return None if isinstance(value, bool) else _mismatch("Boolean", value)


def _null(value: object) -> SchemaFailure | None:
    return None if value is None else SchemaFailure(f"expected: null, found: {_kind(value)}")


def _mismatch(expected: str, value: object) -> SchemaFailure:
    return SchemaFailure(f"expected type: {expected}, found: {_kind(value)}")


def _kind(value: object) -> str:
    """The name that the server has for what `value` is."""
    match value:
        case None:
            return "Null"
        case bool():
            return "Boolean"
        case dict():
            return "JSONObject"
        case list():
            return "JSONArray"
        case int() | float():
            return kind_of_number(value)
        case _:
            return "String"
