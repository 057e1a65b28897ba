"""Applies an upload to the labels of its media, rule by rule (protocol 2.6 to 2.10).

Pure. The entries are those that the schema accepts (`schema.body`). The functions stand in the order in which the
server works:

    read_json                      protocol 2.3 step 7, 2.8, 2.9: entry by entry, in array order, first error wins
      default_task                 protocol 2.6 row 1, protocol 2.6 row 10
      read_global_classifications  protocol 2.9 (trees for all roots), protocol 2.6 row 4
      read_labels                  protocol 2.6 row 2, protocol 2.10 (hasJsonUpload)
        read_geometry              protocol 2.7 (fixed order of the geometry keys), protocol 2.6 rows 3, 6, 7, 8
        read_classifications       protocol 2.6 row 5
          read_values_tree         protocol 2.6 rows 9, 11, protocol 2.7 (only the first key of a nested object)

Keys are compared where the server compares them: in its database for classes, nested classes and nested
classifications (case, accents and blanks at the end do not count), in Java for global classifications and
for those of a geometry (every character counts).

Texts and numbers that do not fit their column fail when the server writes them, not when it reads them. It writes
before it queries values, and at the end; `flush` stands where it writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bulk_importer.sandbox.refusals import SYSTEM, Refused, generic, not_found
from bulk_importer.sandbox.world.classes import ClassType, LabelClass, LabelConfig
from bulk_importer.sandbox.world.collation import fold
from bulk_importer.sandbox.world.empty_values import create_missing, create_tree
from bulk_importer.sandbox.world.label_writer import LabelStore, LabelWriter
from bulk_importer.sandbox.world.values import MediaLabels, Value, validate

__all__ = ["read_json"]

Json = object

_GEOMETRY_KEYS: Final = ("polygon", "rectangle", "line", "point", "geometry")
_RECTANGLE_SLOTS: Final = {"x": 0, "y": 1, "w": 2, "h": 3}


def read_json(
    entries: Sequence[Mapping[str, Json]], config: LabelConfig, store: LabelStore, writer: LabelWriter
) -> None:
    """Write the labels of all entries.

    Raises:
        Refused: for the first entry that is wrong; then nothing that was written may be kept (protocol 2.8).
    """
    for entry in entries:
        if "internal_media_ID" not in entry:
            continue  # protocol 2.7: skipped entirely
        writer.flush()
        task = default_task(store, str(entry["internal_media_ID"]))
        labels = store.labels(task)
        if entry.get("keepData", True) is False:
            _delete_all(labels, writer)
        read_global_classifications(_object(entry, "global_classifications"), labels, config, writer)
        read_labels(_object(entry, "labels"), labels, config, writer)
        store.mark_uploaded(task)
    writer.flush()


def default_task(store: LabelStore, media_id: str) -> int:
    """The one task of type DEFAULT of a media. Raises `Refused` for none and for two (protocol 2.6 rows 1, 10)."""
    tasks = store.default_tasks(media_id)
    if not tasks:
        raise generic("json_upload_not_found_task")
    if len(tasks) > 1:
        raise Refused(500, SYSTEM)
    return tasks[0]


def _delete_all(labels: MediaLabels, writer: LabelWriter) -> None:
    writer.deleted += labels.rows()
    writer.replaces = writer.replaces or bool(labels.roots)
    labels.roots = []


# ------------------------------------------------------------------------------- global classifications


def read_global_classifications(
    given: Mapping[str, Json], labels: MediaLabels, config: LabelConfig, writer: LabelWriter
) -> None:
    """Create values of ALL root classifications, then update in place those that are given (protocol 2.9)."""
    roots = create_missing(labels, config, writer)
    for key, classification in given.items():
        # The first root that bears exactly this key, whatever the database thinks of case (protocol 2.6 row 4).
        found = next((pair for pair in roots if pair[0].key == key), None)
        if found is None:
            raise generic("wrong_entry_id", key)
        read_values_tree(*found, classification, writer)


def read_values_tree(label_class: LabelClass, value: Value, given: Json, writer: LabelWriter) -> None:
    """Update one classification value, then the value that is nested in it."""
    elements = _array(given)
    _update_value(label_class, value, [text for text in elements if isinstance(text, str)], writer)
    for element in elements:
        if isinstance(element, dict):
            if not element:
                raise Refused(500, SYSTEM)  # protocol 2.6 row 9
            key, nested = next(iter(element.items()))  # protocol 2.7: a second is dropped
            _read_nested(label_class, value, key, nested, writer)


def _read_nested(label_class: LabelClass, value: Value, key: str, nested: Json, writer: LabelWriter) -> None:
    child_class = _class_of_key(label_class.children, key)  # protocol 2.6 row 5
    writer.flush()
    for child in value.children:
        if child.label_class == child_class.number:
            read_values_tree(child_class, child, nested, writer)
            return
    raise not_found("LabelEntryValue", "lcEntryKey:", key)  # protocol 2.6 row 11


def _update_value(label_class: LabelClass, value: Value, texts: list[str], writer: LabelWriter) -> None:
    """Set the texts: one for SELECT and FREETEXT, one or more for CHECKLIST; else change nothing (protocol 2.7)."""
    match label_class.type:
        case ClassType.SELECT | ClassType.FREETEXT:
            if len(texts) != 1:
                return
        case ClassType.CHECKLIST:
            if not texts:
                return
            writer.deleted += len(value.texts)
            writer.written += len(texts)
        case _:
            raise generic("entry_type_not_found", "entry type")
    value.texts = texts
    validate(value, label_class)
    value.texts = [writer.fits(text) for text in value.texts]


# -------------------------------------------------------------------------------------------- geometries


def read_labels(
    given: Mapping[str, Json], labels: MediaLabels, config: LabelConfig, writer: LabelWriter
) -> None:
    """Append all geometries, whatever the media holds already (protocol 2.9)."""
    for key, geometries in given.items():
        label_class = _class_of_key(config.roots, key)  # protocol 2.6 row 2, also for an empty array
        for geometry in _array(geometries):
            labels.roots.append(value := create_tree(labels, label_class, writer))
            read_geometry(_as_object(geometry), label_class, value, writer)
            _read_nested_geometries(_as_object(geometry), label_class, value, labels, writer)


def read_geometry(
    geometry: Mapping[str, Json], label_class: LabelClass, value: Value, writer: LabelWriter
) -> None:
    """Read the geometry keys that are there, in the fixed order (protocol 2.7), then the classifications."""
    for form in _GEOMETRY_KEYS:
        if form in geometry:
            for coordinates in _array(geometry[form]):
                _read_coordinates(_as_object(coordinates), label_class, value, writer)
            validate(value, label_class)
    read_classifications(_object(geometry, "classifications"), label_class, value, writer)


def _read_nested_geometries(
    geometry: Mapping[str, Json],
    parent_class: LabelClass,
    parent: Value,
    labels: MediaLabels,
    writer: LabelWriter,
) -> None:
    # `nested_geometries` has no type; what is not an object means "none" (protocol 2.5). One level only (protocol 2.7).
    for key, nested in _object(geometry, "nested_geometries").items():
        label_class = _class_of_key(parent_class.children, key)  # protocol 2.6 row 3
        for one in _array(nested):
            if not label_class.type.is_geometry:
                # Its classifications have their one value already; the server counts them by type.
                raise generic("entry_value_validation", label_class.type.value)
            parent.children.append(value := create_tree(labels, label_class, writer))
            read_geometry(_as_object(one), label_class, value, writer)


def _read_coordinates(
    coordinates: Mapping[str, Json], label_class: LabelClass, value: Value, writer: LabelWriter
) -> None:
    kind = label_class.type
    match kind:
        case ClassType.RECTANGLE:
            for key, number in coordinates.items():
                if key not in _RECTANGLE_SLOTS:
                    raise generic("entry_type_not_found", kind.value)  # protocol 2.6 row 8
                value.numbers[_RECTANGLE_SLOTS[key]] = _double(number, writer, "entry_type_not_found", kind)
        case ClassType.POINT:
            value.numbers = _point(coordinates, kind, writer)  # the last one wins
        case ClassType.LINE | ClassType.POLYGON:
            value.numbers += _point(coordinates, kind, writer)
            writer.written += 1
        case _:
            raise generic("entry_type_not_found", kind.value)  # protocol 2.6 row 7


def _point(coordinates: Mapping[str, Json], kind: ClassType, writer: LabelWriter) -> list[float | None]:
    if len(coordinates) != 2:
        # Protocol 2.6 row 6: the schema lets only w and h come here.
        raise generic("entry_value_validation", kind.value)
    return [_double(coordinates[key], writer, "entry_value_validation", kind) for key in ("x", "y")]


def _double(coordinate: Json, writer: LabelWriter, refusal: str, kind: ClassType) -> float:
    # The schema takes line separators of Unicode after the digits for the end of the text, Java's
    # `parseDouble` does not: protocol 2.6 row 6, or protocol 2.6 row 8.
    if isinstance(coordinate, str) and not coordinate.isascii():
        raise generic(refusal, kind.value)
    return writer.number(coordinate)


def read_classifications(
    given: Mapping[str, Json], label_class: LabelClass, value: Value, writer: LabelWriter
) -> None:
    """Update the classifications of a geometry; keys are compared to the letter (protocol 2.6 row 5)."""
    by_number = {child.number: child for child in label_class.children}
    for key, classification in given.items():
        for child in value.children:
            child_class = by_number[child.label_class]
            if child_class.key == key:
                read_values_tree(child_class, child, classification, writer)
                break
        else:
            raise generic("wrong_entry_id", key)


# --------------------------------------------------------------------------------------- keys and shapes


def _class_of_key(among: Sequence[LabelClass], key: str) -> LabelClass:
    wanted = fold(key)
    found = [label_class for label_class in among if fold(label_class.key) == wanted]
    if not found:
        raise generic("wrong_entry_id", key)
    if len(found) > 1:
        raise Refused(500, SYSTEM)  # protocol 2.6 row 10
    return found[0]


def _object(holder: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    return _as_object(holder.get(key))


def _as_object(given: Json) -> Mapping[str, Json]:
    return given if isinstance(given, dict) else {}


def _array(given: Json) -> Sequence[Json]:
    return given if isinstance(given, list) else ()
