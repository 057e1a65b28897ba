"""`bulk-importer label-config`: the classes of a project, and what they lack of those of another.

Alone it prints what entries may use, and the file that `check` takes. With `--against` it compares, and with
`--create-classes` adds what is missing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bulk_importer.cli import output
from bulk_importer.cli.lookups.config_comparison import compare
from bulk_importer.cli.lookups.rows import Row, show
from bulk_importer.cli.lookups.shared import configure_look_up, opened_catalog, run_look_up, settings_of
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.settings import Settings

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `label-config`."""
    parser.add_argument(
        "--against",
        metavar="FILE_OR_PROJECT",
        help="print what the project lacks of this label configuration: a file, as --json prints it, or another "
        "project of the server",
    )
    parser.add_argument(
        "--class-map",
        metavar="FILE",
        type=Path,
        help="with --against: what the names there mean in the project; see 'bulk-importer help class-map'",
    )
    parser.add_argument(
        "--create-classes",
        action="store_true",
        help="with --against: add the classes and options that the project lacks; nothing is removed or changed",
    )
    configure_look_up(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the label configuration; with `--json` as the server writes it, fit for `check --label-config FILE`."""
    settings = settings_of(arguments, needs_project=True)
    if arguments.against is not None:
        return compare(arguments, settings)
    for name in ("class_map", "create_classes"):
        if getattr(arguments, name):
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} has no effect without --against. Say what to compare the project with.")
    entries = run_look_up(_entries(settings))
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
