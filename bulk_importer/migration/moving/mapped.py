"""What comes of the labels of a media when they are moved: lines for the other project, and what stays behind. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

__all__ = ["LeftBehind", "Line", "Mapped"]


class LeftBehind(msgspec.Struct, frozen=True, omit_defaults=True):
    """A label that does not come to the other project, or not all that is said of it.

    Attributes:
        media_id: in the project where it is.
        pointer: of the label in its entry, or where it would have its place; empty for all labels of a class.
        key: of its class or classification.
        why: for people.
        is_chosen: the class map leaves it out.
        labels: how many.
    """

    media_id: str
    name: str | None
    pointer: str
    key: str
    why: str
    is_chosen: bool = False
    labels: int = 1


class Line(NamedTuple):
    """An entry for the other project, and its labels by the class that they have where they come from."""

    raw: bytes
    carried: Counter[str]


@dataclass(slots=True)
class Mapped:
    """What came of one media.

    Attributes:
        media_id, name: of the media, where it is; the name is empty where it has none.
        state: of its task there.
        lines: the entries, in the order in which they must be sent; none where no label is carried.
        left: labels that stay behind.
        altered: labels that are carried without something that is said of them.
        read: labels by the class that they have where they come from.
        is_wanted: its task is in a state that was asked for.
        is_whole: no line was rejected; changed by whoever knows.
    """

    media_id: str
    name: str
    state: str
    lines: list[Line] = field(default_factory=list)
    left: list[LeftBehind] = field(default_factory=list)
    altered: list[LeftBehind] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    is_wanted: bool = True
    is_whole: bool = True
