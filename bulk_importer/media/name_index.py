"""Which media a file name means, in one small file that worker processes map.

Made when a checkpoint is begun, and kept in its folder for the resume: a name must mean the same to the end, unless a
person says otherwise.

Format, all numbers little-endian:

    magic   8 bytes, `BINAMES2`
    count   8 bytes, the number of names
    width   8 bytes, the length of an id
    origin 16 bytes, what it was made of, as whoever made it says
    digest 16 bytes, XXH3-128 of the origin and everything behind this
    keys    8 bytes for each name, ascending: XXH3-64 of it, as a number
    ids     `width` bytes for each name, in the order of the keys: the id of the media in UTF-8, filled up with NUL;
            NUL alone where several media have the name

A name whose canonical composition (Unicode NFC) differs from it has a second entry under that, marked by the prefix of
its key, so that a name from a file system that decomposes letters is found all the same.
"""

from __future__ import annotations

import mmap
import os
import sys
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from struct import Struct

from xxhash import xxh3_64_intdigest, xxh3_128

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_of

__all__ = ["NameIndex", "SeveralMedia"]

_HEAD = Struct("<8sQQ16s16s")
_MAGIC = b"BINAMES2"
_EXACT = "="
_COMPOSED = "~"
_NOWHERE = bytes(16)


class SeveralMedia(LookupError):
    """Several media have the name."""


class NameIndex:
    """A read-only view of an index file; safe to look into from any process.

    Attributes:
        origin: what the index was made of, as given to `write`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Map the file.

        Raises:
            CheckpointUnusable: if it cannot be read, or is not what was written.
        """
        try:
            with Path(path).open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            magic, count, width, self.origin, digest = _HEAD.unpack_from(mapped)
        except (OSError, ValueError) as error:
            raise CheckpointUnusable(
                os.fspath(path), f"the index of media names cannot be read ({reason_of(error)})"
            ) from error
        body = memoryview(mapped)[_HEAD.size :]
        if magic != _MAGIC or len(body) != count * (8 + width) or _digest(self.origin, body) != digest:
            raise CheckpointUnusable(
                os.fspath(path),
                "the index of media names is not what was written",
                advice="Remove that file and run the same command again; the index is made anew.",
            )
        # Copied, as `bisect` needs numbers in the order of this machine: eight bytes a name.
        self._keys = array("Q", body[: 8 * count].tobytes())
        if sys.byteorder == "big":
            self._keys.byteswap()
        self._ids = body[8 * count :]
        self._width = width

    def __len__(self) -> int:
        """The number of entries: one for each name, two where its composition differs."""
        return len(self._keys)

    def find(self, name: str) -> str | None:
        """The id of the media that `name` means: exactly, else by its last path segment, else in composed form.

        Raises:
            SeveralMedia: more than one has the first of these names that any has.
        """
        for each in dict.fromkeys((name, name.replace("\\", "/").rpartition("/")[2])):
            found = self._look(_EXACT, each)
            if found is not None:
                return found
        for each in dict.fromkeys((name, name.replace("\\", "/").rpartition("/")[2])):
            composed = unicodedata.normalize("NFC", each)
            found = self._look(_EXACT, composed) or self._look(_COMPOSED, composed)
            if found is not None:
                return found
        return None

    def _look(self, kind: str, name: str) -> str | None:
        key = _key(kind, name)
        row = bisect_left(self._keys, key)
        if row == len(self._keys) or self._keys[row] != key:
            return None
        media_id = bytes(self._ids[row * self._width : (row + 1) * self._width]).rstrip(b"\0")
        if not media_id:
            raise SeveralMedia(name)
        return media_id.decode()

    @classmethod
    def write(
        cls,
        path: str | os.PathLike[str],
        named: Iterable[tuple[str, str]],
        overriding: Iterable[tuple[str, str]] = (),
        *,
        origin: bytes = _NOWHERE,
    ) -> NameIndex:
        """Make an index file out of (name, id) in any order, durably, and open it.

        Args:
            overriding: names that mean this media whatever else has them.
            origin: 16 bytes by which it is known again what the index was made of.
        """
        ids: dict[int, bytes] = {}
        for name, media_id in named:
            _enter(ids, _key(_EXACT, name), media_id)
            composed = unicodedata.normalize("NFC", name)
            if composed != name:
                _enter(ids, _key(_COMPOSED, composed), media_id)
        for name, media_id in overriding:
            ids[_key(_EXACT, name)] = media_id.encode()
        width = max(map(len, ids.values()), default=0)
        keys = array("Q", sorted(ids))
        column = b"".join(ids[key].ljust(width, b"\0") for key in keys)
        if sys.byteorder == "big":
            keys.byteswap()
        body = keys.tobytes() + column
        head = _HEAD.pack(_MAGIC, len(keys), width, origin, _digest(origin, body))
        try:
            replace_file(Path(path), head, body)
        except OSError as error:
            raise CheckpointUnusable.by(
                Path(path), error, what="the index of media names cannot be written"
            ) from error
        return cls(path)


def _enter(ids: dict[int, bytes], key: int, media_id: str) -> None:
    """Let a key mean a media, or nothing where it means another one already."""
    encoded = media_id.encode()
    ids[key] = encoded if ids.get(key, encoded) == encoded else b""


def _key(kind: str, name: str) -> int:
    return xxh3_64_intdigest((kind + name).encode("utf-8", "surrogatepass"))


def _digest(origin: bytes, body: bytes | memoryview) -> bytes:
    digest = xxh3_128(origin)
    digest.update(body)
    return digest.digest()
