"""Opens what the user named: a file, a pipe, a URL, an object of a bucket, or the entries that a program gives."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from bulk_importer.errors import SourceUnreadable, UsageError
from bulk_importer.files.small_files import reason_of
from bulk_importer.sources.files import EntriesSource, FileSource, PipeSource
from bulk_importer.sources.interfaces import Source

__all__ = ["open_entries", "open_source"]

_STANDARD_INPUT = "-"


async def open_source(spec: str) -> Source:
    """Open `spec`: a path, `-` for standard input, `http(s)://`, or an object of a bucket.

    What is compressed is unpacked.

    Raises:
        SourceUnreadable: it does not exist, or may not be read.
        UsageError: its kind needs a package that is not installed, or is not known.
    """
    from bulk_importer.sources.compressed import unpacked

    opened = await _opened(spec)
    try:
        return await unpacked(opened)
    except BaseException:
        await opened.aclose()
        raise


async def _opened(spec: str) -> Source:
    scheme, found, _ = spec.partition("://")
    if not found:
        return _opened_file(spec)
    if scheme in ("http", "https"):
        from bulk_importer.sources.web import open_url

        return await open_url(spec)
    if scheme in ("s3", "gs", "az"):
        from bulk_importer.sources.buckets.objects import open_object

        return await open_object(spec)
    raise UsageError(
        f"{scheme}:// is not known. A source is a path, -, http://, https://, s3://, gs:// or az://."
    )


def _opened_file(spec: str) -> Source:
    try:
        descriptor = (
            _standard_input() if spec == _STANDARD_INPUT else os.open(spec, os.O_RDONLY | os.O_NONBLOCK)
        )
    except (OSError, ValueError) as error:
        raise SourceUnreadable(spec, reason_of(error)) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise SourceUnreadable(spec, "it is a folder", advice="Name the files in it.")
        # Of a file that another program has read the beginning of, what is left is the source: a stream.
        is_whole = stat.S_ISREG(mode) and not os.lseek(descriptor, 0, os.SEEK_CUR)
        return FileSource(spec, descriptor) if is_whole else PipeSource(spec, descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def _standard_input() -> int:
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    return os.dup(sys.stdin.fileno())


def open_entries(entries: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]]) -> Source:
    """A source of the entries that a program gives; they are written as JSON Lines, one after the other.

    Raises:
        UsageError: these are no entries.
    """
    if isinstance(entries, Mapping | bytes | bytearray) or not isinstance(entries, Iterable | AsyncIterable):
        raise UsageError(
            f"A source is a path, a URL, or an iterable of entries, and not {type(entries).__name__}."
        )
    return EntriesSource(entries)
