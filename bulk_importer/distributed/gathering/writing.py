"""Writes the rejected entries of all shards into one `rejected.jsonl`, which a reader sees whole or as it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bulk_importer.checkpoint.rejects import REJECTED
from bulk_importer.distributed.gathering.rejects import Lines, in_order
from bulk_importer.errors import OutputUnusable
from bulk_importer.files.durable import DurableFile, create_folder, sync_folder

__all__ = ["write_rejected"]

_NEW = f"{REJECTED}.new"


def write_rejected(folder: Path, lines: Lines, see: Callable[[int, int, bytes], None] | None = None) -> Path:
    """Replace `rejected.jsonl` in `folder` by these lines, in the order of their positions. Blocks.

    Args:
        see: called with the number of each line, from 1, its position, and the line.

    Returns:
        The file.

    Raises:
        OutputUnusable: it cannot be written; what was there before stays.
    """
    new = folder / _NEW
    try:
        create_folder(folder)
        new.unlink(missing_ok=True)
        file = DurableFile(new)
        try:
            for number, (position, line) in enumerate(in_order(lines, folder), 1):
                file.append(line)
                if see is not None:
                    see(number, position, line)
            file.sync()
        finally:
            file.close()
        os.replace(new, folder / REJECTED)
        sync_folder(folder)
    except OSError as error:
        raise OutputUnusable.by(folder, error) from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    return folder / REJECTED
