"""`summary.json` in the folder of a checkpoint: the outcome of the latest run, for programs that watch the folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bulk_importer.errors import CheckpointUnusable
from bulk_importer.files.durable import replace_file
from bulk_importer.readable import as_json
from bulk_importer.summary import RunState, Summary

__all__ = ["write_summary", "written_state", "written_summary"]

_NAME = "summary.json"


class _Head(msgspec.Struct):
    state: RunState


def write_summary(folder: Path, summary: Summary) -> None:
    """Replace `summary.json` in the checkpoint folder; a reader sees the old one or the new one, whole.

    Raises:
        CheckpointUnusable: it cannot be written.
    """
    path = folder / _NAME
    try:
        replace_file(path, as_json(summary.to_builtins()) + b"\n")
    except OSError as error:
        raise CheckpointUnusable.by(path, error) from error


def written_state(folder: Path) -> RunState | None:
    """How a run stands by `summary.json` in the checkpoint folder; None where that does not say."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=_Head).state
    except (OSError, msgspec.MsgspecError):
        return None


def written_summary(folder: Path) -> Summary | None:
    """What `summary.json` in the checkpoint folder says; None where it says nothing that can be read."""
    try:
        return msgspec.json.decode((folder / _NAME).read_bytes(), type=Summary)
    except (OSError, msgspec.MsgspecError):
        return None
