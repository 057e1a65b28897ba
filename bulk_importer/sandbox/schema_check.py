"""Which rules of the import schema a value breaks, as the tree of failures that the real server's validator builds.

Pure. A compiler turns the schema into checks, one for each subschema; a check returns the failure of one
value, or none. The rules are those of the schema; what has to be matched besides is *the shape of the
failure*, because the text that the server makes of it depends on it:

- A value that breaks one rule has the failure of that rule; one that breaks several has a failure of its own
  with those as its causes. The failure of a `oneOf` has the failures of its branches as causes.
- The rules of an object are tried in a fixed order: required keys, number of keys, unknown keys, patterns, and
  then the known keys in the order of a Java hash table; the keys that a pattern applies to come in that order too.
- A failure is moved up by putting the key in front of its pointer. Each time, the key is escaped once for the
  failure, twice for its causes, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bulk_importer.sandbox.java_numbers import kind_of_number, number_text
from bulk_importer.sandbox.java_order import hash_order

__all__ = ["Check", "Failure", "compile_schema", "java_kind"]


@dataclass(slots=True, eq=False)
class Failure:
    """A rule that is broken, or several.

    Attributes:
        message: what is wrong, empty where the causes say it.
        causes: the failures that this one is made of.
        keys: what was put in front of the pointer, the innermost first.
    """

    message: str
    causes: list[Failure] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def under(self, key: str) -> Failure:
        self.keys.append(key)
        return self

    def leaves(self) -> list[tuple[str, str]]:
        """Pointer and message of all that has no causes, in the validator's order: the shallow ones first."""
        return list(self._leaves([]))

    def _leaves(self, above: list[str]) -> Iterator[tuple[str, str]]:
        path = self._path(above)
        if not self.causes:
            yield _pointer(path), self.message
            return
        below = [_escaped(key) for key in path]
        for cause in self.causes:
            if not cause.causes:
                yield from cause._leaves(below)
        for cause in self.causes:
            if cause.causes:
                yield from cause._leaves(below)

    def split(self) -> list[list[tuple[str, str]]]:
        """The leaves of each cause, in the order of the causes."""
        below = [_escaped(key) for key in self._path([])]
        return [list(cause._leaves(below)) for cause in self.causes]

    def _path(self, above: list[str]) -> list[str]:
        return above + [_escaped(key) for key in reversed(self.keys)]


Check = Callable[[object], Failure | None]
"""The failure of a value, or `None` where it is right."""


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1").replace("\\", "\\\\").replace('"', '\\"')


def _pointer(path: list[str]) -> str:
    return "/".join(["#", *path])


def _together(failures: list[Failure]) -> Failure | None:
    if len(failures) < 2:
        return failures[0] if failures else None
    return Failure("", failures)


def java_kind(value: object) -> str:
    """The name that the server has for what `value` is."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, str):
        return "String"
    if isinstance(value, dict):
        return "JSONObject"
    if isinstance(value, list):
        return "JSONArray"
    assert isinstance(value, (int, float))
    return kind_of_number(value)


_NUMBERS = frozenset({"Integer", "Long", "BigInteger", "BigDecimal", "Double"})
_EXPECTED = {
    "array": "JSONArray",
    "object": "JSONObject",
    "string": "String",
    "number": "Number",
    "boolean": "Boolean",
}


def _mismatch(expected: str, value: object) -> Failure:
    return Failure(f"expected type: {expected}, found: {java_kind(value)}")


class _Compiler:
    """Turns subschemas into checks; each definition is compiled once, so that they may refer to each other."""

    def __init__(self, definitions: Mapping[str, object]) -> None:
        self._definitions = definitions
        self._compiled: dict[str, Check] = {}

    def check(self, schema: object) -> Check:
        if schema is False:
            return lambda value: Failure("false schema always fails")
        assert isinstance(schema, dict)
        if "$ref" in schema:
            return self._reference(schema["$ref"].removeprefix("#/definitions/"))
        if "oneOf" in schema:
            return self._one_of(schema["oneOf"])
        match schema.get("type"):
            case "array":
                return self._array(schema)
            case "object":
                return self._object(schema, needed=True)
            case "string":
                return _string(schema.get("pattern"))
            case "number":
                return _number(schema["minimum"])
            case "boolean":
                return lambda value: None if isinstance(value, bool) else _mismatch("Boolean", value)
            case "null":
                return lambda value: (
                    None if value is None else Failure(f"expected: null, found: {java_kind(value)}")
                )
            case None:
                return self._object(schema, needed=False)
        raise ValueError(f"the import schema has a type that is not known here: {schema['type']}")

    def _reference(self, name: str) -> Check:
        def refer(value: object) -> Failure | None:
            check = self._compiled.get(name)
            if check is None:
                check = self._compiled[name] = self.check(self._definitions[name])
            return check(value)

        return refer

    def _one_of(self, branches: list[object]) -> Check:
        checks = [self.check(branch) for branch in branches]

        def one_of(value: object) -> Failure | None:
            failures = [failure for check in checks if (failure := check(value)) is not None]
            matched = len(checks) - len(failures)
            return None if matched == 1 else Failure(f"{matched} subschemas matched instead of one", failures)

        return one_of

    def _array(self, schema: Mapping[str, object]) -> Check:
        least, most = schema.get("minItems"), schema.get("maxItems")
        items = schema.get("items")
        fixed = [self.check(item) for item in items] if isinstance(items, list) else []
        rest_schema = schema.get("additionalItems") if isinstance(items, list) else items
        rest = None if rest_schema is None else self.check(rest_schema)

        def array(value: object) -> Failure | None:
            if not isinstance(value, list):
                return _mismatch("JSONArray", value)
            failures = []
            if isinstance(least, int) and len(value) < least:
                failures.append(Failure(f"expected minimum item count: {least}, found: {len(value)}"))
            if isinstance(most, int) and len(value) > most:
                failures.append(Failure(f"expected maximum item count: {most}, found: {len(value)}"))
            for index, item in enumerate(value):
                check = fixed[index] if index < len(fixed) else rest
                if check is not None and (failure := check(item)) is not None:
                    failures.append(failure.under(str(index)))
            return _together(failures)

        return array

    def _object(self, schema: Mapping[str, object], *, needed: bool) -> Check:
        sizes = _sizes(schema)
        known = schema.get("properties", {})
        assert isinstance(known, dict)
        properties = {key: self.check(known[key]) for key in hash_order(known)}
        patterns = schema.get("patternProperties", {})
        # The only pattern of the schema is the empty one, which fits every key.
        assert isinstance(patterns, dict)
        assert set(patterns) <= {""}
        every = self.check(patterns[""]) if patterns else None
        closed = schema.get("additionalProperties") is False

        def object_(value: object) -> Failure | None:
            if not isinstance(value, dict):
                return _mismatch("JSONObject", value) if needed else None
            failures = [Failure(message) for message in sizes(value)]
            if closed and not value.keys() <= properties.keys():
                failures += [
                    Failure(f"extraneous key [{key}] is not permitted")
                    for key in hash_order(value)
                    if key not in properties
                ]
            if every is not None:
                failures += [
                    failure.under(key)
                    for key in hash_order(value)
                    if (failure := every(value[key])) is not None
                ]
            failures += [
                failure.under(key)
                for key, check in properties.items()
                if key in value and (failure := check(value[key])) is not None
            ]
            return _together(failures)

        return object_


def _sizes(schema: Mapping[str, object]) -> Callable[[dict[str, object]], Iterator[str]]:
    required, least, most = (
        schema.get("required", []),
        schema.get("minProperties"),
        schema.get("maxProperties"),
    )
    assert isinstance(required, list)

    def sizes(value: dict[str, object]) -> Iterator[str]:
        for key in required:
            if key not in value:
                yield f"required key [{key}] not found"
        if isinstance(least, int) and len(value) < least:
            yield f"minimum size: [{least}], found: [{len(value)}]"
        if isinstance(most, int) and len(value) > most:
            yield f"maximum size: [{most}], found: [{len(value)}]"

    return sizes


def _string(pattern: str | None) -> Check:
    # Java's `$` also matches before one line end, and knows more of those than Python's does.
    searched = (
        None
        if pattern is None
        else re.compile(pattern.replace("$", "(?=(?:\r\n|[\n\r\x85\u2028\u2029])?\\Z)"))
    )

    def string(value: object) -> Failure | None:
        if isinstance(value, str):
            if searched is None or searched.search(value):
                return None
            return Failure(f"string [{value}] does not match pattern {pattern}")
        return _mismatch("String", value)

    return string


def _number(least: float) -> Check:
    def number(value: object) -> Failure | None:
        if java_kind(value) not in _NUMBERS:
            return _mismatch("Number", value)
        assert isinstance(value, (int, float))
        if value < least:
            return Failure(f"{number_text(value)} is not greater or equal to {least}")
        return None

    return number


def compile_schema(schema: Mapping[str, object]) -> Check:
    """A check of the whole schema; it knows the keywords that the import schema uses, and no others."""
    definitions = schema.get("definitions", {})
    assert isinstance(definitions, dict)
    return _Compiler(definitions).check(schema)
