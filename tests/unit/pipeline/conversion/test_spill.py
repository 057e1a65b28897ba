"""The entries of a conversion are made once, and found again; unless the source is another one by now."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from bulk_importer.checkpoint.places import CONVERTED
from bulk_importer.errors import CheckpointLocked, CheckpointMismatch
from bulk_importer.pipeline.conversion.choosing import chosen_format
from bulk_importer.pipeline.conversion.spill import Conversion, converted_into
from bulk_importer.settings import Settings

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x64\0\0\0\x64\x08\x02\0\0\0"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """YOLO of one picture."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "data.yaml").write_text("names: [car, bus]\n")
    (folder / "one.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (folder / "one.png").write_bytes(PNG)
    return folder


async def entries(source: Path, folder: Path, **settings: object) -> tuple[bytes, int]:
    """The entries in the folder of a checkpoint, and which file has them."""
    given = Settings(label_config="none", **settings)  # type: ignore[arg-type]
    chosen = await chosen_format(str(source), given, folder)
    assert chosen is not None
    try:
        conversion = Conversion.of(chosen, given, None, found=lambda _: None, passed=lambda *_: None)
        path, _ = converted_into(folder, conversion)
    finally:
        chosen.close()
    return path.read_bytes(), path.stat().st_ino


async def test_what_was_converted_is_found_again(source: Path, tmp_path: Path) -> None:
    """And not made once more, as long as nobody touches the source."""
    first = await entries(source, tmp_path / "cp")
    assert await entries(source, tmp_path / "cp") == first
    (tmp_path / "cp" / CONVERTED).unlink()
    assert (await entries(source, tmp_path / "cp"))[0] == first[0]


async def test_a_source_that_was_only_touched_is_the_same(source: Path, tmp_path: Path) -> None:
    """As by a copy: it is converted once more, which shows it, and from then on it is found again."""
    first, made = await entries(source, tmp_path / "cp")
    os.utime(source / "one.txt", (1, 1))
    again, remade = await entries(source, tmp_path / "cp")
    assert (again, remade == made) == (first, False)
    assert await entries(source, tmp_path / "cp") == (first, remade)


async def test_entries_that_another_process_finishes_meanwhile_are_left_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gave them their name before this one had the lock: by now they are what it imports."""
    folder, lock = tmp_path / "cp", fcntl.flock

    def late(file: BinaryIO, operation: int) -> None:
        file.write(b"entries\n")
        file.flush()
        (folder / f"{CONVERTED}.new").rename(folder / CONVERTED)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(CheckpointLocked):
        await entries(source, folder)
    assert (folder / CONVERTED).read_bytes() == b"entries\n"


async def test_a_source_that_says_something_else_is_refused(source: Path, tmp_path: Path) -> None:
    """Also where it is of the same size: what is being sent stays what it is."""
    first = await entries(source, tmp_path / "cp")
    (source / "one.txt").write_text("0 0.5 0.5 0.2 0.3\n")
    os.utime(source / "one.txt", (2, 2))
    with pytest.raises(CheckpointMismatch, match="what is in the source is not what it was"):
        await entries(source, tmp_path / "cp")
    assert not (tmp_path / "cp" / f"{CONVERTED}.new").exists()
    assert (tmp_path / "cp" / CONVERTED).read_bytes() == first[0]
    with pytest.raises(CheckpointMismatch, match="--clip is not what it was"):
        await entries(source, tmp_path / "cp", clip=True)
