"""Writes the rejected entries of all shards into one `rejected.jsonl`, which a reader sees whole or as it was.

Files of one folder are written by one process at a time. Where its file system knows no locks that is left to people.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bulk_importer.checkpoint.rejects import REJECTED
from bulk_importer.distributed.gathering.rejects import Lines, in_order
from bulk_importer.errors import OutputUnusable
from bulk_importer.files.durable import DurableFile, create_folder, sync_folder

__all__ = ["alone_in", "write_rejected"]

_NEW = f"{REJECTED}.new"
_LOCK = ".lock"
"""A file of its own: what has a name here is replaced, and a lock on the folder is unknown to NFS."""
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def alone_in(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Be the only one that puts something together in `folder`, which is made; waits for another one. Blocks.

    Args:
        tell: hears that another one is waited for.

    Raises:
        OutputUnusable: the folder cannot be written.
    """
    try:
        create_folder(folder)
        file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise OutputUnusable.by(folder, error) from error
    try:
        _lock(file, folder, tell)
        yield
    finally:
        os.close(file)  # which gives the lock back, as does the end of the process


def _lock(file: int, folder: Path, tell: Callable[[str], None]) -> None:
    try:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        tell(f"Another process puts something together in {folder}. Waiting for that.")
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise OutputUnusable.by(folder, error) from error


def write_rejected(folder: Path, lines: Lines, see: Callable[[int, int, bytes], None] | None = None) -> Path:
    """Replace `rejected.jsonl` in `folder` by these lines, in the order of their positions, alone there. Blocks.

    Args:
        see: called with the number of each line, from 1, its position, and the line.

    Returns:
        The file.

    Raises:
        OutputUnusable: it cannot be written; what was there before stays.
    """
    new = folder / _NEW
    try:
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
