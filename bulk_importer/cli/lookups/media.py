"""`bulk-importer media`: the media of a project or dataset, with their ids and what may be imported."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Generic, TypeVar

from bulk_importer.cli.lookups.rows import Row, show
from bulk_importer.cli.lookups.shared import configure_look_up, opened_catalog, run_look_up, settings_of
from bulk_importer.cli.parsing.options import refuse_flag
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import Settings

__all__ = ["configure", "run"]

_R = TypeVar("_R")


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `media`."""
    parser.add_argument(
        "--dataset", metavar="ID_OR_NAME", help="list this dataset; there is no need of a project then"
    )
    configure_look_up(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the media of the project in all states of work, or those of one dataset."""
    if arguments.dataset:
        refuse_flag(arguments, "project", "with --dataset, which is listed whole")
    settings = settings_of(arguments)
    if not settings.project and not arguments.dataset:
        raise UsageError(
            "Say whose media: --project ID_OR_NAME or --dataset ID_OR_NAME. "
            f"'bulk-importer projects --server {settings.server}' and 'bulk-importer datasets --server "
            f"{settings.server}' list them."
        )
    rows = run_look_up(_rows(settings, arguments.dataset))
    show(rows, arguments, nothing="There are no media.")
    return ExitCode.DELIVERED


class _Kept(Generic[_R]):
    """The rows of lists that came whole."""

    def __init__(self) -> None:
        # Changed by the methods alone; what is behind `_whole` may be taken back.
        self.rows: list[_R] = []
        self._whole = 0

    def rewind(self) -> None:
        del self.rows[self._whole :]

    def take(self, rows: Sequence[_R]) -> None:
        self.rows += rows

    def keep(self) -> None:
        self._whole = len(self.rows)


async def _rows(settings: Settings, dataset: str | None) -> list[Row]:
    if dataset is not None:
        return await _rows_of_dataset(settings, dataset)
    from bulk_importer.datagym.reads.listings import TaskRow

    with progress_display() as observer:
        async with opened_catalog(settings, observer) as catalog:
            project = await catalog.find_project(settings.project or "")
            kept: _Kept[TaskRow] = _Kept()
            await catalog.tasks(project, kept)
    # One that moved from state to state meanwhile is in two lists; the later one is right.
    tasks = {row.task_id: row for row in kept.rows}.values()
    return [
        {
            "id": row.media_id,
            "name": row.media_name,
            "state": row.label_task_state,
            "importable": row.label_task_type == "DEFAULT",
            "has_upload": row.has_json_upload,
            "task_id": row.task_id,
        }
        for row in sorted(tasks, key=lambda each: (each.media_name or "", each.media_id))
    ]


async def _rows_of_dataset(settings: Settings, dataset: str) -> list[Row]:
    from bulk_importer.datagym.reads.listings import MediaRow

    with progress_display() as observer:
        async with opened_catalog(settings, observer) as catalog:
            found = await catalog.find_dataset(dataset)
            kept: _Kept[MediaRow] = _Kept()
            await catalog.media(found, kept)
    return [
        {"id": row.id, "name": row.media_name, "source": row.media_source_type}
        for row in sorted(kept.rows, key=lambda each: (each.media_name or "", each.id))
    ]
