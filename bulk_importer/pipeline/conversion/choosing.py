"""Finds in what format a source is written, and opens its files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from bulk_importer.errors import CheckpointUnusable, SourceUnreadable, UsageError
from bulk_importer.files.durable import create_folder
from bulk_importer.files.small_files import reason_of
from bulk_importer.settings import Settings, SourceFormat
from bulk_importer.sources import Source, open_source

if TYPE_CHECKING:
    from bulk_importer.formats.table import Format
    from bulk_importer.sources.members import OpenMembers

__all__ = ["Chosen", "chosen_format", "is_foreign", "is_one_source"]

_HEAD_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_SPOOL = "source.copy"
_PACKED = re.compile(r"\.(gz|bz2|xz|zst)$", re.IGNORECASE)
_SORTED = "sorted.part"
# What entries of the import format begin with; the export of DataGym has the same key behind others of its own.
_ENTRIES = re.compile(rb'\s*\[?\s*\{[^{}\[\]]*?"internal_media_ID"')
_EXPORT = re.compile(rb'"(label_classes|external_media_ID)"')


class Chosen:
    """A source in the format of another tool, opened.

    Attributes:
        form: its row in the table of formats.
        members: its files; to be closed.
        was_recognised: nobody named the format.
    """

    def __init__(
        self, form: Format, members: OpenMembers, folder: Path, copy: Path | None, *, was_recognised: bool
    ) -> None:
        self.form = form
        self.members = members
        self.was_recognised = was_recognised
        self._folder = folder
        self._copy = copy

    def scratch(self, _: int) -> BinaryIO:
        """A file for what must be put into another order; without a name, so that it is gone once closed.

        Raises:
            CheckpointUnusable: none can be made.
        """
        path = self._folder / _SORTED
        try:
            create_folder(self._folder)
            file = path.open("w+b")
            path.unlink()
        except OSError as error:
            raise CheckpointUnusable.by(path, error, what="the file to sort in cannot be made") from error
        return file

    def close(self) -> None:
        """Close its files, and delete the copy of what could be read only once."""
        self.members.close()
        if self._copy is not None:
            self._copy.unlink(missing_ok=True)


async def chosen_format(spec: str, settings: Settings, folder: Path) -> Chosen | None:
    """The source `spec` with its format; None where it holds entries, or nobody knows what.

    Args:
        folder: where a copy is made of what is no plain local file (a pipe, a URL, a compressed file), and room for
            what must be put into another order.

    Raises:
        UsageError: the format is not known, more than one fits, or there is no room for a copy.
        SourceUnreadable: the source cannot be read.
    """
    wanted = settings.source_format
    if wanted == SourceFormat.ENTRIES:
        return None
    path = Path(spec)
    is_local = spec != "-" and "://" not in spec
    if is_local and await asyncio.to_thread(path.is_dir):
        return await asyncio.to_thread(_look, path, wanted, folder, None)
    if wanted == SourceFormat.AUTO and not (is_local and await asyncio.to_thread(_is_plain, path)):
        return None  # it may be readable once, and a look at it would be that
    source = await open_source(spec)
    try:
        if source.plain and source.descriptor is not None and is_local:
            head = await source.head(_HEAD_BYTES)
            if wanted == SourceFormat.AUTO and _holds_entries(head):
                return None
            return await asyncio.to_thread(_look, path, wanted, folder, None)
        if wanted == SourceFormat.AUTO and not _is_recognised(spec, await _first_bytes(source)):
            return None
        return await _copied(source, spec, wanted, folder)
    finally:
        await source.aclose()


async def is_foreign(spec: str, settings: Settings) -> bool:
    """Whether a source will be converted, by a look at how it begins; false where that cannot be seen beforehand.

    Raises:
        UsageError: more than one format fits.
        SourceUnreadable: it cannot be read.
    """
    if settings.source_format != SourceFormat.AUTO:
        return settings.source_format != SourceFormat.ENTRIES
    path = Path(spec)
    if spec == "-" or "://" in spec:
        return False
    if not await asyncio.to_thread(path.is_dir):
        if not await asyncio.to_thread(path.is_file):
            return False
        source = await open_source(spec)
        try:
            head = await _first_bytes(source)
        finally:
            await source.aclose()
        if not source.plain:
            return await asyncio.to_thread(_is_recognised, spec, head)
        if _holds_entries(head):
            return False
    chosen = await asyncio.to_thread(_look, path, SourceFormat.AUTO, path, None)
    if chosen is not None:
        chosen.close()
    return chosen is not None


def is_one_source(folder: Path, files: Sequence[Path], settings: Settings) -> bool:
    """Whether a folder is one source in the format of another tool, and not a folder with sources. Blocks.

    It is where the format has files for each picture; where one file holds many, only if all that would be sources by
    themselves are of that format: then its reader knows which of them are about the same pictures.

    Args:
        files: in the folder, that would be sources by themselves.

    Raises:
        UsageError: its format is not known, or more than one fits.
        SourceUnreadable: it cannot be read.
    """
    if settings.source_format == SourceFormat.ENTRIES:
        return False
    chosen = _look(folder, settings.source_format, folder, None)
    if chosen is None:
        return False
    try:
        return chosen.form.takes_folder or (
            chosen.form.load().recognises(chosen.members) and all(_is_of(chosen.form, file) for file in files)
        )
    finally:
        chosen.close()


def _is_of(form: Format, path: Path) -> bool:
    from bulk_importer.sources.members import open_members

    members = open_members(path)
    try:
        return form.load().recognises(members)
    finally:
        members.close()


def _look(
    path: Path, wanted: str, folder: Path, copy: Path | None, called: str | None = None
) -> Chosen | None:
    from bulk_importer.formats.table import format_named, recognised
    from bulk_importer.sources.members import open_members

    members = open_members(path, called=called)
    try:
        form = recognised(members) if wanted == SourceFormat.AUTO else format_named(wanted)
    except BaseException:
        members.close()
        raise
    if form is None:
        members.close()
        return None
    return Chosen(form, members, folder, copy, was_recognised=wanted == SourceFormat.AUTO)


def _holds_entries(head: bytes) -> bool:
    """Whether a file is in the import format, as nearly all are; false says nothing."""
    return bool(_ENTRIES.match(head.removeprefix(b"\xef\xbb\xbf"))) and not _EXPORT.search(head[:4096])


def _is_plain(path: Path) -> bool:
    """Whether it is a plain file; or nothing at all, which opening it will say."""
    return path.is_file() or not path.exists()


class _Head:
    """The beginning of a packed file, as a source whose format is looked for: it is not worth unpacking for that."""

    def __init__(self, name: str, head: bytes) -> None:
        self.name = name
        self.paths: tuple[str, ...] = (_file_name(name),)
        self._head = head

    def head(self, _: str) -> bytes:
        return self._head

    def length(self, _: str) -> int:
        return len(self._head)

    def read(self, path: str) -> bytes:
        raise SourceUnreadable(path, "more of it is needed than its beginning")

    def open(self, path: str) -> BinaryIO:
        raise SourceUnreadable(path, "more of it is needed than its beginning")


def _file_name(spec: str) -> str:
    """The name of the file that a source is, unpacked: what some formats are known by."""
    path = urlsplit(spec).path if "://" in spec else spec
    return _PACKED.sub("", path.rpartition("/")[2])


def _is_recognised(spec: str, head: bytes) -> bool:
    """Whether a file that begins so is in the format of another tool. Raises `UsageError` where several fit."""
    from bulk_importer.formats.table import recognised

    return not _holds_entries(head) and recognised(_Head(spec, head)) is not None


async def _first_bytes(source: Source) -> bytes:
    stream = await source.stream(0)
    try:
        return await stream.read(_HEAD_BYTES)
    finally:
        await stream.aclose()


async def _copied(source: Source, spec: str, wanted: str, folder: Path) -> Chosen | None:
    """As `_look`, at a copy of what a source holds, unpacked; there is none where nothing comes of it."""
    copy, chosen = folder / _SPOOL, None
    try:
        await _copy(source, spec, copy)
        chosen = await asyncio.to_thread(_look, copy, wanted, folder, copy, _file_name(spec))
    finally:
        if chosen is None:
            with suppress(OSError):
                copy.unlink(missing_ok=True)
    return chosen


async def _copy(source: Source, spec: str, path: Path) -> None:
    stream = await source.stream(0)
    try:
        create_folder(path.parent)
        with path.open("wb") as file:
            while piece := await stream.read(_PIECE_BYTES):
                file.write(piece)
    except OSError as error:
        raise UsageError(f"No copy of {spec} can be made at {path}: {reason_of(error)}.") from error
    finally:
        await stream.aclose()
