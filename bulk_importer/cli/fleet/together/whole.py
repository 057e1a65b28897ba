"""Puts together what came of a plan: writes the files of the whole, and says it in facts and in words."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec

from bulk_importer.checkpoint import Claim
from bulk_importer.cli import messages
from bulk_importer.cli.fleet.together.naming import steps_of
from bulk_importer.cli.fleet.together.report import ReportOfAll
from bulk_importer.cli.fleet.together.text import gathered_lines
from bulk_importer.distributed.gathering.gathering import gather
from bulk_importer.distributed.gathering.rejects import rejected_in
from bulk_importer.distributed.gathering.totals import facts_of, whole_of
from bulk_importer.distributed.gathering.values import Gathered
from bulk_importer.distributed.gathering.writing import alone_in, write_rejected
from bulk_importer.distributed.places.interfaces import Place
from bulk_importer.distributed.planning.reading import read_plan
from bulk_importer.errors import CheckpointError, ExitCode, OutputUnusable, UsageError
from bulk_importer.files.durable import replace_file
from bulk_importer.readable import as_json
from bulk_importer.settings import Settings

__all__ = ["PutTogether", "folder_for", "put_together"]

_FOLDER = "gathered"


class PutTogether(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan.

    Attributes:
        exit_code: of the whole.
        message: why it stands so; empty where all is well.
        facts: for programs, as they stand in `summary.json`.
        lines: for people.
    """

    exit_code: ExitCode
    message: str
    facts: Mapping[str, Any]
    lines: Sequence[str]


def folder_for(named: Path | None, place: Place) -> Path | None:
    """Where the files of the whole go; None where there is no place for them, which is said.

    Args:
        named: what `--output` says.

    Raises:
        UsageError: that is a file.
    """
    if named is not None:
        if named.exists() and not named.is_dir():
            raise UsageError(f"--output {named} is no folder. Name one: several files are written there.")
        return named
    if place.folder is None:
        messages.say(
            f"{place.name} is no folder of this machine: --output FOLDER says where the rejected entries go."
        )
        return None
    return place.folder / _FOLDER


def put_together(
    place: Place, folder: Path | None, settings: Settings, *, by_engine: bool = False
) -> PutTogether:
    """Look at all shards, and write rejected entries, summary and report of the whole. Blocks.

    Args:
        folder: for these files; None where there is no place for them, so that none is written.
        settings: `report` and `images` count.
        by_engine: as `steps_of` has it.

    Raises:
        UsageError: there is no plan, or the report cannot be where it is said to be.
        CheckpointError: the plan cannot be read, or the files not be written. What is wrong with a shard is told.
    """
    read_plan(place)  # where there is none no folder is made
    drawn = ReportOfAll(place, folder, settings.report, settings.images)
    with nullcontext() if folder is None else alone_in(folder, messages.say):
        return _put_together(place, folder, drawn, by_engine=by_engine)


def _put_together(place: Place, folder: Path | None, drawn: ReportOfAll, *, by_engine: bool) -> PutTogether:
    gathered, rejected = gather(place), None
    if folder is not None:
        gathered, rejected = _with_rejected(place, gathered, folder, drawn)
    whole, now = whole_of(gathered), time.time()
    kept = "" if rejected is None else str(rejected)
    steps = list(steps_of(gathered, rejected=kept, by_engine=by_engine, now=now))
    report = drawn.write(gathered, whole, steps)
    facts = {**facts_of(gathered, whole), "rejected_file": _text(rejected), "report": _text(report)}
    if folder is not None:
        _write_summary(folder, facts)
    lines = [*gathered_lines(gathered, whole, steps, now=now), *([f"  Report: {report}"] if report else [])]
    return PutTogether(exit_code=gathered.exit_code, message=whole.message, facts=facts, lines=lines)


def _with_rejected(
    place: Place, gathered: Gathered, folder: Path, drawn: ReportOfAll
) -> tuple[Gathered, Path]:
    """Write the rejected entries of all. That what a log counts on is not there is a claim that does not hold."""
    claims = list(gathered.claims)

    def failed(error: CheckpointError) -> None:
        claims.append(Claim(name="rejected", holds=False, text=str(error).removesuffix(".")))

    path = write_rejected(folder, rejected_in(place, gathered, failed), drawn.see)
    return msgspec.structs.replace(gathered, claims=claims), path


def _write_summary(folder: Path, facts: Mapping[str, Any]) -> None:
    path = folder / "summary.json"
    try:
        replace_file(path, as_json(facts) + b"\n")
    except OSError as error:
        raise OutputUnusable.by(path, error) from error


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
