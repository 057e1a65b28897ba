"""`bulk-importer datasets`: the datasets of a server or of one project, with their ids."""

from __future__ import annotations

import argparse

from bulk_importer.cli.lookups.rows import Row, show
from bulk_importer.cli.lookups.shared import configure_look_up, opened_catalog, run_look_up, settings_of
from bulk_importer.errors import ExitCode
from bulk_importer.settings import Settings

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `datasets`."""
    configure_look_up(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the datasets, those of `--project` where that is given."""
    rows = run_look_up(_rows(settings_of(arguments)))
    show(rows, arguments, nothing="There is no dataset that you may see.")
    return ExitCode.DELIVERED


async def _rows(settings: Settings) -> list[Row]:
    async with opened_catalog(settings) as catalog:
        if settings.project:
            project = await catalog.find_project(settings.project)
            found = [each for each in project.datasets if not each.deleted]
        else:
            found = await catalog.datasets()
    return [
        {
            "id": dataset.id,
            "name": dataset.name,
            "media_type": dataset.media_type,
            "media": dataset.media_count,
            "projects": dataset.project_count,
        }
        for dataset in found
    ]
