"""`bulk-importer complete`: completes or skips the tasks whose labels were delivered."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import messages, output
from bulk_importer.cli.checkpoints.reading_again import opened_again
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.parsing.plan_or_checkpoint import require_no_plan
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.cli.questions import TasksQuestion
from bulk_importer.errors import UsageError
from bulk_importer.readable import counted
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.events import Observer
    from bulk_importer.migration.tasks.completing import Completed
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["configure", "run"]

_SETTINGS = frozenset({"server_moved", "yes", "max_in_flight", "max_outage", "grace"})
_MOST_NAMED = 10
_CODE = "task-incomplete"
_OTHER = "task-refused"


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `complete`."""
    parser.add_argument(
        "checkpoints",
        nargs="+",
        type=Path,
        metavar="CHECKPOINT",
        help="the checkpoint folder of a run, or one that holds those of several sources; several count together: a "
        "media that one of them has rejected entries for is not done",
    )
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="what was imported, to be read again; needed where 'mentions' was deleted from the checkpoint",
    )
    parser.add_argument("--skip", action="store_true", help="skip the tasks in place of completing them")
    parser.add_argument(
        "--dry-run", action="store_true", help="count the tasks by what would become of them, and change none"
    )
    parser.add_argument(
        "--whatever-state",
        action="store_true",
        help="change also tasks that people are at work on, or have decided otherwise about",
    )
    add_settings(parser, {"server"}, _SETTINGS)


def run(arguments: argparse.Namespace) -> int:
    """Change the tasks, and say what became of each."""
    settings = gather(arguments).settings
    for each in arguments.checkpoints:
        require_no_plan(each)
    completed = run_in_loop(_complete(arguments, settings))
    if completed.message and (arguments.json or output_options().is_quiet):
        messages.complain(completed.message)
    output.print_outcome(_facts(completed), _lines(completed, arguments), as_json=arguments.json)
    return completed.exit_code


async def _complete(arguments: argparse.Namespace, settings: Settings) -> Completed:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.task_states import TaskState
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.tasks.completing import TasksSpec, complete_delivered
    from bulk_importer.pipeline import Caller
    from bulk_importer.transfer.stop import StopSwitch

    stop = StopSwitch()
    spec = TasksSpec(
        _folders(arguments.checkpoints),
        settings,
        TaskState.SKIPPED if arguments.skip else TaskState.COMPLETED,
        is_decided=arguments.whatever_state,
        dry_run=arguments.dry_run,
    )
    with progress_display() as display, stopping_on_signals(stop, grace_seconds=settings.grace):
        if arguments.source is not None:
            await _remember(arguments.source, spec.folders, stop, display)
        caller = Caller(Token.find(settings.token_file), stop, [display])
        return await complete_delivered(spec, caller, TasksQuestion(stop, yes=settings.yes))


async def _remember(source: str, folders: Sequence[Path], stop: StopSwitch, display: Observer) -> None:
    """Find out from the source which media it names. Raises `UsageError` where it is not known whose source it is."""
    from bulk_importer.migration.tasks.remembering import remember_media

    if len(folders) > 1:
        raise UsageError(
            f"--source is that of one checkpoint, and there are {len(folders)}. Name one at a time."
        )
    async with stop.breaking_off(), opened_again(source, folders[0], display) as opened:
        await remember_media(opened, folders[0], display)


def _folders(given: list[Path]) -> list[Path]:
    """The checkpoints in the folders that are given, each once."""
    from bulk_importer.checkpoint.places import checkpoints_in

    found = [folder.resolve() for each in given for folder in checkpoints_in(each) or [each]]
    return list(dict.fromkeys(found))


def _lines(completed: Completed, arguments: argparse.Namespace) -> Iterator[str]:
    from bulk_importer.observe import task_lines

    yield f"Tasks of project {completed.project_name} at {completed.server}"
    if completed.message:
        yield f"  {completed.message}"
    yield from task_lines(completed.tally)
    if arguments.dry_run:
        yield "  Nothing was changed (--dry-run)."
    if completed.refused:
        yield f"  The server refuses ('bulk-importer explain {_code(completed.refused[0].class_path)}' says more):"
    for each in completed.refused[:_MOST_NAMED]:
        what = f"{each.class_path}: " if each.class_path else ""
        yield f"    media {each.media_id}: {what}{each.said}"
    if (more := completed.tally.refused - _MOST_NAMED) > 0:
        yield f"    and {counted(more, 'more task')}; task-states.jsonl in the checkpoint folder has all"


def _facts(completed: Completed) -> dict[str, object]:
    from msgspec import to_builtins

    return {
        "exit_code": completed.exit_code,
        "message": completed.message,
        "server": completed.server,
        "project": completed.project,
        "project_name": completed.project_name,
        "tasks": to_builtins(completed.tally),
        "refusals": [
            {
                "code": _code(each.class_path),
                "media_id": each.media_id,
                "task": each.task_id,
                "class": each.class_path,
                "said": each.said,
            }
            for each in completed.refused
        ],
    }


def _code(class_path: str) -> str:
    return _CODE if class_path else _OTHER
