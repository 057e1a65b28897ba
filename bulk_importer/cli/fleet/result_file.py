"""Writes what came of a worker where its scheduler looks: a compact JSON object, which never fails the run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from bulk_importer.cli import messages
from bulk_importer.files.small_files import reason_of
from bulk_importer.levels import Level

__all__ = ["result_file", "write_result_file"]

_OF_KUBERNETES = Path("/dev/termination-log")
_MOST_BYTES = 2048
"""Kubernetes takes 4 KiB of a container, and 12 of a pod."""


def result_file(given: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Where to write it: what `--result` names, else where Kubernetes reads it in an Indexed Job; None: nowhere."""
    if given is not None:
        return given
    is_there = "JOB_COMPLETION_INDEX" in environment and os.access(_OF_KUBERNETES, os.W_OK)
    return _OF_KUBERNETES if is_there else None


def write_result_file(path: Path | None, facts: Mapping[str, object]) -> None:
    """Write it, if somewhere; that it cannot be written is said and nothing else."""
    if path is None:
        return
    try:
        path.write_bytes(_compact(facts))
    except (OSError, ValueError) as error:
        messages.say(f"The result could not be written to {path}: {reason_of(error)}.", Level.WARNING)


def _compact(facts: Mapping[str, object]) -> bytes:
    """As JSON, with as much of the message as there is room for."""
    content, message = msgspec.json.encode(facts), str(facts.get("message", ""))
    while len(content) >= _MOST_BYTES and message:
        message = message[: len(message) * 3 // 4]
        content = msgspec.json.encode({**facts, "message": f"{message}..."})
    return content + b"\n"
