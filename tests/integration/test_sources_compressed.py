"""Compressed files are read by what they hold, in one member or several, and up to where they break off."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from bulk_importer.errors import SourceUnreadable
from bulk_importer.intake.compressed import CompressedSource
from bulk_importer.intake.sources import open_source
from bulk_importer.model import ReadPlan
from support.reading import Seen, entry, plain_reading, read_file

CONTENT = json.dumps([entry(i, labels={"class": []}) for i in range(4000)]).encode()
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


async def read(file: Path, content: bytes, plan: ReadPlan | None = None, **options: int) -> Seen:
    """Read it in small segments."""
    return await read_file(file, content, plan, **{"segment_bytes": 20_000, **options})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A name that says nothing."""
    return tmp_path / "source"


@pytest.mark.parametrize("form", PACK)
@pytest.mark.parametrize("workers", [0, 2])
async def test_a_compressed_array_is_read_by_its_content(file: Path, form: str, workers: int) -> None:
    """Positions and offsets are those of what it unpacks to."""
    seen = await read(file, PACK[form](CONTENT), workers=workers)
    assert seen.error is None
    assert seen.elements == plain_reading(CONTENT).elements
    assert seen.end is not None
    assert seen.end.length == len(CONTENT)


@pytest.mark.parametrize("form", PACK)
async def test_several_members_are_one_source(file: Path, form: str) -> None:
    """Cut anywhere, an empty one among them, and zeros behind the last."""
    pack = PACK[form]
    packed = pack(CONTENT[:777]) + pack(b"") + pack(CONTENT[777:100_000]) + pack(CONTENT[100_000:])
    seen = await read(file, packed + bytes(512))
    assert seen.error is None
    assert seen.elements == plain_reading(CONTENT).elements


@pytest.mark.parametrize("form", PACK)
async def test_what_breaks_off_gives_what_is_before_the_break(file: Path, form: str) -> None:
    """Then it says that it breaks off, and goes on when the whole is there."""
    pack = PACK[form]
    packed = pack(CONTENT[:100_000]) + pack(CONTENT[100_000:])
    broken = await read(file, packed[:-10])
    assert isinstance(broken.error, SourceUnreadable)
    assert "breaks off" in str(broken.error)
    assert form in str(broken.error)
    assert len(broken.elements) >= len(plain_reading(CONTENT[:100_000]).elements)
    last = broken.keys[-1]
    rest = await read(file, packed, ReadPlan((), last.first + last.count, last.offset + last.length))
    assert broken.elements + rest.elements == plain_reading(CONTENT).elements


@pytest.mark.parametrize("form", PACK)
async def test_damage_is_noticed(file: Path, form: str) -> None:
    """By the checks of the format; nothing damaged is given as if it were whole."""
    damaged = bytearray(PACK[form](CONTENT[:50_000]) + PACK[form](CONTENT[50_000:]))
    damaged[-3] ^= 0xFF
    damaged[-12] ^= 0xFF
    seen = await read(file, bytes(damaged))
    if form == "zstd":
        # A frame without a checksum cannot notice every damage; what it cannot notice is not JSON any more.
        assert seen.error is not None
        return
    assert isinstance(seen.error, SourceUnreadable)
    assert seen.end is None


@pytest.mark.parametrize("form", PACK)
async def test_something_else_behind_the_last_member_is_noticed(file: Path, form: str) -> None:
    """It may be the rest of a file that was overwritten."""
    seen = await read(file, PACK[form](CONTENT) + b"garbage behind")
    assert isinstance(seen.error, SourceUnreadable)
    assert len(seen.elements) == 4000


@pytest.mark.parametrize("form", PACK)
async def test_a_bomb_is_unpacked_piece_by_piece(file: Path, form: str) -> None:
    """What comes at a time is bounded, whatever the ratio."""
    file.write_bytes(PACK[form](bytes(64 << 20)))
    source = await open_source(str(file))
    assert isinstance(source, CompressedSource)
    stream = await source.stream(0)
    total = 0
    while piece := await stream.read(1 << 20):
        assert len(piece) <= 1 << 20
        total += len(piece)
    await source.aclose()
    assert total == 64 << 20


async def test_blanks_before_the_array_are_let_go(file: Path) -> None:
    """However many: they unpack to more than memory could hold."""
    file.write_bytes(gzip.compress(b" " * (32 << 20) + b"[1]", 1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen = await read(file, file.read_bytes())
    assert (seen.error, seen.elements) == (None, [(0, (32 << 20) + 1, b"1")])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 24 << 10


@pytest.mark.parametrize("form", PACK)
async def test_what_is_packed_twice_is_said_to_be(file: Path, form: str) -> None:
    """Rather than called no JSON."""
    seen = await read(file, PACK[form](PACK[form](b"[]")))
    assert seen.error is not None
    assert seen.end is None


async def test_a_resume_unpacks_what_comes_before_and_judges_none_of_it(file: Path) -> None:
    """The first thing that comes out is the first thing that is owed."""
    whole = await read(file, gzip.compress(CONTENT))
    key = whole.keys[-1]
    seen = await read(
        file, gzip.compress(CONTENT), ReadPlan((key,), key.first + key.count, key.offset + key.length)
    )
    assert seen.keys == [key]
    assert seen.end == whole.end


@pytest.mark.parametrize("form", PACK)
async def test_a_compressed_source_knows_how_much_of_it_was_taken(file: Path, form: str) -> None:
    """Of the bytes as they lie there: by them it is told how far a run is."""
    file.write_bytes(PACK[form](CONTENT))
    source = await open_source(str(file))
    try:
        stream = await source.stream(0)
        assert (source.taken, source.size) == (0, file.stat().st_size)
        while await stream.read(10_000):
            assert source.taken
        await stream.aclose()
        assert source.taken == source.size
    finally:
        await source.aclose()
