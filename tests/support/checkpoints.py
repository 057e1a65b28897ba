"""The header of a checkpoint, and a file that fails on demand."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from bulk_importer.checkpoint import Header, SourceIdentity
from bulk_importer.files.durable import DurableFile

__all__ = ["FailingFile", "header", "no_room"]


def header(run: str = "r1", *, identity: SourceIdentity | None = None, **settings: str) -> Header:
    """What a run on `labels.json` says it is for."""
    return Header(
        source="labels.json",
        identity=identity or SourceIdentity(size=10_000_000, plain=True),
        server="http://localhost:8080",
        project="p",
        settings=settings,
        run=run,
    )


class FailingFile(DurableFile):
    """A durable file that asks `allowed` before each step; what it raises is what the disk says.

    `synced` is what a power cut leaves for certain; the rest up to `size` may be there, or be zeros, or not.
    """

    def __init__(self, path: Path, allowed: Callable[[str, Path], None] = lambda *_: None) -> None:
        self._allowed = allowed
        allowed("open", path)
        super().__init__(path)
        self.inode = os.fstat(self._fd).st_ino
        self.synced = self.size

    def append(self, content: bytes | memoryview) -> None:
        self._allowed("append", self.path)
        super().append(content)

    def sync(self) -> None:
        self._allowed("sync", self.path)
        super().sync()
        self.synced = self.size

    def cut(self, size: int) -> None:
        self._allowed("cut", self.path)
        super().cut(size)
        self.synced = min(self.synced, size)


def no_room(*_: object) -> None:
    """What a full disk says."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
