"""What a task makes of what its child says on standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bulk_importer.distributed.engines.orders import Order
from bulk_importer.distributed.engines.shard_task import Counted


def counted(*told: Mapping[str, Any]) -> Counted:
    order = Order(version="1", program="a:b", arguments=(), index=3, attempt=1, topic="t")
    seen = Counted(order)
    for each in told:
        seen.see(each)
    return seen


def test_what_was_settled_before_counts_as_well() -> None:
    sign = counted(
        {"event": "RunStarted", "settled": 10, "rejected": 2},
        {"event": "SegmentRead", "skipped": 1},
        {"event": "BatchDelivered", "entries": 5},
        {"event": "EntriesRejected", "spans": [[4, 6], [9, 10]]},
    ).sign()
    assert (sign.index, sign.settled, sign.rejected) == (3, 19, 5)


def test_the_last_error_is_kept_and_nothing_else_that_is_said() -> None:
    seen = counted(
        {"level": "info", "message": "Working on shard 3"},
        {"level": "error", "message": "The token is refused."},
        {"level": "warning", "message": "Slow."},
        {"event": "Something", "settled": "no number"},
    )
    assert seen.words == "The token is refused."
