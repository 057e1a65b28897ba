"""Follows a checkpoint that another process writes: reads the log once, and then what was appended to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from bulk_importer.checkpoint.log.file import log_path, opened_log
from bulk_importer.checkpoint.log.frames import Damage
from bulk_importer.checkpoint.log.records import Header
from bulk_importer.checkpoint.log.replay import replay, replay_more
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.log.throughput import Throughput
from bulk_importer.errors import CheckpointDamaged, CheckpointError, CheckpointUnusable

__all__ = ["LogTail"]


class LogTail:
    """What the checkpoint in `folder` says, as of the latest `look`. Takes no lock, and writes nothing.

    Attributes:
        header, state: as `read_state` gives them.
        throughput: how fast entries are settled; it goes on when the log is compacted meanwhile.

    Raises:
        CheckpointUnusable, CheckpointDamaged: it cannot be read, or is not what was written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.throughput = Throughput()
        self._file: BinaryIO = opened_log(folder)
        self._length = 0
        self.header: Header
        self.state: CheckpointState
        try:
            self._read_all(is_first=True)
        except CheckpointError:
            self._file.close()
            raise

    def look(self) -> None:
        """Read what came since. Raises as the constructor does."""
        # The file stays open, so that no other can get its number while we compare.
        try:
            is_the_same = os.fstat(self._file.fileno()).st_ino == log_path(self._folder).stat().st_ino
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error
        if not is_the_same:
            # The old one stays open until then: where there is no other, the next look is to find that out, too.
            fresh = opened_log(self._folder)
            self._file.close()
            self._file = fresh
            self._read_all(is_first=False)
            return
        content = self._content_from(self._length)
        try:
            self._length = replay_more(self.state, content, self._length, self.throughput.note)
            self.throughput.until(self._written_at())
            self.header = msgspec.structs.replace(self.header, server=self.state.server)
        except Damage as damage:
            raise self._damaged(damage) from damage

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _read_all(self, *, is_first: bool) -> None:
        """Read it from the beginning; a compacted log says again what was noted, so that is not noted twice."""
        content = self._content_from(0)
        try:
            replayed = replay(content, self.throughput.note if is_first else lambda _: None)
        except Damage as damage:
            raise self._damaged(damage) from damage
        self.header, self.state, self._length = replayed.header, replayed.state, replayed.length
        if is_first:
            self.throughput.until(self._written_at())

    def _content_from(self, begin: int) -> bytes:
        try:
            self._file.seek(begin)
            return self._file.read()
        except OSError as error:
            raise CheckpointUnusable.by(self._folder, error) from error

    def _written_at(self) -> float:
        """When the latest record was written."""
        return os.fstat(self._file.fileno()).st_mtime

    def _damaged(self, damage: Damage) -> CheckpointDamaged:
        return CheckpointDamaged(
            str(log_path(self._folder)), damage.offset, damage.reason, is_repairable=True
        )
