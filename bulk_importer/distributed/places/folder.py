"""A folder as a place: on this machine, or on a file system that all workers share."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import DurableFile, create_folder, replace_file, sync_folder

__all__ = ["FolderPlace"]


class FolderPlace:
    """The files below one folder; it is made where it is not there yet, when something is put there."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.folder: Path | None = folder
        self._root = folder

    def read(self, key: str) -> bytes | None:
        with self._told():
            try:
                return (self._root / key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def create(self, key: str, content: bytes) -> bool:
        """Write it under another name and link it: a link is made once, on file systems of networks as well."""
        path = self._root / key
        with self._told():
            create_folder(path.parent)
            beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            try:
                file = DurableFile(beside)
                try:
                    file.append(content)
                    file.sync()
                finally:
                    file.close()
                with suppress(FileExistsError):
                    os.link(beside, path)
                    sync_folder(path.parent)
                    return True
                return False
            finally:
                beside.unlink(missing_ok=True)

    def replace(self, key: str, content: bytes) -> None:
        with self._told():
            create_folder((self._root / key).parent)
            replace_file(self._root / key, content)

    def names(self, prefix: str) -> Sequence[str]:
        with self._told():
            below = self._root / prefix.rpartition("/")[0]
            found = (path.relative_to(self._root).as_posix() for path in below.rglob("*") if path.is_file())
            return sorted(name for name in found if name.startswith(prefix))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointUnusable.by(self._root, error) from error
