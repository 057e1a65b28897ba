"""What an annotation of COCO says beside its shape: the attributes of CVAT, and whatever tools write beside the format.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bulk_importer.formats.model import Answer, Number
from bulk_importer.formats.numbers import is_number

__all__ = ["answer_of", "rotation_of", "values_of"]

_FORMAT = frozenset(
    {
        "area",
        "attributes",
        "bbox",
        "category_id",
        "id",
        "ignore",
        "image_id",
        "iscrowd",
        "keypoints",
        "num_keypoints",
        "segmentation",
    }
)
"""What is not an attribute; `ignore` and `iscrowd` are where they are set."""


def rotation_of(row: Mapping[str, Any]) -> Number:
    """Degrees by which CVAT turns a box about its centre; it writes the box as it was before."""
    attributes = row.get("attributes")
    found = attributes.get("rotation") if isinstance(attributes, Mapping) else None
    return found if is_number(found) else 0


def values_of(row: Mapping[str, Any], *, is_box: bool) -> Iterator[tuple[str, Any]]:
    """Names and values of its attributes: CVAT's, what stands beside the format, and the flags that are set."""
    attributes = row.get("attributes")
    if isinstance(attributes, Mapping):
        for name, value in attributes.items():
            is_silent = value is False and name == "occluded"  # CVAT writes it of each object
            if not is_silent and not (name == "rotation" and (is_box or value == 0)):
                yield name, value
    elif attributes:
        yield "attributes", attributes
    for name, value in row.items():
        if name not in _FORMAT:
            yield name, value
        elif name in ("iscrowd", "ignore") and value:
            yield name, True


def answer_of(value: Any) -> Answer | None:
    """A value as texts; None of what has names of its own below it."""
    if isinstance(value, Mapping):
        return None if value else Answer(())
    if isinstance(value, list):
        if any(isinstance(each, Mapping | list) for each in value):
            return None
        return Answer(tuple(_text(each) for each in value if each is not None))
    return Answer(()) if value is None or value == "" else Answer((_text(value),))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
