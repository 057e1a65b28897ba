"""Which class, classification or option of the project a name of the source means.

Pure, but for reading the file that a person wrote. In TOML:

    [classes]
    Pedestrian = "person"          # several names may mean one class
    "traffic light" = "traffic_light"
    background = false             # left out, and counted

    [attributes]
    occluded = "is_occluded"       # name of an attribute = key of a classification
    "car.colour" = "paint"         # of the annotations of one class only

    [options.colour]               # values of an attribute = options (or texts)
    "Dark Red" = "red"

    [keypoints]
    left_eye = "eye"               # name of a keypoint = key of a class of points

    [tags]
    sunny = "weather=sunny"        # a label of a whole picture = a classification and its value
    scene = "scenery"              # a question about it = key of a classification

In CSV with the header row `kind,from,to`, kind being class, attribute, keypoint, tag, or option of ATTRIBUTE; an empty
`to` leaves out. Names that the map does not have mean the class of the same name, compared as the server does.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from bulk_importer.errors import UsageError
from bulk_importer.files.small_files import text_of

__all__ = ["ClassMap", "read_class_map"]

_Table: TypeAlias = Mapping[str, str | None]
_NONE: _Table = MappingProxyType({})  # only ever looked into
_TABLES = ("classes", "attributes", "keypoints", "tags")
_KINDS = {"class": "classes", "attribute": "attributes", "keypoint": "keypoints", "tag": "tags"}
_OPTION_OF = "option of "


class ClassMap(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the source, and what they mean in the project; None means to leave them out.

    Attributes:
        options: by the name of the attribute.
    """

    classes: _Table = msgspec.field(default_factory=dict)
    attributes: _Table = msgspec.field(default_factory=dict)
    keypoints: _Table = msgspec.field(default_factory=dict)
    tags: _Table = msgspec.field(default_factory=dict)
    options: Mapping[str, _Table] = msgspec.field(default_factory=dict)

    def attribute(self, label: str, name: str) -> str | None:
        """What an attribute means on annotations of one class."""
        return self.attributes.get(f"{label}.{name}", self.attributes.get(name, name))

    def option(self, attribute: str, value: str) -> str | None:
        """What a value of an attribute means."""
        return self.options.get(attribute, _NONE).get(value, value)


def read_class_map(path: Path) -> ClassMap:
    """Read a class map, TOML or, by its ending, CSV.

    Raises:
        UsageError: it cannot be read, or is not a class map.
    """
    text = text_of(path, "The class map")
    try:
        return _from_csv(text) if path.suffix.lower() == ".csv" else _from_toml(text)
    except (ValueError, csv.Error) as error:
        raise UsageError(f"{path} is no class map: {error}. See 'bulk-importer help class-map'.") from error


def _from_toml(text: str) -> ClassMap:
    document = tomllib.loads(text)
    unknown = document.keys() - {*_TABLES, "options"}
    if unknown:
        raise ValueError(f"there is no table [{min(unknown)}], but {', '.join(_TABLES)} and options")
    tables = {name: _table(document.get(name, {}), f"[{name}]") for name in _TABLES}
    options = document.get("options", {})
    if not isinstance(options, dict):
        raise ValueError("[options] has a table for each attribute")  # noqa: TRY004 - all become one message
    by_attribute = {name: _table(each, f"[options.{name}]") for name, each in options.items()}
    return ClassMap(**tables, options=by_attribute)


def _table(found: object, name: str) -> _Table:
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no table")  # noqa: TRY004 - as above
    for key, value in found.items():
        if value is not False and not isinstance(value, str):
            raise ValueError(f"{key} in {name} must be a text, or false to leave it out")
    return {key: value or None for key, value in found.items()}


def _from_csv(text: str) -> ClassMap:
    rows = csv.reader(io.StringIO(text), strict=True)
    header = [each.strip() for each in next(rows, [])]
    if header != ["kind", "from", "to"]:
        raise ValueError("the header row must be kind,from,to")
    tables: dict[str, dict[str, str | None]] = {name: {} for name in _TABLES}
    options: dict[str, dict[str, str | None]] = {}
    for row in _full(rows):
        kind, name, meaning = row
        if kind.startswith(_OPTION_OF):
            table = options.setdefault(kind.removeprefix(_OPTION_OF), {})
        elif kind in _KINDS:
            table = tables[_KINDS[kind]]
        else:
            raise ValueError(
                f"line {rows.line_num}: {kind!r} is none of {', '.join(_KINDS)}, option of ATTRIBUTE"
            )
        table[name] = meaning or None
    return ClassMap(**tables, options=options)


def _full(rows: Iterable[list[str]]) -> Iterable[list[str]]:
    for row in rows:
        if row and len(row) != 3:
            raise ValueError(f"a row of {len(row)} columns in place of 3: {','.join(row)}")
        if row:
            yield row
