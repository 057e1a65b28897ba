"""How large a picture is, for formats that say where shapes are as shares of it.

A folder of pictures is asked before the pictures among the files of the source. Only the headers of pictures are read,
and each once.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.formats.members import is_picture
from bulk_importer.formats.model import Size

if TYPE_CHECKING:
    from bulk_importer.sources.members import OpenMembers

__all__ = ["sizes_in"]


def sizes_in(members: OpenMembers, images: Path | None) -> Callable[[str], Size | None]:
    """Answers how large a picture is, by its name with or without its folders and its ending.

    Where there are pictures to look into, and the package that reads their headers is missing, the first answer is
    `UsageError`: most formats never ask.

    Raises:
        SourceUnreadable: the folder of pictures cannot be read.
    """
    from bulk_importer.sources.members import open_members

    places = [members] if images is None else [open_members(images), members]
    tables = [(place, _by_name(place.paths)) for place in places]
    if not any(table for _, table in tables):
        return lambda _: None
    known: dict[str, Size | None] = {}

    def size(name: str) -> Size | None:
        if name not in known:
            measure = _measure()
            known[name] = next(
                (
                    found
                    for place, table in tables
                    if (path := _found(table, name)) is not None
                    and (found := measure(place.head(path))) is not None
                ),
                None,
            )
        return known[name]

    return size


def _by_name(paths: tuple[str, ...]) -> dict[str, str | None]:
    """Pictures by each name that may mean them: with folders and without, with ending and without; None in doubt."""
    table: dict[str, str | None] = {}
    for path in paths:
        pure = PurePosixPath(path)
        if not is_picture(path):
            continue
        for name in {path, pure.name, str(pure.with_suffix("")), pure.stem}:
            table[name] = path if table.get(name, path) == path else None
    return table


def _found(table: dict[str, str | None], name: str) -> str | None:
    """The picture of a name: its longest ending that means one counts."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    for at in range(len(parts)):
        tail = "/".join(parts[at:])
        for each in (tail, str(PurePosixPath(tail).with_suffix(""))):
            if table.get(each) is not None:
                return table[each]
    return None


def _measure() -> Callable[[bytes], Size | None]:
    try:
        import imagesize
    except ImportError as error:
        raise UsageError(
            "This format needs the sizes of pictures. Install what reads them: pip install imagesize."
        ) from error

    def measure(head: bytes) -> Size | None:
        try:
            width, height = imagesize.get(io.BytesIO(head))
        except (ValueError, SourceUnreadable):
            return None
        return Size(width, height) if width > 0 and height > 0 else None

    return measure
