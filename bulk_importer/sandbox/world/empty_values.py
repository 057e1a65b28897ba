"""Creates the empty label values that a media holds because its label configuration has a class for them.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from bulk_importer.sandbox.world.classes import LabelClass, LabelConfig
from bulk_importer.sandbox.world.label_writer import LabelWriter
from bulk_importer.sandbox.world.values import MediaLabels, Value

__all__ = ["create_missing", "create_tree", "extend_nested"]


def create_tree(labels: MediaLabels, label_class: LabelClass, writer: LabelWriter) -> Value:
    """Make an empty value with the classifications that belong to it, to be put where it belongs."""
    value = writer.new_value(labels, label_class)
    # Nested geometries are not created with their parent: there can be any number of them.
    for child in label_class.children:
        if not child.type.is_geometry:
            value.children.append(create_tree(labels, child, writer))
    return value


def create_missing(
    labels: MediaLabels, config: LabelConfig, writer: LabelWriter
) -> list[tuple[LabelClass, Value]]:
    """Create the global classification values that a media lacks.

    Returns:
        Each root classification with its value, the oldest one if there are several.
    """
    oldest: dict[int, Value] = {}
    for value in labels.roots:
        oldest.setdefault(value.label_class, value)
    roots = []
    for root in config.root_classifications():
        if root.number not in oldest:
            oldest[root.number] = create_tree(labels, root, writer)
            labels.roots.append(oldest[root.number])
        roots.append((root, oldest[root.number]))
    return roots


def extend_nested(labels: MediaLabels, config: LabelConfig, writer: LabelWriter) -> None:
    """Create nested values of classifications that the configuration got later, as reading a task does (protocol 3.4).

    Only classes of which the media holds no value at all get values, and none below nested geometries.
    """
    held = {value.label_class for value in labels.walk()}

    def extend(values: Sequence[Value], label_class: LabelClass) -> None:
        for child in label_class.children:
            if child.type.is_geometry:
                continue
            if child.number in held:
                nested = [
                    one for value in values for one in value.children if one.label_class == child.number
                ]
                extend(nested, child)
            else:
                for value in values:
                    value.children.append(create_tree(labels, child, writer))

    for root in config.roots:
        extend([value for value in labels.roots if value.label_class == root.number], root)
