"""`bulk-importer label-config`: the classes of a project: what entries may use, and the file that `check` takes."""

from __future__ import annotations

import argparse

from bulk_importer.cli import output
from bulk_importer.cli.lookups.rows import Row, show
from bulk_importer.cli.lookups.shared import configure_look_up, opened_catalog, run_look_up, settings_of
from bulk_importer.errors import ExitCode
from bulk_importer.settings import Settings

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `label-config`."""
    configure_look_up(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the label configuration; with `--json` as the server writes it, fit for `check --label-config FILE`."""
    entries = run_look_up(_entries(settings_of(arguments, needs_project=True)))
    if arguments.json:
        output.print_json({"entries": entries})
        return ExitCode.DELIVERED
    from bulk_importer.labels.label_config import read_label_config

    config = read_label_config(entries, source="the label configuration of the project")
    rows: list[Row] = [
        {
            "key": "/".join((*above, each.key)),
            "type": each.type.value,
            "required": each.required,
            "options": list(each.options or ()),
            "max_length": each.max_length,
        }
        for above, each in config.all_classes()
    ]
    show(rows, arguments, nothing="The project has no classes.")
    return ExitCode.DELIVERED


async def _entries(settings: Settings) -> list[object]:
    async with opened_catalog(settings) as catalog:
        project = await catalog.find_project(settings.project or "")
        return await catalog.label_config(project)
