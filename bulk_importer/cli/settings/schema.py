"""The JSON Schema of a settings file, made of the definitions, for editors that complete and check what is typed."""

from __future__ import annotations

from typing import Any

from bulk_importer.settings import Definition, definitions

__all__ = ["settings_schema"]

_BOUNDED = ("integer", "number")


def settings_schema() -> dict[str, Any]:
    """What a settings file may hold. Whatever fits it is read, but for what is known only when it is put to use.

    Bounds are stated for numbers; a quantity that is written with a unit is checked against them when it is read.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of bulk-importer",
        "type": "object",
        "properties": {each.name: _property(each) for each in definitions()},
        "additionalProperties": False,
    }


def _property(each: Definition) -> dict[str, Any]:
    schema = _within_bounds(each, dict(each.kind.schema))
    if "anyOf" in schema:
        schema["anyOf"] = [_within_bounds(each, dict(form)) for form in schema["anyOf"]]
    if each.default not in (None, ()):
        schema["default"] = _written(each)
    return {"description": each.help, **schema}


def _within_bounds(each: Definition, form: dict[str, Any]) -> dict[str, Any]:
    if form.get("type") in _BOUNDED:
        bounds = {"minimum": each.minimum, "maximum": each.maximum}
        form |= {name: bound for name, bound in bounds.items() if bound is not None}
    return form


def _written(each: Definition) -> Any:
    """The default as a file would hold it."""
    plain = isinstance(each.default, bool | str) or each.kind.schema.get("type") == "integer"
    return each.default if plain else each.kind.show(each.default)
