"""A folder as a place: on this machine, or on a file system that all workers share."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bulk_importer.errors import PlaceUnusable
from bulk_importer.files.durable import DurableFile, create_folder, replace_file, sync_folder

__all__ = ["FolderPlace"]

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


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
                _write(beside, content)
                is_ours = self._link(beside, path)
            finally:
                beside.unlink(missing_ok=True)
            if is_ours:
                sync_folder(path.parent)
            return is_ours

    def _link(self, beside: Path, path: Path) -> bool:
        try:
            os.link(beside, path)
        except FileExistsError:
            # A link of which the answer was lost is tried again by clients of NFS: the second try finds the first one.
            return beside.stat().st_nlink == 2
        except OSError as error:
            if error.errno not in _NO_LINKS or not os.access(path.parent, os.W_OK):
                raise
            reason = "its file system has no hard links, by which workers agree on who is first"
            advice = "Put the plan on another one, such as NFS, or into a bucket."
            raise PlaceUnusable(self.name, reason, advice=advice) from error
        return True

    def replace(self, key: str, content: bytes) -> None:
        with self._told():
            create_folder((self._root / key).parent)
            replace_file(self._root / key, content)

    def remove(self, key: str) -> None:
        with self._told():
            (self._root / key).unlink(missing_ok=True)

    def names(self, prefix: str) -> Sequence[str]:
        with self._told():
            return sorted(name for name in self._below(prefix.rpartition("/")[0]) if name.startswith(prefix))

    def _below(self, folder: str) -> Iterator[str]:
        """The names of all files below `folder`; what goes away meanwhile may be missing."""
        try:
            entries = list(os.scandir(self._root / folder))
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(name)
            else:
                yield name

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PlaceUnusable.by(self._root, error) from error


def _write(path: Path, content: bytes) -> None:
    file = DurableFile(path)
    try:
        file.append(content)
        file.sync()
    finally:
        file.close()
