"""Which pictures of a source must not be sent to the media that their names mean: another picture means it as well.

`a/1.jpg` and `b/1.jpg` both end like the media `1.jpg`, and the labels of one of them would land on the picture of the
other. Where one of them alone is the name of the media, or all of it an end of that name, it is that picture. A map of
names says it in any case, also that several pictures are one media.

Made of the index of names and of the homonyms of a source, as a small file in the folder of these:

    magic   8 bytes, `BICONTE1`
    digest 16 bytes, of the index of names that it was made with
    names   8 bytes for each name, ascending: its XXH3-64, little-endian

There is none where no picture is contested. Memory while it is made: 150 bytes for each name of one file name, and 50
for each contested one.
"""

from __future__ import annotations

import os
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from xxhash import xxh3_64_intdigest

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.labels.entry import lane_of
from bulk_importer.media.names.homonyms import HOMONYMS, homonyms_in, homonyms_of
from bulk_importer.media.names.index import Meaning, NameIndex, SeveralMedia, Sureness
from bulk_importer.media.names.sorted_lines import SortedLines

__all__ = ["ContestedNames", "find_contested"]

_NAME = "media.contested"
_MAGIC = b"BICONTE1"
_HEAD_BYTES = 24
_MOST_NAMED = 2
_MOST_TRIED = 1000


class ContestedNames:
    """A read-only view of the file in a folder; safe to look into from any process."""

    def __init__(self, folder: str | os.PathLike[str], names: NameIndex) -> None:
        self._names = names
        self._homonyms = SortedLines(Path(folder) / HOMONYMS)
        self._keys = _keys_in(Path(folder) / _NAME)

    def __contains__(self, name: str) -> bool:
        """Whether another picture means the media of this one."""
        key = _key(name)
        at = bisect_left(self._keys, key)
        return at < len(self._keys) and self._keys[at] == key

    def rivals(self, name: str, media_id: str) -> list[str]:
        """The names of other pictures that mean the media, two at most."""
        others = islice(homonyms_of(name, self._homonyms), _MOST_TRIED)
        same = (each for each in others if each != name and _means(self._names, each, media_id))
        return list(islice(same, _MOST_NAMED))


def find_contested(folder: Path, names: NameIndex) -> bool:
    """Make the file in a folder, unless it is there and made with this index; whether anything is contested. Blocks.

    Raises:
        CheckpointUnusable: it cannot be written.
    """
    path = folder / _NAME
    if not (folder / HOMONYMS).exists():
        return False
    if _digest_in(path) == names.digest:
        return True
    keys = array("Q", sorted(_key(name) for group in homonyms_in(folder) for name in _losers(group, names)))
    if sys.byteorder == "big":
        keys.byteswap()
    try:
        if not keys:
            path.unlink(missing_ok=True)
            return False
        replace_file(path, _MAGIC, names.digest, keys)
    except OSError as error:
        raise CheckpointUnusable.by(
            path, error, what="the list of contested names cannot be written"
        ) from error
    return True


def _losers(group: Iterable[str], names: NameIndex) -> Iterator[str]:
    """Those of names of one file name that must not be sent."""
    rivals: dict[str, list[tuple[Sureness, str]]] = {}
    for name in group:
        meant = _meaning(names, name)
        if meant is not None:
            rivals.setdefault(lane_of(meant.media_id), []).append((meant.sureness, name))
    for each in rivals.values():
        if len(each) > 1:
            yield from _losing(each)


def _losing(rivals: list[tuple[Sureness, str]]) -> Iterator[str]:
    """All but the surest, and these, too, where several are as sure and the media has the name of none."""
    best = max(sureness for sureness, _ in rivals)
    is_won = best is Sureness.EXACT or sum(sureness is best for sureness, _ in rivals) == 1
    return (name for sureness, name in rivals if sureness is not best or not is_won)


def _meaning(names: NameIndex, name: str) -> Meaning | None:
    try:
        return names.meaning(name)
    except SeveralMedia:
        return None  # which is found by itself


def _means(names: NameIndex, name: str, media_id: str) -> bool:
    meant = _meaning(names, name)
    return meant is not None and lane_of(meant.media_id) == lane_of(media_id)


def _key(name: str) -> int:
    return xxh3_64_intdigest(name.encode("utf-8", "surrogatepass"))


def _keys_in(path: Path) -> array[int]:
    keys = array("Q")
    with suppress(OSError):
        keys.frombytes(path.read_bytes()[_HEAD_BYTES:])
    if sys.byteorder == "big":
        keys.byteswap()
    return keys


def _digest_in(path: Path) -> bytes:
    """Of which index the file was made; nothing where there is none."""
    with suppress(OSError), path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        return head[len(_MAGIC) :] if head.startswith(_MAGIC) else b""
    return b""
