"""What media held before is kept, in a file that is read as entries and that survives a crash at any byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk_importer.backups.replaced import REPLACED, KeptMedia, ReplacedFile, kept_media
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.sources import open_source

_FIRST = [
    KeptMedia("a", 3, (b'{"internal_media_ID":"a","keepData":false}',)),
    KeptMedia("b", 5, (b'{"internal_media_ID":"b","keepData":false}', b'{"internal_media_ID":"b"}')),
]
_SECOND = [KeptMedia("c", 9, (b'{"internal_media_ID":"c","keepData":false}',))]


def _kept(folder: Path) -> Path:
    file = ReplacedFile(folder)
    file.append(_FIRST)
    file.append(_SECOND)
    file.close()
    return folder / REPLACED


def test_what_was_kept_is_given_back_in_its_order(tmp_path: Path) -> None:
    _kept(tmp_path)
    assert list(kept_media(tmp_path)) == [*_FIRST, *_SECOND]


def test_without_a_file_nothing_was_kept(tmp_path: Path) -> None:
    assert list(kept_media(tmp_path)) == []


async def test_the_file_is_a_source_of_entries(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    source = await open_source(str(path))
    try:
        stream = await source.stream(0)
        read = b""
        while piece := await stream.read(1 << 16):
            read += piece
    finally:
        await source.aclose()
    assert read.splitlines() == [line for each in [*_FIRST, *_SECOND] for line in each.entries]


def test_a_crash_at_any_byte_leaves_what_was_synced_before(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    whole = path.read_bytes()
    path.unlink()
    first = ReplacedFile(tmp_path)
    first.append(_FIRST)
    first.close()
    begun = path.stat().st_size
    for length in (begun, begun + 1, begun + 7, begun + 8, begun + 30, len(whole) - 20, len(whole) - 1):
        for torn in (whole[:length], whole[:length] + bytes(len(whole) - length)):
            path.write_bytes(torn)
            file = ReplacedFile(tmp_path)
            assert file.media_ids == ["a", "b"]
            file.append(_SECOND)
            file.close()
            assert path.read_bytes() == whole


def test_damage_before_other_frames_is_an_error_and_nothing_is_cut_off(tmp_path: Path) -> None:
    path = _kept(tmp_path)
    damaged = bytearray(path.read_bytes())
    damaged[120] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(CheckpointUnusable, match="damaged at byte 0"):
        ReplacedFile(tmp_path)
    with pytest.raises(CheckpointUnusable, match="damaged at byte 0"):
        list(kept_media(tmp_path))
    assert path.read_bytes() == damaged
