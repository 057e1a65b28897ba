"""Sources that can be read in shares: a plan of them, made once, and each read for itself, in whatever process.

Pure. A format whose files are large has a function `plans` beside `read`: what has to be known of a source as a whole
is found out when a plan is made, and a share has all else that its pictures need. Shares are in the order of the
source, so that what is read of them one after the other is what `read` gives. What belongs to no plan, and cannot be
carried, stands between them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Protocol

from bulk_importer.formats.choices import Choices
from bulk_importer.formats.members import Members
from bulk_importer.formats.model import Left, Picture

__all__ = ["SORTING", "Plan", "Share", "read_in_shares"]

SORTING = "sorting by picture"
"""What a reader says that it does while it puts a source into another order, in scratch room."""


class Share(Protocol):
    """Some pictures that follow each other. It can be pickled.

    Attributes:
        weight: how much of the weight of its plan it is, about.
    """

    @property
    def weight(self) -> int: ...

    def read(
        self, ground: Any, members: Members, choices: Choices, note: Callable[[str], None]
    ) -> Iterator[Picture | Left]:
        """Its pictures, and what cannot be carried.

        Args:
            ground: that of its plan.
            note: called with what `Plan.finish` has to know.

        Raises:
            SourceUnreadable: a file of it cannot be read.
            ChoiceNeeded: it can be read in more than one way.
        """


class Plan(Protocol):
    """How a source, or one document of it, is read.

    Attributes:
        ground: what all shares are read by; it can be pickled.
        unit: of weights, for people: `bytes`, or what else is counted.
        weight: of all shares together, about.
    """

    unit: str

    @property
    def ground(self) -> Any: ...

    @property
    def weight(self) -> int: ...

    def shares(self) -> Iterator[Share | Left]:
        """The shares, made as they are asked for, and what cannot be carried that belongs to none."""

    def finish(self, noted: Collection[str]) -> None:
        """Look at what was noted in all shares. Raises `ChoiceNeeded` where that leaves a doubt."""


def read_in_shares(
    plans: Iterable[Plan | Left], members: Members, choices: Choices
) -> Iterator[Picture | Left]:
    """All that the plans hold, share by share, with what is left behind between them. Raises as they do."""
    for plan in plans:
        if isinstance(plan, Left):
            yield plan
            continue
        noted: set[str] = set()
        for share in plan.shares():
            if isinstance(share, Left):
                yield share
            else:
                yield from share.read(plan.ground, members, choices, noted.add)
        plan.finish(noted)
