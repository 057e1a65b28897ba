"""`bulk-importer projects`: the projects of a server, with their ids."""

from __future__ import annotations

import argparse

from bulk_importer.cli.lookups.rows import Row, show
from bulk_importer.cli.lookups.shared import configure_look_up, opened_catalog, run_look_up, settings_of
from bulk_importer.cli.parsing.options import refuse_flag
from bulk_importer.errors import ExitCode
from bulk_importer.settings import Settings

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `projects`."""
    configure_look_up(parser, refused={"project"})


def run(arguments: argparse.Namespace) -> int:
    """Print the projects."""
    refuse_flag(arguments, "project", "here: all projects are listed")
    rows = run_look_up(_rows(settings_of(arguments)))
    show(rows, arguments, nothing="There is no project that you may see.")
    return ExitCode.DELIVERED


async def _rows(settings: Settings) -> list[Row]:
    async with opened_catalog(settings) as catalog:
        found = await catalog.projects()
    return [
        {
            "id": project.id,
            "name": project.name,
            "media_type": project.media_type,
            "media": project.media_count,
            "datasets": [dataset.name for dataset in project.datasets if not dataset.deleted],
        }
        for project in found
    ]
