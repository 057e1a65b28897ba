"""Writes label values within one transaction: who writes, how many rows that is, and what does not fit a column.

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

__all__ = ["LabelStore", "LabelWriter"]


class LabelStore(Protocol):
    """The labels of a project, as one transaction sees and changes them."""

    def default_tasks(self, media_id: str) -> Sequence[int]:
        """The project's tasks of type DEFAULT for a media. Ids are compared as the database compares texts."""
        ...

    def labels(self, task: int) -> MediaLabels:
        """The labels of a task: the same object each time, to be changed in place."""
        ...

    def mark_uploaded(self, task: int) -> None:
        """Set `hasJsonUpload`, which is never reset (protocol 2.10)."""
        ...


class LabelWriter:
    """Makes values in the name of one caller at one time, and counts rows, from which the cost of a request follows.

    Attributes:
        written, deleted: rows of the real server's tables: values, points, checklist values.
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
        """Make an empty value of a class, to be put where it belongs. It is not valid; it counts as one row."""
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
        """The text as the database gives it back. A text that the database refuses fails at the next `flush`."""
        stored = as_stored(text)
        if stored is None:
            self._does_not_fit = True
            return ""
        return stored

    def number(self, coordinate: object) -> float:
        """The nearest double of a number or a string of digits (protocol 3.7); negative zero becomes zero.

        What is too large for a double does not fit the column and fails at the next `flush`.
        """
        try:
            number = float(coordinate) + 0.0  # type: ignore[arg-type]  # the schema lets nothing else through
        except OverflowError:
            number = math.inf
        if math.isinf(number):
            self._does_not_fit = True
        return number

    def flush(self) -> None:
        """Write to the server's database: raises `Refused` if something did not fit (protocol 2.6 row 12)."""
        if self._does_not_fit:
            raise Refused(500, SYSTEM)
