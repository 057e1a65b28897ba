"""A backup file proves itself whole, is gone on with after a crash at any byte, and reads as any zstd file."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import io
import json
import subprocess
from pathlib import Path
from shutil import which

import pytest

from bulk_importer.backups.file.content import opened_backup
from bulk_importer.backups.file.records import FORMAT_VERSION, Header, Trailer
from bulk_importer.backups.file.scan import scan_backup
from bulk_importer.backups.file.writing import BackupWriter, MadeMedia, locked_part, part_of
from bulk_importer.backups.making.entries import EntryMaker, MediaTask
from bulk_importer.errors import BackupUnusable, ExitCode
from bulk_importer.files.durable import DurableFile
from bulk_importer.sources import open_source
from support.backups.held import CONFIG, answer, geometry

_HEADER = Header(
    format=FORMAT_VERSION,
    server="http://gym.test",
    project="p1",
    name="streets",
    media=8,
    left_out={},
    listed="",
    writes=False,
    began="2026-01-01T00:00:00+00:00",
    program="1",
    label_config=[],
)
_MAKER = EntryMaker(CONFIG)


def _media(number: int) -> MadeMedia:
    if number == 3:
        return MadeMedia.without(is_gone=True)
    held = [geometry("POINT", "sign", float(number), 0.5)] * number
    rain = answer("rain", "yes", children=(answer("heavy", "no"), answer("warm", "no")))
    return MadeMedia.of(_MAKER.entries(MediaTask(f"m{number}", f"t{number}", "BACKLOG"), [*held, rain]))


async def _write(path: Path, *, stop_after: int = 8) -> Trailer | None:
    with locked_part(path) as part:
        writer = BackupWriter(path, part, _HEADER)
        for number in range(writer.tally.media, 8):
            if number == stop_after:
                return None
            await writer.take(_media(number))
            if number % 2:
                await writer.flush()
        return await writer.finish(changed=False, ended="2026-01-01T00:00:01+00:00", seconds=1.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished backup of eight media, in five chunks."""
    path = tmp_path_factory.mktemp("whole") / "b"
    asyncio.run(_write(path))
    return path


def test_it_counts_what_is_in_it(whole: Path) -> None:
    """By the trailer, and by each chunk."""
    scan = scan_backup(whole)
    assert scan.trailer is not None
    assert (scan.trailer.media, scan.trailer.gone, scan.trailer.labelled) == (8, 1, 7)
    assert scan.trailer.entries == 14
    assert scan.trailer.values == {"sign": 25, "rain": 7, "rain/heavy": 7, "rain/warm": 7}
    assert len(scan.chunks) == 5


def test_its_entries_come_back_by_media(whole: Path) -> None:
    """Those that follow the first belong to it."""
    with opened_backup(whole) as backup:
        media = list(backup.media())
    assert [entries[0].internal_media_ID for entries in media] == ["m0", "m1", "m2", "m4", "m5", "m6", "m7"]
    assert all([entry.keepData for entry in entries] == [False, True] for entries in media)


async def test_a_source_reads_it_as_an_array(whole: Path) -> None:
    """`import` and `check` take it as it is."""
    source = await open_source(str(whole))
    stream, content = await source.stream(0), io.BytesIO()
    while piece := await stream.read(1 << 16):
        content.write(piece)
    await stream.aclose()
    await source.aclose()
    assert len(json.loads(content.getvalue())) == 14


@pytest.mark.skipif(which("zstd") is None, reason="there is no zstd here")
def test_the_zstd_command_reads_it(whole: Path) -> None:
    """It passes over what is no data."""
    told = subprocess.run(["zstd", "-dc", "-f", whole], capture_output=True, check=True)
    assert len(json.loads(told.stdout)) == 14


async def test_every_prefix_is_gone_on_with_to_the_same_file(whole: Path, tmp_path: Path) -> None:
    """A crash leaves any prefix; what is gone on with holds the same as what was never interrupted."""
    content = whole.read_bytes()
    for length in range(0, len(content), 61):
        path = tmp_path / f"b{length}"
        part_of(path).write_bytes(content[:length])
        await _write(path)
        assert _content(path) == _content(whole)


async def test_a_part_that_is_finished_before_it_is_locked_is_left_alone(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process gave it its name in between: to begin in it would be to empty a backup."""
    path = tmp_path / "b"
    part_of(path).write_bytes(content := whole.read_bytes())
    lock = fcntl.flock

    def late(file: int, operation: int) -> None:
        part_of(path).rename(path)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(BackupUnusable, match="another process writes it"):
        await _write(path)
    assert path.read_bytes() == content


def _content(path: Path) -> bytes:
    with opened_backup(path) as backup:
        return b"".join(each for _, each in backup.contents())


async def test_a_part_that_was_written_in_length_only_is_gone_on_with(tmp_path: Path) -> None:
    """A power cut may leave zeros where the last frame should be."""
    path = tmp_path / "b"
    await _write(path, stop_after=6)
    part = bytearray(part_of(path).read_bytes())
    part[-20:] = bytes(20)
    part_of(path).write_bytes(part)
    assert len(scan_backup(part_of(path)).chunks) == 2
    trailer = await _write(path)
    assert trailer is not None
    assert trailer.media == 8


def test_any_byte_that_is_another_is_found(whole: Path, tmp_path: Path) -> None:
    """Header, chunks, frames and trailer prove each other."""
    content = whole.read_bytes()
    path = tmp_path / "b"
    for at in range(0, len(content), 37):
        changed = bytearray(content)
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(BackupUnusable), opened_backup(path) as backup:
            list(backup.contents())


def test_what_is_cut_off_missing_or_behind_the_end_is_found(whole: Path, tmp_path: Path) -> None:
    """So is a part that is not finished."""
    content, scan = whole.read_bytes(), scan_backup(whole)
    first, second = scan.chunks[1], scan.chunks[2]
    without = content[: first.at + first.chunk.packed] + content[second.at + second.chunk.packed :]
    for damaged in (content[:-1], content + b"x", content[: scan.end], without, b"[]", b""):
        path = tmp_path / "b"
        path.write_bytes(damaged)
        with pytest.raises(BackupUnusable) as refused, opened_backup(path) as backup:
            list(backup.contents())
        assert refused.value.exit_code is ExitCode.CHECKPOINT


async def test_two_writers_exclude_each_other(tmp_path: Path) -> None:
    """The second is told, and harms nothing."""
    path = tmp_path / "b"
    with (
        locked_part(path),
        pytest.raises(BackupUnusable, match="another process"),
        locked_part(path),
    ):
        pass
    assert not part_of(path).exists()


@pytest.mark.parametrize("at", range(1, 6))
async def test_a_full_disk_ends_it_and_room_lets_it_go_on(
    at: int, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whichever append; what is said is what to do, and doing it gives the same file."""
    path = tmp_path / "b"
    appended, append = 0, DurableFile.append

    def full(file: DurableFile, content: bytes | memoryview) -> None:
        nonlocal appended
        appended += 1
        if appended == at:
            append(file, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        append(file, content)

    with monkeypatch.context() as patch:
        patch.setattr(DurableFile, "append", full)
        with pytest.raises(BackupUnusable, match="Make room"):
            await _write(path)
    assert not path.exists()
    await _write(path)
    assert _content(path) == _content(whole)
