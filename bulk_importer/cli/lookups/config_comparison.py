"""Compares the label configuration of a project with another one, and adds what it lacks; for `label-config`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, output
from bulk_importer.cli.lookups.rows import Row, show
from bulk_importer.cli.lookups.shared import run_look_up
from bulk_importer.errors import ExitCode, ProjectNotFound, UsageError
from bulk_importer.files.small_files import text_of
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.reads.catalog import Catalog
    from bulk_importer.labels.comparison.differences import ClassNames, Difference
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.migration.configuring import Extended

__all__ = ["compare"]

_LARGEST_BYTES = 64 << 20


def compare(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what the project lacks of `--against`, after `--create-classes` has added to it.

    Returns:
        0 where nothing differs that matters, else 1.
    """
    document = _in_file(arguments.against)
    found, extended = run_look_up(_compared(arguments, settings, document))
    matter = sum(each.matters for each in found)
    added = [] if extended is None else list(extended.added)
    left = [] if extended is None else list(extended.left)
    if arguments.json:
        output.print_json({"differences": _rows(found), "matter": matter, "added": added, "left": left})
    else:
        show(_rows(found), arguments, nothing=f"The project has all of {arguments.against}.")
    for each in added:
        messages.say(f"Added: {each}")
    for each in left:
        messages.say(f"Not added: {each}")
    if extended is None and any(each.is_addable for each in found):
        messages.say("What can be added, --create-classes adds.")
    return ExitCode.REJECTIONS if matter else ExitCode.DELIVERED


async def _compared(
    arguments: argparse.Namespace, settings: Settings, document: object
) -> tuple[list[Difference], Extended | None]:
    """What differs, and what was added before that was seen; None where nothing was to be.

    Args:
        document: the other configuration; None where it is that of a project.
    """
    from bulk_importer.datagym.config_change import ConfigChange
    from bulk_importer.datagym.reads.catalog import Catalog
    from bulk_importer.datagym.reads.opening import opened_queries
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.labels.comparison.differences import differences, renamed
    from bulk_importer.labels.label_config import LabelConfig
    from bulk_importer.migration.configuring import extend_config
    from bulk_importer.observe import SilentServerNotice

    names = _names(arguments.class_map)
    notice = SilentServerNotice(messages.say)
    async with opened_queries(settings, Token.find(settings.token_file), notice) as queries:
        catalog = Catalog(queries)
        project = await catalog.find_project(settings.project or "")
        if document is None:
            document = await _of_project(arguments.against, catalog)
        wanted = _read(document, arguments.against)  # says what is wrong with it
        change = ConfigChange(queries, catalog, project)
        there = await change.read()
        entries = LabelConfig.entries_in(document)
        extended = None
        if entries is not None:
            entries = renamed(entries, names)
            wanted = _read(entries, arguments.against)
        elif arguments.class_map or arguments.create_classes:
            raise UsageError(
                f"{arguments.against} is a list of label_classes, which has neither places nor options: it can be "
                "compared, and no more. Give what 'bulk-importer label-config --json' prints of the project."
            )
        if arguments.create_classes and entries is not None:
            extended = await extend_config(change, there, entries)
            there = extended.entries
        return differences(wanted, _read(there, "the label configuration of the project")), extended


def _read(document: object, source: str) -> LabelConfig:
    from bulk_importer.labels.label_config import LabelConfig, read_label_config

    return LabelConfig(()) if document == [] else read_label_config(document, source=source)


def _in_file(against: str) -> object:
    """What the file of this name holds, as decoded JSON; None where there is none. Raises `UsageError`."""
    if not Path(against).is_file():
        return None
    text = text_of(against, "The label configuration", most_bytes=_LARGEST_BYTES)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The label configuration {against} is not JSON: {error}.") from error


async def _of_project(against: str, catalog: Catalog) -> object:
    """The configuration of the project of this name. Raises `UsageError` where there is none."""
    try:
        return await catalog.label_config(await catalog.find_project(against))
    except ProjectNotFound as error:
        raise UsageError(f"--against {against} is no file, and no project of the server: {error}") from error


def _names(path: Path | None) -> ClassNames:
    from bulk_importer.formats.writing.class_map import ClassMap, read_class_map

    return ClassMap() if path is None else read_class_map(path)


def _rows(found: Sequence[Difference]) -> list[Row]:
    return [
        {
            "class": each.path,
            "difference": each.kind.value,
            "wanted": each.wanted,
            "there": each.there,
            "matters": each.matters,
            "can_be_added": each.is_addable,
        }
        for each in found
    ]
