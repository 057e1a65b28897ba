"""Moves the labels of one project into another for a program: what `bulk-importer migrate` does."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.errors import UsageError
from bulk_importer.library.inputs import caller_of
from bulk_importer.library.sync import synchronous
from bulk_importer.settings import MediaBy, Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Observer
    from bulk_importer.migration.moving import Migrated, MigrateSpec

__all__ = ["MigrationChoices", "migrate", "migrate_spec", "migrate_sync", "token_of_origin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationChoices:
    """What is moved, and what is done besides.

    Attributes:
        class_map: file that says what classes, classifications and options are called in the other project; names that
            it does not have stay as they are.
        states: of the tasks whose labels come along, as `COMPLETED`; None for all.
        create_classes: add to the label configuration there what it lacks; nothing is taken away or renamed.
        complete: give the tasks there the states that they have where the labels come from, which uses as much of the
            organisation's label quota.
        compare: read back what arrived, and compare it value by value.
        dry_run: find out what would be moved, and send nothing.
    """

    class_map: str | PathLike[str] | None = None
    states: Collection[str] | None = None
    create_classes: bool = False
    complete: bool = False
    compare: bool = True
    dry_run: bool = False


async def migrate(
    origin: Settings,
    settings: Settings,
    choices: MigrationChoices | None = None,
    *,
    origin_token: str | None = None,
    token: str | None = None,
    observers: Sequence[Observer] = (),
) -> Migrated:
    """Move the labels of one project into another, whose media have the same names.

    A media gets the labels that it has where they come from; what it held before is kept for `undo`. Media without
    labels there are left alone. It never asks; the same call again goes on where it stopped.

    Args:
        origin: `server` and `project` that the labels come from, and how that server is reached.
        settings: `server` and `project` that they go to, and how. The checkpoint is in the working folder unless
            `checkpoint` names it.
        choices: the defaults of `MigrationChoices`, where there are none.
        origin_token: for the server of `origin`; without it that of its `token_file`, else of `DATAGYM_FROM_TOKEN`,
            else none; but where both projects are on one server, that of `settings`.
        token: for the server of `settings`; without it that of its `token_file`, else of `DATAGYM_TOKEN`, else none.
        observers: called with each event (see `bulk_importer.events`), in the event loop.

    Returns:
        What came of it: the summary of the import, an account of the labels, and an exit code. `left_behind.jsonl` in
        the folder names every label that stayed behind, and why.

    Raises:
        UsageError: the settings cannot be meant, the two projects are the same, or one holds videos.
        ServerError: a server does not answer, or does not know the project.
        CheckpointError: the checkpoint is of another migration, damaged, locked, or cannot be written.
        BackupUnusable: what was read cannot be kept.
    """
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.moving import migrate_labels

    caller = caller_of(settings, token, observers)
    access = token_of_origin(origin, settings, caller.token) if origin_token is None else Token(origin_token)

    async def yes(_: object) -> bool:
        return True

    spec = migrate_spec(origin, access, settings, choices or MigrationChoices())
    return await migrate_labels(spec, caller, yes)


migrate_sync = synchronous(migrate)


def migrate_spec(
    origin: Settings, origin_token: Token, settings: Settings, choices: MigrationChoices
) -> MigrateSpec:
    """What is to be moved where, in the checkpoint that the settings name, or one named after the projects.

    Raises:
        UsageError: a project is not named, a state is none, or the class map cannot be read.
    """
    from bulk_importer.formats.writing.class_map import ClassMap, read_class_map
    from bulk_importer.migration.moving import MigrateSpec

    for each, what in ((origin, "the labels come from"), (settings, "they go to")):
        if each.server is None or each.project is None:
            raise UsageError(f"A server and a project that {what} must be given.")
    folder = settings.checkpoint or f"{_plain(origin.project)}-to-{_plain(settings.project)}.checkpoint"
    return MigrateSpec(
        folder=Path(folder),
        origin=origin,
        origin_token=origin_token,
        settings=replace(settings, media_by=MediaBy.NAME.value),
        names=ClassMap() if choices.class_map is None else read_class_map(Path(choices.class_map)),
        states=None if choices.states is None else frozenset(map(_state, choices.states)),
        creates_classes=choices.create_classes,
        completes=choices.complete,
        compares=choices.compare,
        dry_run=choices.dry_run,
    )


def token_of_origin(origin: Settings, settings: Settings, token: Token) -> Token:
    """The token for the server that labels come from.

    Args:
        token: for the server that they go to; no other server is shown it.

    Raises:
        UsageError: the file of the token cannot be read.
    """
    from bulk_importer.datagym.routes import server_url
    from bulk_importer.datagym.wire.api_token import FROM_TOKEN_VARIABLE, Token

    found = Token.find(origin.token_file, variable=FROM_TOKEN_VARIABLE)
    is_same = server_url(origin.server or "") == server_url(settings.server or "")
    return token if is_same and not found else found


def _state(name: str) -> str:
    """The word that the server has for a state."""
    from bulk_importer.datagym.reads.catalog import TASK_STATES

    state = name.strip().upper()
    if state not in TASK_STATES:
        raise UsageError(f"There is no state {name!r} of a task, but {', '.join(TASK_STATES).lower()}.")
    return state


def _plain(name: str | None) -> str:
    """A project as it may stand in the name of a file."""
    return re.sub(r"[^\w.-]+", "-", name or "").strip("-.") or "project"
