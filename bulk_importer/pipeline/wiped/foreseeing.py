"""Finds out, before anything of several new sources is sent, which of their entries wipe what earlier ones bring.

By the time a later source is read, the earlier ones are delivered. So sources that can be read twice are read once
before anything is sent, and judged as they will be. What is found is only said: when the turn of a source comes, the
same is found again, and counted or rejected.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from bulk_importer.checkpoint import read_state
from bulk_importer.errors import CheckpointError, CheckpointUnusable, InputError, UsageError
from bulk_importer.intake import Intake, IntakeOptions
from bulk_importer.intake.validation.rules import Rules
from bulk_importer.model import Finding, ReadPlan, Segment
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.sources import Source

__all__ = ["Foreseen", "Opener", "Upcoming", "foresee", "new_among"]

_ONCE = "it can be read once only"


class Upcoming(NamedTuple):
    """A source as it will be imported: what entries will be checked against, and how they are read."""

    source: Source
    rules: Rules
    options: IntakeOptions


Opener: TypeAlias = Callable[[str], AbstractAsyncContextManager[Upcoming]]
"""Opens a source of the command by its name, and closes it behind the block."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one source would do to labels that its own earlier entries, or other sources, bring.

    Attributes:
        count: how many of its entries wipe what an earlier one brings.
        first: the first of them; None where there is none.
        unknown: what could not be found out, a phrase; empty where all could.
    """

    source: str
    count: int = 0
    first: Finding | None = None
    unknown: str = ""


def new_among(folders: Sequence[Path]) -> list[int]:
    """The indexes in `folders` of checkpoints that are not begun; none where one was begun and is not at its end.

    An import that is resumed said when it began what it does.
    """
    new = []
    for place, folder in enumerate(folders):
        try:
            if read_state(folder)[1].end is None:
                return []
        except CheckpointUnusable:
            new.append(place)
        except CheckpointError:
            return []
    return new


async def foresee(
    sources: Sequence[str],
    before: Mentions,
    opened: Opener,
    *,
    passed: Callable[[str, Segment], None] = lambda *_: None,
) -> list[Foreseen]:
    """Read new sources, in order, and say of each what it would wipe. Safe to cancel.

    Args:
        before: what other sources of the command have on record.
        opened: opens one of them.
        passed: receives each segment, with its source, when it was read.
    """
    others = Mentions()
    others.join(before)
    return [await _foresee_one(source, opened, others, passed) for source in sources]


async def _foresee_one(
    name: str, opened: Opener, others: Mentions, passed: Callable[[str, Segment], None]
) -> Foreseen:
    if not _is_at_rest(name):
        return Foreseen(name, unknown=_ONCE)
    wiped: WipedEntries | None = None
    count, first, unknown = 0, None, ""
    try:
        async with opened(name) as (source, rules, options):
            if not source.repeatable:
                return Foreseen(name, unknown=_ONCE)
            wiped = WipedEntries(rules, others=others)
            async with Intake(source, ReadPlan(), rules, options) as intake:
                async for segment in intake:
                    examined, findings = wiped.examined(segment)
                    count += len(findings)
                    first = first or next(iter(findings), None)
                    passed(name, examined)
    except (InputError, UsageError) as error:
        unknown = str(error)  # up to there it is imported as well
    if wiped is None:
        return Foreseen(name, unknown=unknown)
    others.join(wiped.mentions)
    return Foreseen(name, count, first, unknown or wiped.unknown)


def _is_at_rest(name: str) -> bool:
    """Whether opening and closing a source leaves it as it was. A named pipe would break."""
    if "://" in name:
        return True
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode if name == "-" else os.stat(name).st_mode
    except (OSError, ValueError):
        return True  # opening it says what is wrong
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)
