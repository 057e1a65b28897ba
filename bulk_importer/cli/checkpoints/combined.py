"""Puts what there is to say of several checkpoints into one object, of the same keys for one and for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["COUNTS", "combined"]

COUNTS = ("entries", "delivered", "rejected", "skipped", "in_doubt", "owed")
"""The keys whose values are added up over several checkpoints."""


def combined(found: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> dict[str, Any]:
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
