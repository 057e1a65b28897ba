"""A file that is packed as its ending says has its name only when it is whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bulk_importer.files.packed import packed_file

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@pytest.mark.parametrize(
    ("ending", "unpack"),
    [
        (".json", bytes),
        (".json.gz", gzip.decompress),
        (".json.bz2", bz2.decompress),
        (".json.xz", lzma.decompress),
        (".json.ZST", zstd.decompress),
    ],
)
def test_it_is_packed_as_its_ending_says(
    tmp_path: Path, ending: str, unpack: Callable[[bytes], bytes]
) -> None:
    """What is written comes out again."""
    path = tmp_path / f"labels{ending}"
    with packed_file(path) as file:
        file.write(b"one")
        file.write(b"two")
        assert not path.exists()
    assert unpack(path.read_bytes()) == b"onetwo"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_whole_leaves_nothing_and_changes_nothing(tmp_path: Path) -> None:
    """Whatever ends it."""
    path = tmp_path / "labels.json"
    path.write_bytes(b"before")
    interrupted = packed_file(path)
    interrupted.__enter__().write(b"half")
    stop = KeyboardInterrupt()
    assert not interrupted.__exit__(KeyboardInterrupt, stop, None)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_stays_what_it_is_and_is_written_to(tmp_path: Path) -> None:
    """To replace it would take `/dev/null` away from the whole machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with packed_file(pipe) as file:
            file.write(b"one")
        assert os.read(reading, 10) == b"one"
    finally:
        os.close(reading)
    assert pipe.is_fifo()
