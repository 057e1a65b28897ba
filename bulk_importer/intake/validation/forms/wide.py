"""What a wide form has to offer: to the judge a type and a count, and to a narrow form what that is made of.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["Answers", "ElementCount", "Form", "Ground", "Place", "Question", "WideForm", "struct_of"]

# Types that exist only at run time have no static type.
Form: TypeAlias = Any


class ElementCount(NamedTuple):
    """What was counted in an entry.

    Attributes:
        keys: keys of all objects, without those of the entry that the server ignores.
        weight: 1 + geometries + classification values + points of lines and polygons.
        notes: findings that are only counted, by code.
    """

    keys: int
    weight: int
    notes: Sequence[tuple[str, int]] = ()


class Question(NamedTuple):
    """A classification as a wide form knows it.

    Attributes:
        one: the type of a list of exactly one text.
        many: the type of a list of one or more texts; None where there may be but one.
        omitted, required: what giving it adds to the number of classifications that are not given (usually it takes
            itself from it, and adds what it asks in turn), of the optional and of the required ones.
    """

    one: Form
    many: Form | None
    omitted: int
    required: int


class Answers(Protocol):
    """The classifications at one place. `optional` and `required`: how many can be given there, as far as is known."""

    @property
    def optional(self) -> int: ...

    @property
    def required(self) -> int: ...

    def question(self, key: str) -> Question | None:
        """The classification of that key; None if it is not for a narrow form."""


class Ground(Protocol):
    """The classes at one place."""

    def place(self, key: str, shape: str) -> Place | None:
        """Where geometries of that class and shape stand; None if they are not for a narrow form."""


class Place(NamedTuple):
    """What may stand in the geometries of one class; `nested` is None where nothing may be nested."""

    answers: Answers
    nested: Ground | None


class WideForm(Protocol):
    """A form of an entry that knows all that is ordinary, and what a narrow one is made of.

    Attributes:
        type: what to decode.
        answers: the global classifications.
        ground: the classes of geometries.
    """

    @property
    def type(self) -> Form: ...

    @property
    def answers(self) -> Answers: ...

    @property
    def ground(self) -> Ground: ...

    def tally(self, entry: Form) -> ElementCount | None:
        """Count a decoded entry; None if it needs the exact look."""


def struct_of(name: str, fields: Iterable[tuple[str, Form, bool]], *, named: bool = False) -> Form:
    """A form of an object with these (key, type, always there) and no other keys.

    Unless `named`, its attributes are numbered (`at0`, ...): keys may hold blanks.
    """
    listed = list(fields)
    names = {key if named else f"at{place}": key for place, (key, _, _) in enumerate(listed)}
    made: list[tuple[str, Form] | tuple[str, Form, Form]] = [
        (attribute, form) if always else (attribute, form | UnsetType, UNSET)
        for attribute, (_, form, always) in zip(names, listed, strict=True)
    ]
    return msgspec.defstruct(name, made, rename=names, forbid_unknown_fields=True, gc=False, kw_only=True)
