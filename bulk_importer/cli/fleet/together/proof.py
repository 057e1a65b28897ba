"""Puts together what is proven of the shards of a plan, for `verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from bulk_importer.cli.fleet.together.naming import shards_text, states_text
from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.totals import facts_of, whole_of
from bulk_importer.distributed.gathering.values import ShardState
from bulk_importer.distributed.keeping.opening import checkpoint_at
from bulk_importer.distributed.places.open import open_place
from bulk_importer.distributed.work.opening import opened_shard
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.media.names.making import NAMES
from bulk_importer.observe import route_text
from bulk_importer.readable import counted
from bulk_importer.sources import Source

__all__ = ["ProofOfAll"]


class ProofOfAll:
    """The proof of a plan: go through its `folders` once, and `add` what is proven of each."""

    def __init__(self, named: str) -> None:
        """Look at the plan that lies there.

        Raises:
            UsageError: there is none.
            CheckpointError: it cannot be read.
        """
        self._place = open_place(named)
        self._gathered = gather(self._place)
        # Changed by `add` alone: what is proven of shards, by their index.
        self._found: dict[int, Mapping[str, Any]] = {}

    def folders(self) -> Iterator[tuple[int, Path]]:
        """The shards of which something is on record, each with its checkpoint, which is there until the next one."""
        for standing in self._gathered.standings:
            if standing.folder:
                with checkpoint_at(self._place, standing.folder, NAMES) as folder:
                    yield standing.shard.index, folder

    def opening(self, index: int, source: str) -> Callable[[object], AbstractAsyncContextManager[Source]]:
        """What opens a shard to be read again, of the source of the plan where that is now."""
        return lambda _: opened_shard(self._gathered.plan, index, self._place, source)

    def add(self, index: int, facts: Mapping[str, Any]) -> None:
        """Take into account what is proven of a shard, as `verify` says it of a checkpoint."""
        self._found[index] = facts

    @property
    def exit_code(self) -> ExitCode:
        """What matters most: of the proofs, and of the shards that are left."""
        codes = [ExitCode(facts["exit_code"]) for facts in self._found.values()]
        return most_important([self._gathered.exit_code, *codes])

    @property
    def is_proven(self) -> bool:
        """Whether nothing is wrong."""
        return self._gathered.is_proven and all(facts["proven"] for facts in self._found.values())

    def facts(self) -> dict[str, Any]:
        """For programs: the keys of `gather`, with what is proven of each shard."""
        whole = facts_of(self._gathered, whole_of(self._gathered))
        return {
            **whole,
            "exit_code": int(self.exit_code),
            "proven": self.is_proven,
            "checkpoints": [{"shard": index, **facts} for index, facts in self._found.items()],
        }

    def lines(self) -> Iterator[str]:
        """For people: what is wrong in full, and of what is proven how many."""
        gathered = self._gathered
        yield route_text(whole_of(gathered).to_builtins())
        for claim in gathered.claims:
            yield f"  {'proven' if claim.holds else 'WRONG':7}  {claim.text}"
        proven = [index for index, facts in self._found.items() if facts["proven"]]
        if proven:
            yield f"  proven   the log of {counted(len(proven), 'shard')}: {shards_text(proven)}"
        for index, facts in self._found.items():
            yield from _wrong(index, facts)
        if not self.is_proven:
            yield "  The plan, or what is on record of it, does not hold what it must. Do not delete it."
        elif any(each.state is not ShardState.COMPLETE for each in gathered.standings):
            yield f"  Not finished ({states_text(gathered.standings)}); keep the source."
        else:
            yield "  Every entry is accounted for, once."
            if any(each.summary is not None and each.summary.rejected for each in gathered.standings):
                yield "  Keep the source until what is rejected was fed again, or is given up."


def _wrong(index: int, facts: Mapping[str, Any]) -> Iterator[str]:
    if "message" in facts:
        yield f"  WRONG    shard {index}: {facts['message']}"
        return
    for claim in facts["claims"]:
        if not claim["holds"]:
            yield f"  WRONG    shard {index}: {claim['text']}"
