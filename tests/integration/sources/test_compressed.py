"""Compressed files are read by what they hold, in one member or several, and up to where they break off."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from bulk_importer.errors import SourceUnreadable
from bulk_importer.machine.memory import available_bytes
from bulk_importer.model import ReadPlan
from bulk_importer.sources import zstd_frame
from bulk_importer.sources.compressed import CompressedSource
from bulk_importer.sources.interfaces import Stream
from bulk_importer.sources.member import HEAD_BYTES
from bulk_importer.sources.open import open_source
from bulk_importer.sources.zstd_frame import window_bytes
from support.entries import numbered
from support.reading import Seen, plain_reading, read_file, read_source

CONTENT = json.dumps([numbered(i, labels={"class": []}) for i in range(4000)]).encode()
PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstd.compress,
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


def framed(log: int, *, sized: bool = False) -> bytes:
    """The content as a zstd frame with a window of 2 to the power of `log`."""
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: log,
        zstd.CompressionParameter.content_size_flag: int(sized),
        zstd.CompressionParameter.checksum_flag: 1,
    }
    compressor = zstd.ZstdCompressor(options=options)
    if sized:
        compressor.set_pledged_input_size(len(CONTENT))
    return compressor.compress(CONTENT) + compressor.flush()


@pytest.mark.parametrize("log", [20, 27, 28, 31])
@pytest.mark.parametrize("sized", [False, True])
async def test_zstd_windows_are_taken_up_to_two_gibibytes(file: Path, log: int, sized: bool) -> None:
    """Where there is the memory; what is not used of it is not taken."""
    if (available_bytes() or sys.maxsize) < 1 << log:
        pytest.skip("so much memory is not there")
    packed = framed(log, sized=sized)
    assert window_bytes(packed[:HEAD_BYTES]) == (len(CONTENT) if sized else 1 << log)
    seen = await read(file, packed)
    assert seen.error is None
    assert len(seen.elements) == 4000


@pytest.mark.parametrize(
    ("head", "window"),
    [
        ("", 0),
        ("28b52ffd", 0),
        ("28b52ffd00", 0),
        ("28b52ffd0058", 1 << 21),
        ("28b52ffd005b", (1 << 21) + 3 * (1 << 18)),
        ("28b52ffd20ff", 255),
        ("28b52ffd600001", 512),
        ("28b52ffda0ffffffff", 0xFFFFFFFF),
        ("28b52ffde00000000001000000", 1 << 32),
        ("28b52ffd4058000100", 512),
        ("28b52ffd03580100000009", 1 << 21),
        ("502a4d1804000000", 0),
    ],
)
def test_the_window_is_what_the_head_of_a_frame_says(head: str, window: int) -> None:
    """Or the size of its content, where that is less."""
    assert window_bytes(bytes.fromhex(head)) == window


@pytest.mark.parametrize("room", [2**28 - 1, 2**28])
async def test_a_window_that_does_not_fit_is_said_to_be_one(
    file: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it is asked for: the data is not damaged, and a process that takes too much is killed without a word."""
    monkeypatch.setattr(zstd_frame, "available_bytes", lambda: room)
    seen = await read(file, framed(28))
    if room >= 1 << 28:
        assert seen.error is None
        return
    assert isinstance(seen.error, SourceUnreadable)
    assert "need a window of 256 MiB in memory, and there are 256 MiB" in str(seen.error)
    assert "zstd --long=27" in str(seen.error)
    assert not seen.error.at_fault


def test_where_memory_ends_it_is_said_what_wanted_it(file: Path) -> None:
    """Also where the bound on it is one that nobody can look up."""
    script = (
        "import asyncio, resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from pathlib import Path\n"
        "from support.reading import read_file\n"
        "path = Path(sys.argv[1])\n"
        "print(asyncio.run(read_file(path, path.read_bytes())).error)\n"
    )
    file.write_bytes(framed(31))
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=False, env=place
    )
    assert "need a window of 2,048 MiB in memory, and there" in done.stdout, done.stderr


async def test_a_dictionary_that_is_missing_is_named(file: Path) -> None:
    """The data is not damaged, and the way to unpack it is said."""
    dictionary = zstd.train_dict([CONTENT[at : at + 80] for at in range(0, 80_000, 80)], 1000)
    seen = await read(file, zstd.compress(CONTENT, zstd_dict=dictionary))
    assert isinstance(seen.error, SourceUnreadable)
    assert "need a dictionary" in str(seen.error)
    assert "damaged" not in str(seen.error)


async def drain(stream: Stream) -> None:
    """Read it to its end."""
    while await stream.read(1 << 20):
        pass


@pytest.mark.parametrize("form", PACK)
async def test_wherever_it_is_cut_it_breaks_off(file: Path, form: str) -> None:
    """Inside of a head, a block or a sum; but not between two members, where nobody could tell."""
    first, second = PACK[form](CONTENT[:-1]), PACK[form](CONTENT[-1:])
    for kept in range(len(first) + 1, len(first + second)):
        file.write_bytes((first + second)[:kept])
        source = await open_source(str(file))
        stream = await source.stream(0)
        with pytest.raises(SourceUnreadable, match="breaks off"):
            await drain(stream)
        await source.aclose()


async def test_a_packed_source_can_be_read_a_second_time(file: Path) -> None:
    """From its beginning, as often as it takes."""
    file.write_bytes(gzip.compress(CONTENT))
    source = await open_source(str(file))
    assert source.repeatable
    assert not source.seekable
    for _ in range(2):
        assert len((await read_source(source)).elements) == 4000
    await source.aclose()
