"""How far all shards are together, by the signs of life of their tasks. Pure: the time is a parameter."""

from __future__ import annotations

from bulk_importer.distributed.engines.orders import Sign
from bulk_importer.events import Advanced

__all__ = ["FleetStanding"]


class FleetStanding:
    """The sum of what is known of each shard, which may be late and is never wrong for long.

    Args:
        entries: of the source.
    """

    def __init__(self, source: str, entries: int) -> None:
        self._source = source
        self._entries = entries
        # Changed by `meet`, `know` and `leave`: settled and rejected by shard, and when each turn gave its last sign.
        self._known: dict[int, tuple[int, int]] = {}
        self._signs: dict[tuple[int, int], float] = {}

    def know(self, index: int, settled: int, rejected: int) -> None:
        """What the place says of a shard counts, whatever was heard."""
        self._known[index] = (settled, rejected)

    def meet(self, sign: Sign, now: float) -> None:
        """Take a sign of life into account."""
        if sign.is_over:
            self._signs.pop((sign.index, sign.attempt), None)
            return
        self._signs[sign.index, sign.attempt] = now
        known = self._known.get(sign.index, (0, 0))
        self._known[sign.index] = max(known, (sign.settled, sign.rejected))

    def leave(self, index: int, attempt: int) -> None:
        """No sign of this turn is waited for any more."""
        self._signs.pop((index, attempt), None)

    def is_silent(self, index: int, attempt: int, now: float, seconds: float) -> bool:
        """Whether a turn that was at work has given no sign for so long."""
        return now - self._signs.get((index, attempt), now) > seconds

    @property
    def at_work(self) -> int:
        """How many turns are at work, as far as is known."""
        return len(self._signs)

    def advanced(self) -> Advanced:
        """How far they are, for whoever shows it."""
        settled = sum(settled for settled, _ in self._known.values())
        rejected = sum(rejected for _, rejected in self._known.values())
        return Advanced(
            work=f"importing {self._source.rsplit('/', 1)[-1]}",
            done=min(settled, self._entries),
            total=self._entries,
            unit="entries",
            beside={"rejected": rejected, "at work": self.at_work},
        )
