"""Finds the checkpoints that a person means by a folder, and tells of several as of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bulk_importer.errors import UsageError

__all__ = ["COUNTS", "one_checkpoint_in", "together"]

COUNTS = ("entries", "delivered", "rejected", "skipped", "in_doubt", "owed")
"""What is added up over several checkpoints."""

_MOST_NAMED = 10


def one_checkpoint_in(folder: Path) -> Path:
    """The only one.

    Raises:
        UsageError: there are several.
    """
    from bulk_importer.checkpoint.places import checkpoints_in

    found = checkpoints_in(folder) or [folder]
    if len(found) > 1:
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        raise UsageError(
            f"{folder} holds {len(found)} checkpoints. Name one of them: "
            f"{', '.join(map(str, found[:_MOST_NAMED]))}{more}."
        )
    return found[0]


def together(found: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> dict[str, Any]:
    """One object of the same shape for one checkpoint and for many.

    Args:
        found: what there is to say of each, at least one.
        whole: what is said of all together, besides the sums.

    Returns:
        The keys of one, and `checkpoints` with each. Of several only `whole` and sums stand outside of that.
    """
    if len(found) == 1:
        return {**found[0], **whole, "checkpoints": [dict(found[0])]}
    sums = {name: sum(facts.get(name, 0) for facts in found) for name in COUNTS}
    return {**whole, **sums, "checkpoints": [dict(facts) for facts in found]}
