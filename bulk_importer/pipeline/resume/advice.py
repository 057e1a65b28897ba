"""Says how an import that is not finished is resumed, and with what code its latest run ended.

All of it is taken from the ledger, for people who look at it when the run is over. The advice has to work: where the
same command would end in the same way again, it begins with what has to be done before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bulk_importer.checkpoint import CheckpointState, Header
from bulk_importer.checkpoint.places import MIGRATION
from bulk_importer.errors import ExitCode
from bulk_importer.pipeline.resume.recorded_source import noted_place, was_stream
from bulk_importer.pipeline.resume.undone import UNDO_FOLDER, undone_in
from bulk_importer.sources.interfaces import HIDDEN_QUERY

__all__ = ["advice", "ended_with", "lasting_codes"]

_LASTING = frozenset(
    {ExitCode.INPUT, ExitCode.BUDGET, ExitCode.SERVER, ExitCode.LABEL_CONFIG, ExitCode.DIFFERS}
)
_ABOUT_DELIVERED = frozenset({ExitCode.LABEL_CONFIG, ExitCode.DIFFERS})
_SHARD = re.compile(r"(.+)/work/(\d{5,})/epoch-\d{6,}", re.DOTALL)
"""The folder of a shard, below that of its plan."""


def ended_with(state: CheckpointState) -> ExitCode | None:
    """The exit code of the latest run; None where the run goes on, was killed, or none is on record."""
    if state.run is not None or state.ended is None or state.ended.exit_code is None:
        return None
    return ExitCode(state.ended.exit_code)


def lasting_codes(state: CheckpointState, *, about_delivered: bool = False) -> list[ExitCode]:
    """The exit code of the latest run, where it holds until another run ends; that of a signal or a full disk does not.

    Args:
        about_delivered: leave out codes that say nothing about the entries that were delivered.
    """
    code = ended_with(state)
    if code is ExitCode.INPUT and state.end is not None:
        return []  # of a retry: the source of the import was read to its end
    wanted = _ABOUT_DELIVERED if about_delivered else _LASTING
    return [code] if code in wanted and code is not None else []


def advice(folder: Path, header: Header, state: CheckpointState, doubted: Mapping[Path, int]) -> str:
    """What to do about an import that does not run; empty where it is finished, in force, and nothing is in doubt.

    Args:
        doubted: what its retries have in doubt, as `retries_in_doubt` tells it.
    """
    return " ".join(filter(None, (_of_import(folder, header, state), *_of_retries(folder, doubted))))


def _of_retries(folder: Path, doubted: Mapping[Path, int]) -> Iterator[str]:
    for own, entries in doubted.items():
        unconfirmed = "1 unconfirmed entry" if entries == 1 else f"{entries:,} unconfirmed entries"
        yield (
            f"A retry has {unconfirmed}: 'bulk-importer retry {folder}' resumes it, and asks "
            f"the server. {_decide(own)}"
        )


def _decide(folder: Path) -> str:
    decision = f"'bulk-importer resolve {folder} --delivered' (or --not-delivered)"
    return f"{decision} lets you decide where the server cannot tell."


def _of_import(folder: Path, header: Header, state: CheckpointState) -> str:
    undone = undone_in(folder, state)
    if undone is not None:
        return f"The import was taken back ({undone}). To import its source again, name another --checkpoint."
    if state.is_finished:
        return ""
    resumes = _what_resumes(folder, header, state)
    counts, code = state.counts, ended_with(state)
    if state.broken is not None:
        return f"Fix the source at or behind byte {state.broken.offset:,}; then {resumes}."
    if state.end is not None and not counts.owed:
        return f"To find out about the unconfirmed entries: {resumes}, and asks the server. {_decide(folder)}"
    match code:
        case ExitCode.BUDGET:
            return f"Look at the findings. With a larger --max-errors, {resumes}."
        case ExitCode.SERVER:
            doctor = f"'bulk-importer doctor --server {header.server} --project {header.project}'"
            return f"When the server can be used ({doctor} examines that), {resumes}."
        case ExitCode.LABEL_CONFIG:
            return f"Look at what changed; by the new label configuration, {resumes}."
        case ExitCode.INPUT | ExitCode.CHECKPOINT | ExitCode.USAGE:
            return f"When that is fixed, {resumes}."
        case _:
            return f"{resumes[0].upper()}{resumes[1:]}."


def _what_resumes(folder: Path, header: Header, state: CheckpointState) -> str:
    """The beginning of a sentence without its capital: which command resumes, and what it needs for that."""
    if folder.absolute().parents[1].name == "retries":
        return f"'bulk-importer retry {folder.absolute().parents[2]}' resumes"
    if folder.absolute().parents[1].name == UNDO_FOLDER:
        return f"'bulk-importer undo {folder.absolute().parents[2]}' resumes"
    if shard := _SHARD.fullmatch(str(folder.absolute())):
        return f"'bulk-importer work {shard[1]} --index {int(shard[2])}' resumes"
    if (folder / MIGRATION).exists():
        return "the same migrate command resumes"
    if header.source == "entries" and was_stream(header, state):
        return "the same program resumes, when it gives the same entries again"
    if was_stream(header, state):
        return "the same import command resumes, when it is fed the same input again"
    if header.source.endswith(HIDDEN_QUERY):
        return "the same import command resumes, with a fresh URL and the same --checkpoint"
    place = noted_place(state)
    if place is not None and not place.exists():
        return f"the same import command resumes, when its source lies at {place} again"
    return "the same import command resumes"
