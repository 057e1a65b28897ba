"""Which media a file name means, in one small file that worker processes map.

Made when a checkpoint is begun, and kept in its folder for the resume: a name must mean the same to the end, unless a
person says otherwise.

Format, all numbers little-endian:

    magic   8 bytes, `BINAMES3`
    count   8 bytes, the number of rows
    width   8 bytes, the length of an id
    origin 16 bytes, what it was made of, as whoever made it says
    digest 16 bytes, XXH3-128 of the origin and everything behind this
    keys    8 bytes for each row, ascending: XXH3-64 of a name with its kind before it, as a number
    ids     `width` bytes for each row, in the order of the keys: the id of the media in UTF-8, filled up with NUL

A name has several rows where several media have it, four at most. Kinds of names:

    =       the name of a media, as it is
    ~       its canonical composition (Unicode NFC) where that differs, so that a name from a file system that
            decomposes letters is found all the same
    /       an end of a name that has folders, from one of them on: `b/c.jpg` and `c.jpg` of `a/b/c.jpg`
    .       any of these names without its ending, for labels of tools that drop it; only where those are read
"""

from __future__ import annotations

import mmap
import os
import sys
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from xxhash import xxh3_64_intdigest, xxh3_128

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.files.small_files import reason_of

__all__ = ["Meaning", "NameIndex", "SeveralMedia", "Sureness"]

_HEAD = Struct("<8sQQ16s16s")
_MAGIC = b"BINAMES3"
_EXACT, _COMPOSED, _END, _STEM = "=", "~", "/", "."
_MOST_NAMED = 4
_NOWHERE = bytes(16)


class SeveralMedia(LookupError):
    """Several media have the name.

    Attributes:
        media_ids: of them, four at most.
    """

    def __init__(self, name: str, media_ids: Sequence[str]) -> None:
        self.media_ids = tuple(media_ids)
        super().__init__(name)


class Sureness(IntEnum):
    """How much of a name was needed to find its media."""

    END = 0
    """An end of it, so that any name that ends like this one would be as good."""
    WHOLE = 1
    """All of it: the name of the media has more folders in front of it, or has an ending."""
    EXACT = 2
    """It is the name of the media, or a map says so."""


class Meaning(NamedTuple):
    """The media that a name means."""

    media_id: str
    sureness: Sureness


class NameIndex:
    """A read-only view of an index file; safe to look into from any process.

    Attributes:
        origin: what the index was made of, as given to `write`.
        digest: of all that is in it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Map the file.

        Raises:
            CheckpointUnusable: if it cannot be read, or is not what was written.
        """
        try:
            with Path(path).open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            magic, count, width, self.origin, self.digest = _HEAD.unpack_from(mapped)
        except (OSError, ValueError) as error:
            raise CheckpointUnusable(
                os.fspath(path), f"the index of media names cannot be read ({reason_of(error)})"
            ) from error
        body = memoryview(mapped)[_HEAD.size :]
        if magic != _MAGIC or len(body) != count * (8 + width) or _digest(self.origin, body) != self.digest:
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
        """The number of rows."""
        return len(self._keys)

    def find(self, name: str) -> str | None:
        """The id of the media that `name` means; None where it means none.

        The name of a media counts before an end of one, the whole of `name` before its ends, of these the longest
        before shorter ones, each as it is before its composed form; a name without its ending counts last.

        Raises:
            SeveralMedia: more than one has the first of these names that any has.
        """
        meant = self.meaning(name)
        return None if meant is None else meant.media_id

    def meaning(self, name: str) -> Meaning | None:
        """What `find` finds, with how sure it is. Raises as it does."""
        ends = _ends(name.replace("\\", "/"))
        for kinds in ((_EXACT,), (_COMPOSED,), (_END,), (_STEM,)):
            for each in dict.fromkeys((name, *ends)):
                for form in dict.fromkeys((each, unicodedata.normalize("NFC", each))):
                    for kind in kinds:
                        found = self._look(kind, form)
                        if len(found) > 1:
                            raise SeveralMedia(name, found)
                        if found:
                            return Meaning(found[0], _sureness(kind, is_whole=each == name))
        return None

    def _look(self, kind: str, name: str) -> list[str]:
        """The ids of the media of one kind of name."""
        key = _key(kind, name)
        row = bisect_left(self._keys, key)
        found = []
        while row < len(self._keys) and self._keys[row] == key:
            found.append(bytes(self._ids[row * self._width : (row + 1) * self._width]).rstrip(b"\0").decode())
            row += 1
        return found

    @classmethod
    def write(
        cls,
        path: str | os.PathLike[str],
        named: Iterable[tuple[str, str]],
        overriding: Iterable[tuple[str, str]] = (),
        *,
        with_stems: bool = False,
        origin: bytes = _NOWHERE,
    ) -> NameIndex:
        """Make an index file out of (name, id) in any order, durably, and open it.

        Args:
            overriding: names that mean this media whatever else has them.
            with_stems: names are found without their endings, too.
            origin: 16 bytes by which it is known again what the index was made of.
        """
        rows = _Rows()
        for name, media_id in named:
            for kind, each in _names_of(name, with_stems=with_stems):
                rows.add(_key(kind, each), media_id.encode())
        for name, media_id in overriding:
            rows.put(_key(_EXACT, name), media_id.encode())
        keys, ids = rows.sorted()
        width = max(map(len, ids), default=0)
        column = b"".join(each.ljust(width, b"\0") for each in ids)
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


class _Rows:
    """Keys with the ids that they mean; nearly all mean one, and no list is made for these."""

    def __init__(self) -> None:
        self._first: dict[int, bytes] = {}
        self._others: dict[int, list[bytes]] = {}

    def add(self, key: int, media_id: bytes) -> None:
        """Let a key mean a media besides those that it means already."""
        first = self._first.setdefault(key, media_id)
        if first == media_id:
            return
        others = self._others.setdefault(key, [])
        if media_id not in others and len(others) < _MOST_NAMED - 1:
            others.append(media_id)

    def put(self, key: int, media_id: bytes) -> None:
        """Let a key mean this media alone."""
        self._first[key] = media_id
        self._others.pop(key, None)

    def sorted(self) -> tuple[array[int], list[bytes]]:
        """Keys, ascending, and the id of each; a key with several ids as often."""
        keys: array[int] = array("Q")
        ids: list[bytes] = []
        for key in sorted(self._first):
            meant = (self._first[key], *self._others.get(key, ()))
            keys.extend([key] * len(meant))
            ids += meant
        return keys, ids


def _names_of(name: str, *, with_stems: bool) -> Iterator[tuple[str, str]]:
    """Everything that a media of this name is called, each with its kind."""
    composed = unicodedata.normalize("NFC", name)
    yield _EXACT, name
    if composed != name:
        yield _COMPOSED, composed
    for form in dict.fromkeys((name, composed)):
        ends = _ends(form)
        yield from ((_END, each) for each in ends)
        if with_stems:
            stems = (
                stem for each in (form, *ends) for stem, dot, _ in (each.rpartition("."),) if dot and stem
            )
            yield from ((_STEM, stem) for stem in stems if not stem.endswith("/"))


def _ends(name: str) -> list[str]:
    """What a name with folders ends with, from each folder on; the longest first."""
    parts = name.split("/")
    return ["/".join(parts[at:]) for at in range(1, len(parts)) if parts[-1]]


def _sureness(kind: str, *, is_whole: bool) -> Sureness:
    if not is_whole:
        return Sureness.END
    return Sureness.EXACT if kind in (_EXACT, _COMPOSED) else Sureness.WHOLE


def _key(kind: str, name: str) -> int:
    return xxh3_64_intdigest((kind + name).encode("utf-8", "surrogatepass"))


def _digest(origin: bytes, body: bytes | memoryview) -> bytes:
    digest = xxh3_128(origin)
    digest.update(body)
    return digest.digest()
