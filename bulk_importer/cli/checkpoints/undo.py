"""`bulk-importer undo`: takes an import back."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.migrating.undo_text import REFUSED, exit_code_of, in_part, plan_lines
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.parsing.plan_or_checkpoint import is_plan, shard_of_plan
from bulk_importer.cli.questions import confirmed
from bulk_importer.cli.reporting.places import with_reports
from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.errors import ExitCode
from bulk_importer.library.inputs import one_checkpoint_in
from bulk_importer.library.undoing import opened_source_of
from bulk_importer.readable import counted
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.migration.undo.planning import Plan
    from bulk_importer.migration.undo.undoing import Undone

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "sending", "watching"})


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `undo`."""
    parser.add_argument(
        "checkpoint_folder",
        metavar="CHECKPOINT",
        help="the checkpoint folder of an import; or a plan that many workers shared, in a folder or a "
        "bucket",
    )
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="where the source is now, from which is read what was delivered; default: where it was, or beside the "
        "checkpoint",
    )
    parser.add_argument(
        "--force", action="store_true", help="restore also media that somebody has changed since the import"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; send nothing")
    add_settings(parser, _SECTIONS, {"server_moved", "yes"})


def run(arguments: argparse.Namespace) -> int:
    """Take the import back; exit 1 where media are left alone."""
    loaded = gather(arguments)
    named = arguments.checkpoint_folder
    shard = shard_of_plan(named)
    if is_plan(named) or shard is not None:
        from bulk_importer.cli.fleet.undo import undo_plan

        place, only = shard or (named, None)
        return undo_plan(place, only, arguments, loaded)
    folder = one_checkpoint_in(Path(named))
    return run_in_loop(_undo(folder, arguments, loaded.settings))


async def _undo(folder: Path, arguments: argparse.Namespace, settings: Settings) -> ExitCode:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.undo.undoing import UndoSpec, undo_import
    from bulk_importer.pipeline import Caller
    from bulk_importer.transfer.stop import StopSwitch

    stop = StopSwitch()

    async def confirm(plan: Plan) -> bool:
        if not output_options().is_quiet and not arguments.json:
            for line in plan_lines(plan):
                messages.say(line)
        answer = await confirmed("Take it back? [y/N] ", stop, yes=settings.yes)
        return answer is not False

    async with watching("undo", [str(folder)], settings, stop) as watch:
        with watch.run(folder) as observers, stopping_on_signals(stop, grace_seconds=settings.grace):
            caller = Caller(Token.find(settings.token_file), stop, observers, steering=watch.steering)
            spec = UndoSpec(
                folder,
                settings,
                lambda: opened_source_of(folder, arguments.source, caller.emit),
                force=arguments.force,
                dry_run=arguments.dry_run,
            )
            undone = await undo_import(spec, caller, confirm)
        code = exit_code_of(undone, dry_run=arguments.dry_run)
        folders = [] if undone.folder is None else [undone.folder]
        facts = _facts(undone, code)
        said = await watch.ended(Outcome(exit_code=code, facts=facts, folders=folders))
        lines = [*_lines(folder, undone, arguments), *said.lines]
        output.print_outcome(with_reports(facts, said.reports), lines, as_json=arguments.json)
    return code


def _facts(undone: Undone, code: ExitCode) -> dict[str, Any]:
    plan = undone.plan
    return {
        "exit_code": int(code),
        "media": plan.media,
        "restored": plan.restored,
        "as_before": plan.as_before,
        "left_alone": plan.left_alone,
        "why": plan.why,
        "in_part": plan.in_part,
        "folder": None if undone.folder is None else str(undone.folder),
        "import": None if undone.summary is None else undone.summary.to_builtins(),
    }


def _lines(folder: Path, undone: Undone, arguments: argparse.Namespace) -> Iterator[str]:
    """What came of it, for a person."""
    from bulk_importer.migration.undo.planning import LEFT_ALONE
    from bulk_importer.observe import summary_text

    if arguments.dry_run or undone.summary is None:
        yield from plan_lines(undone.plan)
    if undone.summary is not None:
        yield summary_text(undone.summary)
        yield from _taken_back(undone)
    elif undone.plan.entries and not arguments.dry_run:
        yield f"  {REFUSED}"
    elif arguments.dry_run and undone.folder is not None:
        yield f"  Nothing was sent. It was begun before; 'bulk-importer status {undone.folder}' says how far it is."
    elif arguments.dry_run:
        yield "  Nothing was sent. The same command without --dry-run takes the import back."
    if (undone.plan.left_alone or undone.plan.in_part) and undone.folder is not None:
        yield f"  Left alone, and why: {undone.folder / LEFT_ALONE}"
        if undone.plan.left_alone and not undone.plan.force:
            yield (
                "  Where it is known what they held, "
                f"'bulk-importer undo {folder} --force' restores these, too, and deletes what was changed since."
            )


def _taken_back(undone: Undone) -> Iterator[str]:
    plan = undone.plan
    if undone.summary is not None and undone.summary.exit_code == ExitCode.DELIVERED:
        held = plan.restored + plan.as_before
        yield f"  {counted(held, 'media', 'holds')} again what was there before the import{in_part(plan)}."
