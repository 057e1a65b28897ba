"""Where a retry keeps what it sends and what became of it: `retries/0001`, `retries/0002`, ... in the checkpoint.

Each holds `corrected.jsonl`, the entries as they are sent, one a line; `positions.json`, the position in the original
source that each line stands for; and `checkpoint`, a ledger of its own whose source is `corrected.jsonl`. So a retry
has every promise that an import has: it goes on after a crash, and what is in doubt is read back by what was sent. The
two files are on disk before anything is sent; a folder without `positions.json` was not finished, and is made anew.

A retry that was cut off goes on, unless something newer is to be sent for a position. Then the position is *passed on*:
the older retry leaves it out from now on. That is written nowhere but in the `positions.json` of the newer one, so
there is no moment in which both would send it, or none. What an older retry has in doubt is never passed on: it may
have landed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from bulk_importer.checkpoint.correction import Correction
from bulk_importer.checkpoint.ledger import read_state
from bulk_importer.checkpoint.log.records import Header
from bulk_importer.checkpoint.log.state import CheckpointState
from bulk_importer.checkpoint.rejects import RejectedLine, rejected_lines
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import DurableFile, replace_file, sync_folder
from bulk_importer.files.small_files import reason_of
from bulk_importer.spans import SpanSet

__all__ = [
    "RetryFolder",
    "Standing",
    "create_retry",
    "delivered_corrections",
    "retry_folders",
]

_FOLDER = "retries"
_POSITIONS = "positions.json"
_BEGUN_WITH = ("log", "rejected.jsonl")


class Standing(msgspec.Struct, frozen=True):
    """What has become of a retry, in positions of the original source.

    Attributes:
        server: where it sends to; None before it was begun.
        in_doubt: it is not known whether they landed.
        owed: it will send them when it goes on; what is passed on is not among them.
    """

    server: str | None = None
    delivered: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()
    in_doubt: frozenset[int] = frozenset()
    owed: frozenset[int] = frozenset()

    @property
    def unsettled(self) -> frozenset[int]:
        """The positions of which it is not known yet what will become."""
        return self.in_doubt | self.owed


class RetryFolder(msgspec.Struct, frozen=True):
    """One retry on disk.

    Attributes:
        positions: `positions[i]` is what line `i` of its source stands for.
        passed_on: positions that a newer retry names too.
    """

    path: Path
    positions: tuple[int, ...]
    passed_on: frozenset[int] = frozenset()

    @property
    def source(self) -> Path:
        """The file that the retry sends."""
        return self.path / "corrected.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The folder of its own ledger."""
        return self.path / "checkpoint"

    def state(self) -> CheckpointState | None:
        """What its own ledger says; None before that was begun."""
        said = self._said()
        return None if said is None else said[1]

    def standing(self) -> Standing:
        """What has become of its positions, in those of the original source."""
        said = self._said()
        if said is None:
            return Standing(owed=frozenset(self.positions) - self.passed_on)
        header, state = said
        settled = (state.delivered, state.rejected, state.skipped, state.taken)
        return Standing(
            server=header.server,
            delivered=frozenset(self._within(state.delivered)),
            rejected=frozenset(self._within(state.rejected)),
            in_doubt=frozenset(self._within(state.taken)),
            owed=frozenset(self.positions).difference(self.passed_on, *map(self._within, settled)),
        )

    def corrections(self, chosen: Container[int]) -> list[Correction]:
        """What the retry sends for the chosen positions.

        Raises:
            CheckpointUnusable: its source cannot be read.
        """
        try:
            lines = self.source.read_bytes().split(b"\n")
        except OSError as error:
            raise CheckpointUnusable(str(self.source), reason_of(error)) from error
        pairs = zip(self.positions, lines, strict=False)
        return [Correction(position, line) for position, line in pairs if position in chosen]

    def rejected_lines(self) -> Iterator[tuple[int, RejectedLine]]:
        """The entries that were rejected once more, each with its original position."""
        state = self.state()
        if state is not None:
            for line in rejected_lines(self.checkpoint, state.rejected_bytes):
                yield self.positions[line.position], line

    def lines_passed_on(self) -> SpanSet:
        """The positions in its own source that a newer retry sends in its place."""
        return SpanSet.of(at for at, position in enumerate(self.positions) if position in self.passed_on)

    def withdraw(self, open_file: Callable[[Path], DurableFile] = DurableFile) -> bool:
        """Delete this retry if nothing of it was ever read or sent, so that it is as if it had not been begun. Blocks.

        What it holds is then given again, or stands in `rejected.jsonl`. `open_file` is as of `create_retry`.

        Returns:
            Whether it is gone.

        Raises:
            CheckpointError: its own ledger cannot be read, so nothing is deleted.
        """
        state = self.state()
        if state is not None and (state.position or state.next_batch):
            return False
        with suppress(OSError):
            # What is kept elsewhere as well is not deleted there, and stands for no position from now on.
            replace_file(self.path / _POSITIONS, b"[]", open_file=open_file)
        with suppress(OSError):
            # Its ledger first: without it this is a retry that is still to begin, until its positions are gone as well.
            if self.checkpoint.exists():
                shutil.rmtree(self.checkpoint)
            (self.path / _POSITIONS).unlink()
            shutil.rmtree(self.path)
            self.path.parent.rmdir()
        return not (self.path / _POSITIONS).exists()

    def _said(self) -> tuple[Header, CheckpointState] | None:
        """Header and state of its own ledger; None before that was begun. Raises where it cannot be read."""
        begun = any((self.checkpoint / name).exists() for name in _BEGUN_WITH)
        return read_state(self.checkpoint) if begun else None

    def _within(self, own: SpanSet) -> Iterator[int]:
        return (self.positions[at] for start, stop in own for at in range(start, stop))


def retry_folders(checkpoint: Path) -> list[RetryFolder]:
    """The retries of a checkpoint, the oldest first.

    Raises:
        CheckpointUnusable: one cannot be read.
    """
    found: list[RetryFolder] = []
    newer: frozenset[int] = frozenset()
    for path in sorted((checkpoint / _FOLDER).glob("[0-9]*"), reverse=True):
        positions = path / _POSITIONS
        if positions.exists():
            try:
                own = tuple(json.loads(positions.read_text()))
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError) and not (path / "checkpoint").exists():
                    continue  # a full disk cut it short, before anything was sent
                raise CheckpointUnusable(str(positions), reason_of(error)) from error
            found.append(RetryFolder(path, own, newer.intersection(own)))
            newer = newer.union(own)
    return found[::-1]


def delivered_corrections(retries: Iterable[RetryFolder]) -> list[Correction]:
    """The corrections that were delivered, in the order in which their retries were begun.

    Raises:
        CheckpointError: one cannot be read.
    """
    return [
        correction
        for each in retries
        if (delivered := each.standing().delivered)
        for correction in each.corrections(delivered)
    ]


def create_retry(
    checkpoint: Path,
    corrections: Sequence[Correction],
    open_file: Callable[[Path], DurableFile] = DurableFile,
) -> RetryFolder:
    """Make a retry that sends `corrections`; it is on disk when this returns, written through `open_file`.

    Raises:
        CheckpointError: it cannot be kept.
    """
    number = len(retry_folders(checkpoint)) + 1
    made = RetryFolder(checkpoint / _FOLDER / f"{number:04}", tuple(each.position for each in corrections))
    try:
        made.path.mkdir(parents=True, exist_ok=True)
        sync_folder(checkpoint)
        sync_folder(made.path.parent)
        lines = b"".join(each.raw.strip() + b"\n" for each in corrections)
        replace_file(made.source, lines, open_file=open_file)
        replace_file(made.path / _POSITIONS, json.dumps(made.positions).encode(), open_file=open_file)
    except OSError as error:
        raise CheckpointUnusable.by(made.path, error) from error
    return made
