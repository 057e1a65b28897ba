"""A DataGym import server to rehearse on: the protocol with all its traps, faults and costs on request.

    async with Sandbox(SandboxConfig(faults=FaultScript([503, "reset after commit", "ok"]))) as sandbox:
        project = await sandbox.prepare(media=3)

It shares no code with the importer, so that one misunderstanding cannot hide in both. What it imitates is written
down in `tests/vectors/PROTOCOL.md`; "protocol 2.6" is a section of that.

The way of a request:

    listener, server  the socket, and what is behind it: started, stopped, asked by tests
    middleware        every request is logged, may meet a fault, and is refused in the server's words
    routing, auth     who asks, and whether this route opens for the caller
    routes            what each URL answers
    schema, jackson   an upload's bytes to entries, or the text that refuses them
    world             projects, tasks, labels, and what an upload does to them
    views, responses  the JSON of an answer, and how it is written

Beside it: `context`, what routes share; `faults`, what goes wrong and what things cost; `request_log`, what came;
`refusals`, the server's errors; `page`, what a person sees at `/`; `config`, its options.
"""

from __future__ import annotations

from bulk_importer.sandbox.config import SandboxConfig
from bulk_importer.sandbox.faults.cost_model import CostModel, read_cost_model
from bulk_importer.sandbox.faults.script import Fault, FaultScript
from bulk_importer.sandbox.routes.inspection import Prepared
from bulk_importer.sandbox.server import Sandbox

__all__ = ["CostModel", "Fault", "FaultScript", "Prepared", "Sandbox", "SandboxConfig", "read_cost_model"]
