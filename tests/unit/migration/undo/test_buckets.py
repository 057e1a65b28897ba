"""Deeds go by media through files; what a disk does not take is said once, with what to do."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.migration.undo.buckets import Deed, DeedKind, MediaBuckets


def _deed(media_id: str, position: int, size: int = 1) -> Deed:
    return Deed(media_id, 0, position, DeedKind.DELIVERED, (b"x" * size,))


def test_the_deeds_of_a_media_come_together_in_their_order(tmp_path: Path) -> None:
    with MediaBuckets(tmp_path, 100 << 20) as buckets:
        for media_id, position in (("a", 2), ("b", 0), ("A", 1)):
            buckets.put(_deed(media_id, position))
        found = sorted([deed.position for deed in deeds] for bucket in buckets.media() for deeds in bucket)
    assert found == [[0], [1, 2]]


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may be longer than 4 KiB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [5000, 50_000])
def test_a_disk_that_is_full_is_said_once(tmp_path: Path, small_files: None, size: int) -> None:
    """Whether it is noticed when something is put in, or when that is read."""
    with pytest.raises(CheckpointUnusable, match="then run the same command again"):
        _put_and_read(_deed("a", 0, size), tmp_path)


def _put_and_read(deed: Deed, folder: Path) -> None:
    with MediaBuckets(folder, 1) as buckets:
        buckets.put(deed)
        list(buckets.media())
