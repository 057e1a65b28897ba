"""Finds examples in `rejected.jsonl`, of whatever length: its beginning is read, and a little of the rest.

A file of a gigabyte is not read for three examples of each kind. What of the codes is not met in `_HEAD_BYTES` is
looked for at `_WINDOWS` places behind them; how often each was found the log knows.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import msgspec

from bulk_importer.checkpoint.rejects import REJECTED, RejectedLine
from bulk_importer.cli.reporting.samples import Sample, Samples

__all__ = ["sample_of", "sampled"]

_HEAD_BYTES = 32 << 20
_WINDOWS = 32
_WINDOW_BYTES = 256 << 10
_LONGEST_LINE = 4 << 20


def sampled(folder: Path, counted_bytes: int, codes: Collection[str], *, seen_from: Path) -> Samples:
    """A few lines of `rejected.jsonl` in a checkpoint folder, of each kind; none where there is no such file.

    Args:
        counted_bytes: how many bytes of the file count.
        codes: the kinds that there are.
        seen_from: the folder in which the links to the lines stand.
    """
    samples, path = Samples(), folder / REJECTED
    href = quote(os.fsencode(os.path.relpath(path, seen_from)))
    try:
        with path.open("rb") as file:
            for number, line in _lines(file, counted_bytes, codes, samples):
                if (sample := sample_of(line, number, href)) is not None:
                    samples.offer(sample)
    except OSError:
        pass  # the rest of the report is as true without pictures
    return samples


def _lines(
    file: BinaryIO, counted_bytes: int, codes: Collection[str], samples: Samples
) -> Iterator[tuple[int | None, bytes]]:
    """Lines with their numbers, as long as any is of use; those in the rest of a long file have no number."""
    number, counted_bytes = 0, min(counted_bytes, os.fstat(file.fileno()).st_size)
    while file.tell() < min(counted_bytes, _HEAD_BYTES):
        if not any(map(samples.lacks, codes)):
            return
        number += 1
        if not (line := _line(file)):
            return  # somebody cuts it off
        yield number, line
    left = counted_bytes - file.tell()
    for step in range(_WINDOWS if left > 0 else 0):
        if all(map(samples.has, codes)):
            return
        file.seek(_HEAD_BYTES + left * step // _WINDOWS)
        until = min(counted_bytes, file.tell() + _WINDOW_BYTES)
        _line(file)  # the end of one
        while file.tell() < until and (line := _line(file)):
            yield None, line


def _line(file: BinaryIO) -> bytes:
    """The next line; only the end of it, where that is too long to be looked at. Empty at the end of the file."""
    line = piece = file.readline(_LONGEST_LINE)
    while piece and not piece.endswith(b"\n"):
        line = piece = file.readline(_LONGEST_LINE)
    return line


def sample_of(line: bytes, number: int | None, href: str) -> Sample | None:
    """What a line of `rejected.jsonl` holds; None where it is none of ours.

    Args:
        number: of the line, from 1; None where it is not known.
        href: where the file is.
    """
    try:
        read = msgspec.json.decode(line, type=RejectedLine)
    except msgspec.MsgspecError:
        return None  # cut off, or changed by somebody, which is for others to say
    raw = bytes(read.entry) or (read.entry_text or "").encode("utf-8", "replace")
    return Sample(
        code="",
        position=read.position,
        offset=read.offset,
        media_id=read.media_id,
        findings=msgspec.to_builtins(read.findings),
        raw=raw,
        line=number,
        href=f"{href}#:~:text=%22position%22%3A{read.position}%2C",
    )
