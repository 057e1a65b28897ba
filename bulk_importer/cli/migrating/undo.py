"""`bulk-importer undo`: takes an import back."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.parsing.plan_or_checkpoint import require_no_plan
from bulk_importer.cli.questions import confirmed
from bulk_importer.cli.reporting.places import with_reports
from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.errors import ExitCode, most_important
from bulk_importer.library.inputs import one_checkpoint_in
from bulk_importer.library.undoing import opened_source_of
from bulk_importer.readable import counted
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.migration.undo.planning import Plan
    from bulk_importer.migration.undo.undoing import Undone
    from bulk_importer.sources import Source

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "sending", "watching"})
_REFUSED = (
    "Nothing was sent: it was not confirmed. The same command asks again; --yes is the answer beforehand."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `undo`."""
    parser.add_argument(
        "checkpoint_folder", type=Path, metavar="CHECKPOINT", help="the checkpoint folder of an import"
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
    settings = gather(arguments).settings
    require_no_plan(arguments.checkpoint_folder)
    folder = one_checkpoint_in(arguments.checkpoint_folder)
    return run_in_loop(_undo(folder, arguments, settings))


async def _undo(folder: Path, arguments: argparse.Namespace, settings: Settings) -> ExitCode:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.undo.undoing import UndoSpec, undo_import
    from bulk_importer.pipeline import Caller
    from bulk_importer.transfer.stop import StopSwitch

    stop = StopSwitch()

    async def confirm(plan: Plan) -> bool:
        if not output_options().is_quiet and not arguments.json:
            for line in _plan_lines(plan):
                messages.say(line)
        answer = await confirmed("Take it back? [y/N] ", stop, yes=settings.yes)
        return answer is not False

    async with watching("undo", [str(folder)], settings, stop) as watch:
        with watch.run(folder) as observers, stopping_on_signals(stop, grace_seconds=settings.grace):
            caller = Caller(Token.find(settings.token_file), stop, observers, steering=watch.steering)
            spec = UndoSpec(
                folder,
                settings,
                lambda: _opened(folder, arguments.source, caller.emit),
                force=arguments.force,
                dry_run=arguments.dry_run,
            )
            undone = await undo_import(spec, caller, confirm)
        code = _exit_code(undone, dry_run=arguments.dry_run)
        folders = [] if undone.folder is None else [undone.folder]
        facts = _facts(undone, code)
        said = await watch.ended(Outcome(exit_code=code, facts=facts, folders=folders))
        lines = [*_lines(folder, undone, arguments), *said.lines]
        output.print_outcome(with_reports(facts, said.reports), lines, as_json=arguments.json)
    return code


@asynccontextmanager
async def _opened(folder: Path, given: str | None, emit: Observer) -> AsyncIterator[Source]:
    """What was imported into `folder`, of a shard its own part; `given`: where a person says that the source is."""
    from bulk_importer.distributed.work.opening import opened_shard_again

    async with opened_shard_again(folder, given) as shard:
        if shard is not None:
            yield shard
            return
    async with opened_source_of(folder, given, emit) as source:
        yield source


def _exit_code(undone: Undone, *, dry_run: bool) -> ExitCode:
    codes = [ExitCode.REJECTIONS] if undone.plan.left_alone or undone.plan.in_part else []
    if undone.summary is not None:
        codes.append(ExitCode(undone.summary.exit_code))
    elif undone.plan.entries and not dry_run:
        codes.append(ExitCode.UNFINISHED)
    return most_important(codes)


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


def _plan_lines(plan: Plan) -> Iterator[str]:
    yield f"The import sent something to {counted(plan.media, 'media')}."
    yield f"  {plan.restored:,} can be brought back to what they held before"
    yield f"  {plan.as_before:,} hold it already" + _in_part(plan)
    yield f"  {plan.left_alone:,} are left alone" + (":" if plan.left_alone else "")
    for why, count in sorted(plan.why.items()):
        yield f"      {count:,} x {why}"


def _lines(folder: Path, undone: Undone, arguments: argparse.Namespace) -> Iterator[str]:
    """What came of it, for a person."""
    from bulk_importer.migration.undo.planning import LEFT_ALONE
    from bulk_importer.observe import summary_text

    if arguments.dry_run or undone.summary is None:
        yield from _plan_lines(undone.plan)
    if undone.summary is not None:
        yield summary_text(undone.summary)
        yield from _taken_back(undone)
    elif undone.plan.entries and not arguments.dry_run:
        yield f"  {_REFUSED}"
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
        yield f"  {counted(held, 'media', 'holds')} again what was there before the import{_in_part(plan)}."


def _in_part(plan: Plan) -> str:
    """How many of the media that hold what they held do so in part."""
    return (
        f"; {plan.in_part:,} of all these in part, as an import cannot bring back the rest"
        if plan.in_part
        else ""
    )
