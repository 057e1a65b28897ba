"""The public API as a typed program uses it: `mypy --strict` holds it, and a test that nothing of it is missing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, assert_type

from bulk_importer import (
    BackupSummary,
    BackupUnusable,
    BulkImporterError,
    CheckpointError,
    CheckReport,
    Entries,
    Event,
    ExitCode,
    Finding,
    FindingGroup,
    InputError,
    Migrated,
    MigrationChoices,
    Observer,
    Rejection,
    Replacement,
    Retried,
    RunState,
    ServerError,
    Settings,
    Severity,
    Status,
    Summary,
    Tally,
    Undone,
    UsageError,
    backup_labels,
    backup_labels_sync,
    check_labels,
    check_labels_sync,
    import_labels,
    import_labels_sync,
    migrate,
    migrate_sync,
    rejections,
    retry,
    retry_sync,
    status,
    undo,
    undo_sync,
)
from bulk_importer.events import BatchDelivered

SETTINGS = Settings(server="https://datagym.example.com", project="streets", max_in_flight=4)


class Counter:
    """An object may observe as well as a function."""

    def __init__(self) -> None:
        self.delivered = 0

    def __call__(self, event: Event) -> None:
        """Count."""
        if isinstance(event, BatchDelivered):
            self.delivered += assert_type(event.entries, int)


def log(event: Event) -> None:
    """A function observes."""
    print(type(event).__name__)


OBSERVERS: Sequence[Observer] = [Counter(), log]


def several() -> Iterator[dict[str, object]]:
    """A generator of entries is a source."""
    yield {"internal_media_ID": "a", "labels": {}}


async def slowly() -> AsyncIterator[Mapping[str, Any]]:
    """And so is an asynchronous one."""
    yield {"internal_media_ID": "a", "labels": {}}


async def imports() -> None:
    """Every kind of source."""
    sources: list[str | Path | Entries] = ["labels.json", Path("labels.json"), several(), slowly(), [{}]]
    for source in sources:
        summary = await import_labels(source, SETTINGS, token="t", observers=OBSERVERS)
        assert_type(summary, Summary)
    assert_type(import_labels_sync("labels.json", SETTINGS), Summary)


def reads_a_summary(summary: Summary) -> None:
    """Counts of all runs, and those of this one."""
    assert_type(summary.state, RunState)
    assert_type(ExitCode(summary.exit_code), ExitCode)
    assert_type(summary.this_run, Tally)
    assert_type(summary.replacement, Replacement | None)
    assert_type(summary.findings, dict[str, int])
    assert_type(summary.delivered + summary.this_run.delivered, int)
    assert_type(summary.to_builtins(), dict[str, Any])


async def checks() -> None:
    """With and without looking at each finding."""
    every: list[Finding] = []
    report = await check_labels(
        several(), Settings(), token=None, observers=OBSERVERS, sample=10, found=every.append
    )
    assert_type(report, CheckReport)
    assert_type(report.media_accepted, int | None)
    assert_type(report.groups, list[FindingGroup])
    assert_type([each.severity for each in every], list[Severity])
    assert_type(check_labels_sync("labels.json", SETTINGS), CheckReport)


async def retries(folder: Path) -> None:
    """What was rejected, corrected by a program."""
    with open("corrected.jsonl", "w") as corrected:
        for rejection in rejections(folder):
            assert_type(rejection, Rejection)
            assert_type(rejection.findings, tuple[Finding, ...])
            entry = {**json.loads(assert_type(rejection.raw, bytes)), "keepData": True}
            print(json.dumps({"position": rejection.position, "entry": entry}), file=corrected)
    retried = await retry(
        folder,
        SETTINGS,
        corrected="corrected.jsonl",
        source="labels.json",
        out_of_order=False,
        token="t",
        observers=OBSERVERS,
    )
    assert_type(retried, Retried)
    assert_type(retried.summary, Summary)
    assert_type(retried.rejected_again, Path | None)
    assert_type(retry_sync(str(folder), SETTINGS), Retried)


async def backs_up(path: Path) -> None:
    """The labels of a project, into a file that an import takes."""
    try:
        kept = await backup_labels(path, SETTINGS, token="secret", observers=[Counter()])
    except BackupUnusable as error:
        print(assert_type(error.reason, str), assert_type(error.exit_code, ExitCode))
    else:
        assert_type(kept, BackupSummary)
        assert_type(kept.lost, dict[str, int])
    assert_type(backup_labels_sync(str(path), SETTINGS), BackupSummary)


async def moves(folder: Path) -> None:
    """A project's labels, into another."""
    moved = await migrate(
        Settings(server="https://old.example.com", project="streets"),
        SETTINGS,
        MigrationChoices(
            class_map=folder / "map.toml",
            states=["completed"],
            create_classes=True,
            complete=True,
            compare=True,
            dry_run=False,
        ),
        origin_token="t",
        token="t",
        observers=OBSERVERS,
    )
    assert_type(moved, Migrated)
    assert_type(moved.exit_code, ExitCode)
    assert_type(moved.summary, Summary | None)
    assert_type(migrate_sync(SETTINGS, SETTINGS), Migrated)


async def takes_back(folder: Path) -> None:
    """An import that should not have been."""
    undone = await undo(
        folder, SETTINGS, source="l.json", force=True, dry_run=False, token="t", observers=OBSERVERS
    )
    assert_type(undone, Undone)
    assert_type(undone.plan.left_alone, int)
    assert_type(undone.summary, Summary | None)
    assert_type(undo_sync(str(folder), SETTINGS), Undone)


def looks(folder: Path) -> None:
    """While a run goes on, or after."""
    stands = status(folder)
    assert_type(stands, Status)
    assert_type(stands.state, RunState)
    assert_type(stands.total, int | None)
    if stands.run is not None:
        assert_type(stands.run.ended, str | None)
    if stands.waits_for is not None:
        assert_type(stands.waits_for.reason, str)
    assert_type(stands.entries_per_second.last_minute, float | None)
    for doubt in stands.doubts:
        assert_type(doubt.spans[0].stop, int)


def fails() -> ExitCode:
    """What stops a call, and the code that the command would end with."""
    try:
        import_labels_sync("labels.json", SETTINGS)
    except (UsageError, InputError, ServerError, CheckpointError) as error:
        return assert_type(error.exit_code, ExitCode)
    except BulkImporterError:
        return ExitCode.UNFORESEEN
    return ExitCode.DELIVERED
