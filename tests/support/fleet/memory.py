"""A place in the memory of one process, which can be gone in the middle of something."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bulk_importer.errors import CheckpointUnusable

__all__ = ["MemoryPlace"]


class MemoryPlace:
    """A bucket of one process.

    Attributes:
        lives: so many names can be created, then it is gone.
        is_done: the one that fails first is there all the same.
    """

    name = "s3://memory/plan"
    folder: Path | None = None

    def __init__(self, lives: int = 1 << 30, *, is_done: bool = False) -> None:
        self.objects: dict[str, bytes] = {}
        self.lives = lives
        self.is_done = is_done

    def read(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def create(self, key: str, content: bytes) -> bool:
        self.lives -= 1
        if self.lives < 0 and not (self.lives == -1 and self.is_done):
            raise CheckpointUnusable(self.name, "it is gone")
        is_new = self.objects.setdefault(key, content) == content
        if self.lives < 0:
            raise CheckpointUnusable(self.name, "it is gone")
        return is_new

    def replace(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def remove(self, key: str) -> None:
        self.objects.pop(key, None)

    def names(self, prefix: str) -> Sequence[str]:
        return sorted(name for name in self.objects if name.startswith(prefix))
