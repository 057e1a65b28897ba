"""A DataGym import server to rehearse on: the protocol with all its traps, faults and costs on request.

    async with Sandbox(SandboxConfig(faults=FaultScript([503, "reset after commit", "ok"]))) as sandbox:
        project = await sandbox.prepare(media=3)

It shares no code with the importer, so that one misunderstanding cannot hide in both. What it imitates is written
down in `tests/vectors/PROTOCOL.md`; "protocol 2.6" is a section of that.
"""

from __future__ import annotations

from bulk_importer.sandbox.config import SandboxConfig
from bulk_importer.sandbox.faults.cost import CostModel
from bulk_importer.sandbox.faults.cost_files import read_cost_model
from bulk_importer.sandbox.faults.script import Fault, FaultScript
from bulk_importer.sandbox.routes.inspection import Prepared
from bulk_importer.sandbox.server import Sandbox

__all__ = ["CostModel", "Fault", "FaultScript", "Prepared", "Sandbox", "SandboxConfig", "read_cost_model"]
