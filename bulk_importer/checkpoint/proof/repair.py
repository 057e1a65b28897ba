"""Replaces the damaged log of a folder by what `salvage` reads out of it, under the lock; keeps the damaged one."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import msgspec

from bulk_importer.checkpoint.digests import DIGEST_BYTES, DIGESTS
from bulk_importer.checkpoint.lock import FolderLock
from bulk_importer.checkpoint.log.file import log_path, read_content, replace_log
from bulk_importer.checkpoint.log.frames import Damage
from bulk_importer.checkpoint.log.replay import replay
from bulk_importer.checkpoint.log.snapshot import snapshot
from bulk_importer.checkpoint.proof.salvage import Salvaged, salvage
from bulk_importer.checkpoint.rejects import whole_bytes
from bulk_importer.errors import CheckpointDamaged, CheckpointUnusable
from bulk_importer.files.durable import DurableFile

__all__ = ["repair_log"]


def repair_log(folder: Path, run: str, now: float) -> Salvaged | None:
    """Repair the log of `folder` as far as what it says is provable; None where it is not damaged.

    Args:
        run: the id of this process, for the lock.
        now: seconds since the epoch.

    Raises:
        CheckpointDamaged: it cannot be repaired; nothing was changed.
        CheckpointLocked, CheckpointUnusable: someone writes it, or the folder does not allow it.
    """
    read_content(folder)  # before a lock file is made where there is no checkpoint
    try:
        lock = FolderLock(folder, run)
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
    try:
        content = read_content(folder)
        return _repair(folder, content, now) if _is_damaged(content) else None
    finally:
        lock.release()


def _is_damaged(content: bytes) -> bool:
    try:
        replay(content)
    except Damage:
        return True
    return False


def _repair(folder: Path, content: bytes, now: float) -> Salvaged:
    try:
        digests = folder / DIGESTS
        digested = digests.stat().st_size // DIGEST_BYTES if digests.exists() else 0
        salvaged = salvage(content, digested, now)
        # The copy is on disk before the log is replaced: a person may need what `salvage` gave up, and a crash in
        # between leaves one copy too many, never none.
        _keep(folder, content)
        state = salvaged.state
        if salvaged.lost:  # maybe the record of a `rejected.jsonl` that became shorter
            state.rejected_bytes = min(state.rejected_bytes, whole_bytes(folder))
        header = msgspec.structs.replace(
            salvaged.header, identity=state.identity, server=state.server, compacted=True
        )
        replace_log(folder, (header, snapshot(state)), DurableFile).close()
    except Damage as damage:
        reason = f"it cannot be repaired, because {damage.reason}"
        raise CheckpointDamaged(str(log_path(folder)), damage.offset, reason) from damage
    except OSError as error:
        raise CheckpointUnusable.by(folder, error) from error
    return salvaged


def _keep(folder: Path, content: bytes) -> None:
    """Write `log.damaged`, or `log.damaged.2` and so on where there are others already."""
    names = (f"log.damaged.{number}" if number > 1 else "log.damaged" for number in count(1))
    path = next(folder / name for name in names if not (folder / name).exists())
    file = DurableFile(path)
    try:
        file.append(content)
        file.sync()
    finally:
        file.close()
