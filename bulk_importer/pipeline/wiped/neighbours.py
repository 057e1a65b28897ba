"""What each source of a command has to know of the others, as if all were one source.

It has to know which media the others mention, so that what one source wipes of another is found; and which of these
media are in doubt: a request whose answer was lost may still be running, and nothing may be sent before it ends.

Memory: what `mentions` takes, once more (and twice while new sources are read before the first is sent), and a hundred
bytes for each media in doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bulk_importer.pipeline.wiped.mention_log import keys_in_doubt, recall_checkpoint
from bulk_importer.pipeline.wiped.mentions import Mentions

__all__ = ["Neighbours"]


class Neighbours:
    """The sources of a command, by the folders of their checkpoints.

    Attributes:
        mentions: what is on record of any of the sources, and what those have mentioned whose turn is over.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        """Read what is on record. Blocks."""
        self.mentions = Mentions()
        # Keys of media in doubt, of the checkpoints that have any.
        self._in_doubt: dict[Path, frozenset[int]] = {}
        for folder in folders:
            recall_checkpoint(folder, self.mentions)
            self._look(folder)

    def in_doubt_beside(self, folder: Path) -> frozenset[int]:
        """The keys of media that are in doubt in sources other than that of the checkpoint in `folder`."""
        return frozenset().union(*(keys for each, keys in self._in_doubt.items() if each != folder))

    def end(self, folder: Path, mentioned: Mentions) -> None:
        """Take note of what a source whose turn is over mentioned, and which of its media are in doubt. Blocks."""
        self.mentions.join(mentioned)
        self._look(folder)

    def _look(self, folder: Path) -> None:
        self._in_doubt.pop(folder, None)
        if keys := keys_in_doubt(folder):
            self._in_doubt[folder] = keys
