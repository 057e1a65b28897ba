"""`bulk-importer migrate`: moves the labels of one project into another."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.migrating.migrate_text import facts_of, outcome_lines, preview_lines
from bulk_importer.cli.migrating.reading_writes import warn_of_writing
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.questions import confirmed
from bulk_importer.cli.reporting.places import with_reports
from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.errors import ExitCode, UsageError
from bulk_importer.library.projects.migrating import MigrationChoices, migrate_spec, token_of_origin
from bulk_importer.settings import MediaBy, Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.moving import Foreseen, Migrated, MigrateSpec

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "migrating", "sending", "watching"})
_SETTINGS = frozenset(
    {
        "backup",
        "checkpoint",
        "dataset",
        "max_listing",
        "media_map",
        "replace_finished",
        "segment_bytes",
        "workers",
        "yes",
    }
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `migrate`."""
    parser.add_argument(
        "--from-project",
        metavar="NAME",
        help="the project that labels come from; its id, its unique name, or the URL of its page",
    )
    parser.add_argument(
        "--from-server", metavar="URL", help="the server that it is on; default: that of --server"
    )
    parser.add_argument(
        "--from-token-file",
        metavar="FILE",
        help="file that holds the API token for --from-server; default: the variable DATAGYM_FROM_TOKEN, or no token, "
        "and on the server of --server the token for that",
    )
    parser.add_argument(
        "--from-header",
        metavar="HEADER",
        action="append",
        default=[],
        help="header to send along to --from-server; repeatable; those of --header stay with --server",
    )
    parser.add_argument(
        "--class-map",
        metavar="FILE",
        help="what classes and options are called in --project; TOML or CSV, see "
        "'bulk-importer help class-map'",
    )
    parser.add_argument(
        "--create-classes",
        action="store_true",
        help="add classes and options that the project lacks; nothing is taken away or renamed",
    )
    parser.add_argument(
        "--states",
        metavar="LIST",
        help="only of tasks in these states; as in completed,reviewed; default: all",
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="give the tasks the states that they had; completed, skipped, reviewed; uses label quota",
    )
    parser.add_argument(
        "--no-compare", action="store_true", help="leave out reading back and comparing what arrived"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; send nothing")
    add_settings(parser, _SECTIONS, _SETTINGS)


def run(arguments: argparse.Namespace) -> int:
    """Move the labels, once a person agrees, and say what became of them."""
    settings = gather(arguments, implied={"media_by": MediaBy.NAME.value}).settings
    if not settings.server or not settings.project or not arguments.from_project:
        raise UsageError(
            "Say from where, and where to: --from-project P, with --from-server URL where that is another one, and "
            "--server URL and --project Q."
        )
    return run_in_loop(_migrate(arguments, settings))


async def _migrate(arguments: argparse.Namespace, settings: Settings) -> ExitCode:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.moving import migrate_labels
    from bulk_importer.pipeline import Caller
    from bulk_importer.transfer.stop import StopSwitch

    stop, token = StopSwitch(), Token.find(settings.token_file)
    spec = _spec(arguments, settings, token)

    async def confirm(foreseen: Foreseen) -> bool:
        if not output_options().is_quiet and not arguments.json:
            for line in preview_lines(foreseen, spec):
                messages.say(line)
        is_agreed = settings.yes or foreseen.is_begun
        return await confirmed("Move them? [y/N] ", stop, yes=is_agreed) is True

    async with watching("migrate", [arguments.from_project], settings, stop) as watch:
        with (
            watch.run(spec.folder) as observers,
            stopping_on_signals(stop, grace_seconds=settings.grace),
        ):
            caller = Caller(token, stop, observers, steering=watch.steering)
            migrated = await migrate_labels(spec, caller, confirm, warn_of_writing)
        code = _exit_code(migrated, dry_run=arguments.dry_run)
        facts, lines = facts_of(migrated, code), outcome_lines(migrated, dry_run=arguments.dry_run)
        said = await watch.ended(Outcome(exit_code=code, facts=facts, folders=[spec.folder]))
        output.print_outcome(with_reports(facts, said.reports), [*lines, *said.lines], as_json=arguments.json)
    return code


def _exit_code(migrated: Migrated, *, dry_run: bool) -> ExitCode:
    return ExitCode.UNFINISHED if migrated.summary is None and not dry_run else migrated.exit_code


def _spec(arguments: argparse.Namespace, settings: Settings, token: Token) -> MigrateSpec:
    origin = _origin(arguments, settings)
    choices = MigrationChoices(
        class_map=arguments.class_map,
        states=None if arguments.states is None else arguments.states.split(","),
        create_classes=arguments.create_classes,
        complete=arguments.complete,
        compare=not arguments.no_compare,
        dry_run=arguments.dry_run,
    )
    return migrate_spec(origin, token_of_origin(origin, settings, token), settings, choices)


def _origin(arguments: argparse.Namespace, settings: Settings) -> Settings:
    """How the project is reached that labels come from: as the other one, without what is only for that server."""
    from bulk_importer.datagym.routes import server_url

    server = arguments.from_server or settings.server
    origin = replace(
        settings,
        server=server,
        project=arguments.from_project,
        media_list=None,
        media_map=None,
        dataset=None,
        checkpoint=None,
    )
    if server_url(server or "") != server_url(settings.server or ""):
        origin = replace(
            origin, header=(), token_file=None, basic_auth_file=None, client_cert=None, client_key=None
        )
    headers = (*origin.header, *arguments.from_header)
    return replace(origin, header=headers, token_file=arguments.from_token_file)
