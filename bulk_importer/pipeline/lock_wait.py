"""Opens the checkpoint of an import, and waits for its lock where another process holds it (`--lock-wait`)."""

from __future__ import annotations

import asyncio
import secrets

from bulk_importer.checkpoint import Checkpoint, FolderOptions, Header, SourceIdentity
from bulk_importer.datagym.routes import server_url
from bulk_importer.errors import CheckpointLocked
from bulk_importer.pipeline.connecting import Connected
from bulk_importer.pipeline.guards.config_watch import digest_of
from bulk_importer.pipeline.run import Caller, ImportSpec

__all__ = ["open_checkpoint"]

_SECONDS_BETWEEN_TRIES = 0.1  # short enough that a person sees no delay


async def open_checkpoint(
    spec: ImportSpec, caller: Caller, connected: Connected, identity: SourceIdentity
) -> Checkpoint:
    """Open the checkpoint of an import; wait while another process holds its lock, for `lock_wait` seconds at most.

    Raises:
        CheckpointError: as `Checkpoint.open`.
        Interrupted: a stop is requested before.
    """
    settings = spec.settings
    header = Header(
        source=spec.source.name,
        identity=identity,
        server=server_url(settings.server or ""),
        project=connected.target.project.id,
        label_config=None if connected.config is None else digest_of(connected.config),
        settings=settings.meaning(),
        run=secrets.token_hex(8),
    )
    options = FolderOptions(
        source_file=spec.source.file,
        source_grew=settings.source_grew,
        server_moved=settings.server_moved,
        max_rejected_bytes=settings.max_rejected_bytes,
        open_file=spec.open_file,
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
