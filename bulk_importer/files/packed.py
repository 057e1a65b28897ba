"""Writes a file that is compressed as its ending says, and has its name only when it is whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

__all__ = ["packed_file"]


@contextmanager
def packed_file(path: Path) -> Iterator[BinaryIO]:
    """A file to be written, which replaces `path` when the block ends, and leaves nothing when it raises.

    `.gz`, `.bz2`, `.xz` and `.zst` at the end of the name are compressed. What is no file, such as a pipe or
    `/dev/null`, stays what it is, and is written to.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as plain, _packing(plain, path.suffix.lower()) as file:
            yield file
        return
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb") as plain, _packing(plain, path.suffix.lower()) as file:
            yield file
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


@contextmanager
def _packing(plain: BinaryIO, ending: str) -> Iterator[BinaryIO]:
    """What packs what is written to it into `plain`; `plain` itself for an ending that is none of those."""
    if ending == ".gz":
        import gzip

        with gzip.GzipFile("", "wb", fileobj=plain, mtime=0) as file:
            yield cast("BinaryIO", file)
    elif ending in (".bz2", ".xz"):
        import bz2
        import lzma

        with bz2.open(plain, "wb") if ending == ".bz2" else lzma.open(plain, "wb") as file:
            yield cast("BinaryIO", file)
    elif ending == ".zst":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd

        with zstd.open(plain, "wb") as file:
            yield cast("BinaryIO", file)
    else:
        yield plain
