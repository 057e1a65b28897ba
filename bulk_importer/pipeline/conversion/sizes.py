"""How large a picture is, where its source does not say.

A folder of pictures is asked first, then the pictures among the files of the source, then a list of media that has
widths and heights. Only the headers of pictures are read, and each once; the list is read when the first picture is not
found before.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.formats.members import is_picture
from bulk_importer.formats.model import Size
from bulk_importer.media.lists import media_sizes

if TYPE_CHECKING:
    from bulk_importer.sources.members import OpenMembers

__all__ = ["sizes_in"]

_Found = TypeVar("_Found")


def sizes_in(members: OpenMembers, images: Path | None, listed: Path | None) -> Callable[[str], Size | None]:
    """Answers how large a picture is, by its name with or without its folders and its ending.

    An answer is `UsageError` where the list cannot be read; or where there are pictures to look into, the package that
    reads their headers is missing, and there is no list: most formats never ask.

    Args:
        images: a folder of pictures.
        listed: a list of media.

    Raises:
        SourceUnreadable: the folder of pictures cannot be read.
    """
    from bulk_importer.sources.members import open_members

    places = [members] if images is None else [open_members(images), members]
    ask = [_headers(place, is_last=listed is None) for place in places if any(map(is_picture, place.paths))]
    if listed is not None:
        ask.append(_Listed(listed))

    @lru_cache(maxsize=256)  # a reader asks, and perhaps the writer after it
    def size(name: str) -> Size | None:
        return next((found for each in ask if (found := each(name)) is not None), None)

    return size if ask else lambda _: None


def _headers(place: OpenMembers, *, is_last: bool) -> Callable[[str], Size | None]:
    """Asks the headers of the pictures among some files."""
    table = _by_name((path, path) for path in place.paths if is_picture(path))

    def size(name: str) -> Size | None:
        path = _found(table, name)
        return None if path is None else _measured(place.head(path), is_last=is_last)

    return size


class _Listed:
    """Asks a list of media.

    It keeps 16 bytes and a place in a dictionary for each base name without its ending, and more only of those that
    stand for media of different sizes: a million media take about 100 MB.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Filled by the first question: by the hash of a base name, width and height above it, or 0 for several of them.
        self._sizes: dict[int, int] | None = None
        self._doubtful: Mapping[str, Size | None] = {}

    def __call__(self, name: str) -> Size | None:
        if self._sizes is None:
            self._sizes = self._read()
        size = self._sizes.get(_base(name))
        if size is None:
            return None
        return Size(size & 0xFFFFFFFF, size >> 32) if size else _found(self._doubtful, name)

    def _read(self) -> dict[int, int]:
        shared: dict[int, int] = {}
        sizes: dict[int, int] = {}
        for name, width, height in media_sizes(self._path):
            size = width | height << 32
            size = shared.setdefault(size, size)
            base = _base(name)
            if sizes.setdefault(base, size) != size:
                sizes[base] = 0
        if 0 in sizes.values():
            rows = media_sizes(self._path)
            self._doubtful = _by_name(
                (name, Size(width, height)) for name, width, height in rows if sizes.get(_base(name)) == 0
            )
        return sizes


def _base(name: str) -> int:
    return hash([*_tails(name)][-1])


def _composed(name: str) -> str:
    """A name with slashes between folders, and with letters in one piece, as some file systems take them apart."""
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _by_name(named: Iterable[tuple[str, _Found]]) -> Mapping[str, _Found | None]:
    """What each name means that may mean it: with folders or some of them, with ending and without; None in doubt."""
    table: dict[str, _Found | None] = {}
    for name, meant in named:
        for each in set(_tails(name)):
            table[each] = meant if table.get(each, meant) == meant else None
    return table


def _found(table: Mapping[str, _Found | None], name: str) -> _Found | None:
    """What a name means: its longest ending that means one thing counts."""
    return next((found for each in _tails(name) if (found := table.get(each)) is not None), None)


def _tails(name: str) -> Iterator[str]:
    """A name from each of its folders on, the longest first, each with its ending and then without; at least one."""
    tail = _composed(name)
    while True:
        yield tail
        stem, dot, ending = tail.rpartition(".")
        if dot and stem and "/" not in ending:
            yield stem
        _, slash, tail = tail.partition("/")
        if not slash:
            return


def _measured(head: bytes, *, is_last: bool) -> Size | None:
    try:
        import imagesize
    except ImportError as error:
        if not is_last:
            return None
        raise UsageError(
            "This format needs the sizes of pictures. Install what reads them: pip install imagesize; or give them as "
            "width and height in a --media-list."
        ) from error
    try:
        width, height = imagesize.get(io.BytesIO(head))
    except (ValueError, SourceUnreadable):
        return None
    return Size(width, height) if width > 0 and height > 0 else None
