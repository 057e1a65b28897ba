"""Where a retry keeps what it sends and what became of it: `retries/0001`, `retries/0002`, ... in the checkpoint.

Each holds `corrected.jsonl`, the entries as they are sent, one a line; `positions.json`, the position in the original
source that each line stands for; and `checkpoint`, a ledger of its own whose source is `corrected.jsonl`. So a retry
has every promise that an import has: it goes on after a crash, and what is in doubt is read back by what was sent. The
two files are on disk before anything is sent; a folder without `positions.json` was not finished, and is made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bulk_importer.checkpoint import CheckpointState, read_state
from bulk_importer.errors import CheckpointUnusable
from bulk_importer.pipeline.corrections import Correction
from bulk_importer.spans import SpanSet

__all__ = ["RetryFolder", "create_retry", "retry_folders"]

_FOLDER = "retries"
_POSITIONS = "positions.json"


@dataclass(frozen=True, slots=True)
class RetryFolder:
    """One retry on disk. `positions[i]` is what line `i` of its source stands for."""

    path: Path
    positions: tuple[int, ...]

    @property
    def source(self) -> Path:
        """What it sends."""
        return self.path / "corrected.jsonl"

    @property
    def checkpoint(self) -> Path:
        """Its own ledger."""
        return self.path / "checkpoint"

    def state(self) -> CheckpointState | None:
        """What its ledger says; None before it was begun."""
        try:
            return read_state(self.checkpoint)[1]
        except CheckpointUnusable:
            return None

    def delivered(self) -> SpanSet:
        """The original positions that it delivered."""
        state = self.state()
        own = state.delivered if state is not None else SpanSet()
        return SpanSet.of(position for at, position in enumerate(self.positions) if at in own)

    def unsettled(self) -> SpanSet:
        """The original positions of which it does not know yet what will become."""
        state = self.state()
        if state is None:
            return SpanSet.of(self.positions)
        settled = (state.delivered, state.rejected, state.skipped)
        return SpanSet.of(
            position for at, position in enumerate(self.positions) if not any(at in each for each in settled)
        )


def retry_folders(checkpoint: Path) -> list[RetryFolder]:
    """The retries of a checkpoint, the oldest first.

    Raises:
        CheckpointUnusable: one cannot be read.
    """
    found: list[RetryFolder] = []
    for path in sorted((checkpoint / _FOLDER).glob("[0-9]*")):
        positions = path / _POSITIONS
        if positions.exists():
            try:
                found.append(RetryFolder(path, tuple(json.loads(positions.read_text()))))
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError) and not (path / "checkpoint").exists():
                    continue  # a full disk cut it short, before anything was sent
                raise CheckpointUnusable(str(positions), str(error)) from error
    return found


def create_retry(checkpoint: Path, corrections: Sequence[Correction]) -> RetryFolder:
    """Keep what is to be sent; it is on disk when this returns.

    Raises:
        CheckpointError: it cannot be kept.
    """
    number = len(retry_folders(checkpoint)) + 1
    made = RetryFolder(checkpoint / _FOLDER / f"{number:04}", tuple(each.position for each in corrections))
    try:
        made.path.mkdir(parents=True, exist_ok=True)
        _write(made.source, b"".join(each.raw.strip() + b"\n" for each in corrections))
        _write(made.path / _POSITIONS, json.dumps(made.positions).encode())
        for folder in (made.path, made.path.parent, checkpoint):
            _sync(folder)
    except OSError as error:
        raise CheckpointUnusable.by(made.path, error) from error
    return made


def _write(path: Path, content: bytes) -> None:
    """Put a file there, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    with open(beside, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
