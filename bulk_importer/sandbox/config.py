"""How a sandbox is to be: where it listens, what it keeps, who may use it, what goes wrong, what things cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bulk_importer.sandbox.auth import Flavour
from bulk_importer.sandbox.faults.cost import CostModel
from bulk_importer.sandbox.faults.script import FaultScript

__all__ = ["SandboxConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """How a sandbox is to be.

    Attributes:
        port: 0 for a free one.
        database: file of the database; None: in memory.
        seed: makes ids reproducible; None: different ones each time. A database that exists keeps its own.
        tokens: tokens that are valid from the beginning.
        faults: what goes wrong, and when.
        cost_model: how long requests take; None: no longer than they take the sandbox.
        time_scale: seconds that pass for cost model and faults in one real second.
        requests_per_connection: the answer to the last of them closes the connection (100, protocol 5).
        stall_seconds: a client that sends nothing for so long, in the midst of a body, is cut off (5: 20).
        remembered_requests: how many requests are kept to be looked at.
    """

    host: str = "127.0.0.1"
    port: int = 0
    database: Path | None = None
    seed: int | None = None
    flavour: Flavour | str = Flavour.OPEN
    tokens: Sequence[str] = ()
    faults: FaultScript | None = None
    cost_model: CostModel | None = None
    time_scale: float = 1.0
    requests_per_connection: int = 100
    stall_seconds: float = 20.0
    remembered_requests: int = 10_000
