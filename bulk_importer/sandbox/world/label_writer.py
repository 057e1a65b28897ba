"""What a transaction that writes labels works with: where they stand, who writes, and what does not fit.

Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from bulk_importer.sandbox.refusals import SYSTEM, Refused
from bulk_importer.sandbox.world.classes import ClassType, LabelClass
from bulk_importer.sandbox.world.collation import as_stored
from bulk_importer.sandbox.world.values import MediaLabels, Value

__all__ = ["LabelStore", "LabelWriter", "create_tree"]


class LabelStore(Protocol):
    """Where the labels stand, seen from inside one transaction."""

    def default_tasks(self, media_id: str) -> Sequence[int]:
        """The tasks of type DEFAULT of the project for that media, ids compared as the database does."""
        ...

    def labels(self, task: int) -> MediaLabels:
        """The labels of a task, to be changed in place; the same object each time."""
        ...

    def mark_uploaded(self, task: int) -> None:
        """Set `hasJsonUpload`, which is never reset (protocol 2.10)."""
        ...


class LabelWriter:
    """Who writes, when, and how much was written: what the cost of a request follows from.

    Attributes:
        written, deleted: rows of the real server's tables (values, points, checklist values).
        replaces: whether a media that held labels was emptied.
    """

    def __init__(self, now_ms: int, by_token: bool) -> None:
        self.now_ms = now_ms
        self.by_token = by_token
        self.written = 0
        self.deleted = 0
        self.replaces = False
        self._does_not_fit = False

    def new_value(self, labels: MediaLabels, label_class: LabelClass) -> Value:
        """An empty value of that class, not valid until it is looked at; one row."""
        sequence = labels.next_sequence
        labels.next_sequence = sequence + 1
        numbers: list[float | None] = []
        match label_class.type:
            case ClassType.RECTANGLE:
                numbers = [None, None, None, None]
            case ClassType.POINT:
                numbers = [None, None]
            case _:
                pass  # lines and polygons begin without points, the others have none
        self.written += 1
        return Value(sequence, label_class.number, self.now_ms, self.by_token, False, numbers, [], [])

    def fits(self, text: str) -> str:
        """The text as the database gives it back; one that it refuses fails at the next `flush`."""
        stored = as_stored(text)
        if stored is None:
            self._does_not_fit = True
            return ""
        return stored

    def number(self, coordinate: object) -> float:
        """The nearest double of a number or a string of digits (protocol 3.7); a zero below zero becomes zero.

        Beyond the doubles there is nothing that the column could hold: that fails at the next `flush`.
        """
        try:
            number = float(coordinate) + 0.0  # type: ignore[arg-type]  # the schema lets nothing else through
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            self._does_not_fit = True
        return number

    def flush(self) -> None:
        """The server writes to its database: `Refused` for what does not fit a column (protocol 2.6 row 12)."""
        if self._does_not_fit:
            raise Refused(500, SYSTEM)


def create_tree(labels: MediaLabels, label_class: LabelClass, hand: LabelWriter) -> Value:
    """An empty value with its classifications, to be put where it belongs."""
    value = hand.new_value(labels, label_class)
    # Nested geometries are not created with their parent: there can be any number of them.
    for child in label_class.children:
        if not child.type.is_geometry:
            value.children.append(create_tree(labels, child, hand))
    return value
