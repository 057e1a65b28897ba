"""What may stand in an entry, whatever it looks like.

Only what is worth no error and no warning: keys in another case, a line under a polygon class, classes of one key and
the like are in no specification, so that no form made of it takes them.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bulk_importer.intake.validation.forms.code import Form
from bulk_importer.intake.validation.forms.coordinates import Shape

__all__ = ["Answers", "Classes", "Place", "Question", "Spec"]


class Question(msgspec.Struct, frozen=True):
    """A classification.

    Attributes:
        text: the type of one of its texts; None where none is possible.
        may_have_several: texts.
        is_required: the configuration wants it answered.
        is_expected: a note is due where it is not given.
        most_units: UTF-16 units of a text, as the server counts; None where nobody does.
        below: the classifications that may stand in it; None: those among which it stands itself.
    """

    text: Form
    may_have_several: bool
    is_required: bool = False
    is_expected: bool = False
    most_units: int | None = None
    below: Answers | None = None


class Answers(msgspec.Struct, frozen=True):
    """The classifications that may stand at one place.

    Attributes:
        questions: those of known keys.
        other: what every other key means, where keys are not known.
        optional, required: how many notes are due of either kind where none of them is given.
    """

    questions: Mapping[str, Question] = msgspec.field(default_factory=dict)
    other: Question | None = None
    optional: int = 0
    required: int = 0

    def question(self, key: str) -> Question | None:
        """The classification of that key."""
        return self.questions.get(key, self.other)


class Place(msgspec.Struct, frozen=True):
    """What may stand in the geometries of one class: one of `shapes`, by the key of coordinates, and more."""

    shapes: Mapping[str, Shape]
    answers: Answers
    nested: Classes | None


class Classes(msgspec.Struct, frozen=True):
    """The classes of geometries that may stand at one place; `other` is that of any key, where they are not known."""

    places: Mapping[str, Place] = msgspec.field(default_factory=dict)
    other: Place | None = None

    def place(self, key: str) -> Place | None:
        """The class of that key."""
        return self.places.get(key, self.other)


class Spec(msgspec.Struct, frozen=True):
    """What may stand in an entry."""

    answers: Answers
    classes: Classes
