"""Where in the project something may go: the label configuration, asked by name; or no configuration, which takes all.

Pure. Names are compared as the server compares them: without regard to case, accents and blanks at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from bulk_importer.labels.entry import lane_of
from bulk_importer.labels.label_config import CLASSIFICATIONS, LabelClass, LabelConfig
from bulk_importer.labels.values import meant

__all__ = ["Place", "Question", "places_of"]


@dataclass(frozen=True)
class Question:
    """A classification: its key as configured, and what it is, where that is known."""

    key: str
    label: LabelClass | None = None

    @cached_property
    def below(self) -> Place:
        """Where the questions that hang on it stand."""
        return Place(None) if self.label is None else Place(self.label.children, self.label)

    def option(self, value: str) -> str | None:
        """The value as configured; None where the question does not have it."""
        if self.label is None or self.label.options is None or value in self.label.options:
            return value
        return next((each for each in self.label.options if lane_of(each) == lane_of(value)), None)

    def meant(self, value: str) -> str:
        """What may stand in place of a value that it does not have, for people."""
        return meant(value, (self.label and self.label.options) or ())


@dataclass(frozen=True)
class Place:
    """A class, or the root of the configuration, with what may stand below it.

    Attributes:
        children: None where there is no configuration: then everything has a place.
        label: None at the root, and where there is no configuration.
        key: of the class as it must be written; empty at the root.
    """

    children: tuple[LabelClass, ...] | None
    label: LabelClass | None = None
    key: str = ""

    def shape(self, key: str) -> Place | None:
        """The class of shapes of this name."""
        if self.children is None:
            return Place(None, None, key)
        label = self._shapes.get(lane_of(key))
        return None if label is None else Place(label.children, label, label.key)

    def question(self, key: str) -> Question | None:
        """The classification of this name."""
        if self.children is None:
            return Question(key)
        label = self._questions.get(lane_of(key))
        return None if label is None else Question(label.key, label)

    def questions_with(self, option: str) -> list[tuple[Question, str]]:
        """The classifications that have this option, each with the option as configured."""
        asked = (Question(label.key, label) for label in self._questions.values() if label.options)
        return [(each, found) for each in asked if (found := each.option(option)) is not None]

    def meant_shape(self, key: str) -> str:
        """What may stand in place of a class that is not here, for people."""
        return meant(key, [each.key for each in self._shapes.values()])

    def meant_question(self, key: str) -> str:
        """What may stand in place of a classification that is not here, for people."""
        return meant(key, [each.key for each in self._questions.values()])

    @cached_property
    def _shapes(self) -> dict[str, LabelClass]:
        return _by_name(each for each in self.children or () if each.type not in CLASSIFICATIONS)

    @cached_property
    def _questions(self) -> dict[str, LabelClass]:
        return _by_name(each for each in self.children or () if each.type in CLASSIFICATIONS)


def _by_name(labels: Iterable[LabelClass]) -> dict[str, LabelClass]:
    found: dict[str, LabelClass] = {}
    for each in labels:
        found.setdefault(lane_of(each.key), each)
    return found


def places_of(config: LabelConfig | None) -> Place:
    """The root of a configuration; of one that names neither parents nor options (`flat`), as if there were none."""
    return Place(None if config is None or config.flat else config.roots)
