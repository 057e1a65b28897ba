"""Reaches what a run works on: the project on its server, and the checkpoint.

Both are there before the run is. Where one of them cannot be had, no run begins, and nothing is on record.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bulk_importer.checkpoint import Checkpoint, FolderOptions, Header, SourceIdentity
from bulk_importer.datagym.reads.catalog import Catalog
from bulk_importer.datagym.reads.queries import Patience, Queries
from bulk_importer.datagym.routes import server_url
from bulk_importer.datagym.timing import Timing
from bulk_importer.datagym.wire.client import Client
from bulk_importer.errors import CheckpointLocked
from bulk_importer.labels.label_config import LabelConfig
from bulk_importer.pipeline.guards.config_watch import digest_of
from bulk_importer.pipeline.ruleset import Target, find_target, label_config_of
from bulk_importer.pipeline.run import Caller, ImportSpec

__all__ = ["PROJECT_NAME", "Reached", "open_checkpoint", "reach"]

PROJECT_NAME = "project_name"
"""Note in the log: the name of the project, whose id is in the header."""

_SECONDS_BETWEEN_TRIES = 0.1


@dataclass(frozen=True, slots=True)
class Reached:
    """The project of an import, on a server that has answered.

    Attributes:
        config: the label configuration that entries are held against; None where there is none.
    """

    client: Client
    queries: Queries
    target: Target
    config: LabelConfig | None


@asynccontextmanager
async def reach(spec: ImportSpec, caller: Caller) -> AsyncIterator[Reached]:
    """Find the project, and the label configuration that its entries are held against.

    Raises:
        BulkImporterError: as `find_target` and `label_config_of`, or a stop is requested before they are done.
    """
    async with Client.of(spec.settings, caller.token) as client:
        async with caller.stop.breaking_off():
            patience = Patience.of(spec.settings, Timing(caller.clock, caller.stop.rest), caller.emit)
            queries = Queries(client, patience)
            target = await find_target(spec.settings, Catalog(queries, emit=caller.emit))
            config = await label_config_of(spec.settings, target)
        yield Reached(client, queries, target, config)


async def open_checkpoint(
    spec: ImportSpec, caller: Caller, reached: Reached, identity: SourceIdentity
) -> Checkpoint:
    """Open the checkpoint as soon as another process lets go of it, for `lock_wait` seconds at most.

    Raises:
        CheckpointError: as `Checkpoint.open`.
        Interrupted: a stop is requested before.
    """
    settings = spec.settings
    header = Header(
        source=spec.source.name,
        identity=identity,
        server=server_url(settings.server or ""),
        project=reached.target.project.id,
        label_config=None if reached.config is None else digest_of(reached.config),
        settings=settings.meaning(),
        run=secrets.token_hex(8),
    )
    options = FolderOptions(
        source_file=spec.source.file,
        source_grew=settings.source_grew,
        server_moved=settings.server_moved,
        max_rejected_bytes=settings.max_rejected_bytes,
    )
    until = caller.clock() + settings.lock_wait
    while True:
        try:
            # Not broken off: a checkpoint that a thread has half opened would keep its lock.
            return await asyncio.to_thread(Checkpoint.open, spec.folder, header, options)
        except CheckpointLocked:
            if caller.clock() >= until:
                raise
        await caller.stop.rest(_SECONDS_BETWEEN_TRIES)
