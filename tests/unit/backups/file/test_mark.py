"""A backup is known by its first bytes, wherever it comes from."""

from __future__ import annotations

import pytest

from bulk_importer.backups.file.frames import frame_of
from bulk_importer.backups.file.mark import begins_backup
from bulk_importer.backups.file.records import Chunk


def test_the_beginning_of_a_record_is_enough() -> None:
    """What follows need not be there yet."""
    assert begins_backup(frame_of(Chunk(packed=1, digest="", size=1, content=""))[:29])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"[\n",
        b"\x5b\x2a\x4d\x18",
        b"\x5b\x2a\x4d\x18\x10\0\0\0of somebody else\0\0",
        b"\x28\xb5\x2f\xfd\0\0\0\0bulk-importer backup\n",
    ],
)
def test_what_begins_otherwise_is_none(head: bytes) -> None:
    """Others write frames of that kind, too."""
    assert not begins_backup(head)
