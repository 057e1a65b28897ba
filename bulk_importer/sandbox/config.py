"""The options of a sandbox: where it listens, what it keeps, who may use it, what goes wrong, what things cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bulk_importer.sandbox.auth import Flavour
from bulk_importer.sandbox.faults.cost_model import CostModel
from bulk_importer.sandbox.faults.script import FaultScript

__all__ = ["SandboxConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The options of a sandbox. The default is one in memory, on a free port, where nothing goes wrong.

    Attributes:
        port: 0: a free one.
        database: file of the database; None: in memory.
        seed: equal seeds give equal ids; None: other ids each time. A database that exists keeps its seed.
        tokens: tokens that are valid from the beginning.
        faults: what goes wrong, and when.
        cost_model: how long requests take; None: only the time that the sandbox itself needs.
        time_scale: how many seconds pass for cost model and faults in one real second.
        requests_per_connection: the answer to the last of them closes the connection (100, protocol 5).
        stall_seconds: how long a client may send nothing in the midst of a body before it is cut off (20, protocol 5).
        remembered_requests: how many requests the request log keeps.
        label_quota: how many tasks may be completed or skipped, all projects together; None: as many as one likes.
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
    label_quota: int | None = None
