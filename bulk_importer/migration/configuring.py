"""Adds to the label configuration of a project what it lacks of another, and proves what became of it.

What is there is read right before, sent back with the additions, and read again: nothing is taken away, renamed or
changed. Where somebody else changed it since it was compared, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bulk_importer.datagym.config_change import ConfigChange
from bulk_importer.errors import LabelConfigChanged
from bulk_importer.labels.comparison.extending import extension, unlike

__all__ = ["Extended", "extend_config"]

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Extended:
    """What was added to a label configuration.

    Attributes:
        entries: the configuration as it is now.
        added: paths of classes, and of options behind an equals sign.
        left: what it lacks all the same, each with why.
    """

    entries: list[dict[str, Any]]
    added: Sequence[str]
    left: Sequence[str]


async def extend_config(
    change: ConfigChange, compared: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]
) -> Extended:
    """Add what is missing.

    Args:
        compared: the configuration of the project as it was when a person was shown what it lacks.
        wanted: classes as the server writes them, with the names that they shall have.

    Raises:
        LabelConfigChanged: somebody else changes it at the same time. Where it is not told that nothing was sent, what
            is there now is to be looked at.
        UsageError, ServerError: as `ConfigChange.put`.
    """
    before = await change.read()
    if found := unlike(compared, before):
        raise LabelConfigChanged(
            f"The label configuration of the project was changed since it was compared: {_listed(found)}. Nothing was "
            "sent; run the same command again, which compares anew."
        )
    grown = extension(before, wanted)
    if not grown.added:
        return Extended(before, (), grown.left)

    async def is_there() -> bool:
        return not unlike(grown.entries, await change.read())

    await change.put(grown.entries, is_first=not before, is_done=is_there)
    now = await change.read()
    if found := unlike(grown.entries, now):
        raise LabelConfigChanged(
            f"The label configuration of the project is not what it should be with what was added: {_listed(found)}. "
            "Somebody changed it at the same time, or the server made something else of it. Look at it in DataGym; "
            "nothing of what was there was left out."
        )
    return Extended(now, grown.added, grown.left)


def _listed(found: Sequence[str]) -> str:
    more = len(found) - _MOST_NAMED
    return "; ".join(found[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
