"""Where the checkpoint of a shard is kept, for those who work on it: in a folder that all share, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from bulk_importer.files.durable import DurableFile
from bulk_importer.media.build_index import INDEX
from bulk_importer.media.names.making import NAMES
from bulk_importer.pipeline.wiped.mentions import MENTIONS

__all__ = ["WHOLE", "Keeping", "Kept"]

WHOLE = ("run.log", MENTIONS, INDEX, NAMES)
"""Files of a checkpoint that who goes on with it has the better for, and that nothing that is sent hangs on."""


class Kept(msgspec.Struct, frozen=True):
    """The checkpoint of a shard, as one worker has it.

    Attributes:
        name: of its folder, below the shard's at the place of the plan.
        folder: where its files are on this machine.
        open_file: what they are written through.
    """

    name: str
    folder: Path
    open_file: Callable[[Path], DurableFile] = DurableFile


class Keeping(Protocol):
    """Where the checkpoints of one shard are kept, a folder for each epoch that follows a lost worker.

    All calls block, and raise `CheckpointUnusable` where files cannot be read or written.
    """

    def begun(self, epoch: int, unbroken_since: int) -> Kept:
        """The checkpoint for the holder of an epoch: that of an earlier one, or a new one, which is a copy of the last.

        Args:
            unbroken_since: the first epoch since which each one was given back: whoever writes to a folder of an
                earlier one was lost, and may still write.
        """

    def last(self, *files: str) -> Kept | None:
        """The checkpoint of the last epoch that has one, to look at; None where nobody has worked on the shard.

        Args:
            files: which of `WHOLE` are asked for besides; one that is missing stays so.
        """

    def put_away(self, kept: Kept, *files: str) -> None:
        """Put files that lie in the folder of a checkpoint where others find them; those that are there.

        For files that are for people, or that can be done without.
        """
