"""`bulk-importer import`: loads labels from files or URLs into a project."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulk_importer.cli import messages, output
from bulk_importer.cli.converting.account_text import account_lines
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.importing.arguments import FLEET_ALONE, add_source_arguments
from bulk_importer.cli.importing.patterns import expanded
from bulk_importer.cli.importing.summary_lines import summary_lines
from bulk_importer.cli.importing.wiped_warning import warn_of_wiped_entries
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import gather, refuse_flag
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.cli.questions import ReplacementQuestion, TasksQuestion
from bulk_importer.cli.reporting.places import with_reports
from bulk_importer.cli.watching.watch import Outcome, Watch, watching
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted, UsageError, most_important
from bulk_importer.levels import Level
from bulk_importer.readable import counted
from bulk_importer.settings import OnDelivered, Settings

if TYPE_CHECKING:
    from bulk_importer.pipeline import Announcement, Caller
    from bulk_importer.pipeline.wiped.neighbours import Neighbours
    from bulk_importer.summary import RunState, Summary
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["configure", "run"]

_KEEP = ("keepData missing", "keepData true", "keepData false")


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `import`."""
    add_source_arguments(parser, dry_run_help="check only, and send nothing; as 'check' with the same flags")
    parser.set_defaults(findings=None, sample=None)


def run(arguments: argparse.Namespace) -> int:
    """Import one source after the other; returns the exit code that matters most."""
    if arguments.dry_run:
        from bulk_importer.cli.importing import check

        return check.run(arguments)
    from bulk_importer.machine.malloc import reuse_large_blocks

    settings = gather(arguments).settings
    sources = expanded(arguments.source, settings)
    if settings.engine == "dask":
        from bulk_importer.cli.fleet.engine import importing

        return importing.run(arguments, sources)
    _refuse_flags_of_fleets(arguments)
    reuse_large_blocks()
    return run_in_loop(_import_all(sources, settings, as_json=arguments.json))


def _refuse_flags_of_fleets(arguments: argparse.Namespace) -> None:
    for name in FLEET_ALONE:
        refuse_flag(arguments, name, "without --engine dask")


async def _import_all(sources: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    from bulk_importer.checkpoint.places import checkpoint_folders
    from bulk_importer.summary import together
    from bulk_importer.transfer.stop import StopSwitch

    stop, folders = StopSwitch(), checkpoint_folders(sources, settings.checkpoint)
    async with watching("import", sources, settings, stop) as watch:
        summaries = await _import_each(sources, folders, settings, stop, watch, as_json=as_json)
        whole = together(summaries)
        code = most_important(ExitCode(summary.exit_code) for summary in summaries)
        said = await watch.ended(Outcome(exit_code=code, facts=whole, folders=folders))
        lines = [*summary_lines(summaries, whole), *said.lines]
        output.print_outcome(with_reports(whole, said.reports), lines, as_json=as_json)
    return code


async def _import_each(
    sources: Sequence[str],
    folders: Sequence[Path],
    settings: Settings,
    stop: StopSwitch,
    watch: Watch,
    *,
    as_json: bool,
) -> list[Summary]:
    """The summaries of the sources, which are imported one after the other as long as that makes sense."""
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.pipeline import Caller
    from bulk_importer.pipeline.wiped.neighbours import Neighbours
    from bulk_importer.summary import RunState

    summaries: list[Summary] = []
    sibling = None
    neighbours = None
    question = ReplacementQuestion(stop, sources, yes=settings.yes)
    caller = Caller(
        Token.find(settings.token_file), stop, announce=_announce, confirm=question, steering=watch.steering
    )
    with stopping_on_signals(stop, grace_seconds=settings.grace):
        await _agree_on_tasks(settings, sources, stop)
        if len(sources) > 1 and not stop.is_requested:
            neighbours = Neighbours(folders)
            settings = await warn_of_wiped_entries(
                sources, folders, neighbours.mentions, settings, stop, question
            )
            if stop.is_requested:
                is_signal = stop.exit_code > ExitCode.UNFORESEEN
                messages.complain(str(Interrupted(stop.reason, stop.exit_code)) if is_signal else stop.reason)
        for source, folder in zip(sources, folders, strict=True):
            if stop.is_requested:
                break
            if settings.server and settings.project:
                messages.say(f"Looking for project {settings.project} at {settings.server}")
            try:
                summary = await _import_one(source, folder, settings, caller, watch, sibling, neighbours)
                sibling = folder
            except BulkImporterError as error:
                state = RunState.STOPPED if isinstance(error, Interrupted) else RunState.FAILED
                summary = _not_run(source, folder, settings, state, error.exit_code, str(error))
            summaries.append(summary)
            if summary.message and (as_json or output_options().is_quiet or not summary.entries):
                messages.complain(summary.message)
            if (
                summary.exit_code == ExitCode.SERVER
                and not stop.is_requested
                and (left := len(sources) - len(summaries))
            ):
                # All go to one server and one project, so each would only wait for it again.
                messages.say(
                    f"bulk-importer: {counted(left, 'more source', 'was')} not begun.",
                    Level.WARNING,
                )
                break
        if len(summaries) == len(sources):
            summaries = await _with_tasks(summaries, settings, caller, as_json=as_json)
    state, code = RunState.FAILED, ExitCode.SERVER
    if stop.is_requested:
        state, code = RunState.STOPPED, stop.exit_code
    for source, folder in list(zip(sources, folders, strict=True))[len(summaries) :]:
        summaries.append(_not_run(source, folder, settings, state, code, "Its turn had not come."))
    return summaries


async def _import_one(
    source: str,
    folder: Path,
    settings: Settings,
    caller: Caller,
    watch: Watch,
    sibling: Path | None,
    neighbours: Neighbours | None,
) -> Summary:
    from bulk_importer.library.converting import opened_labels
    from bulk_importer.library.importing import import_opened
    from bulk_importer.pipeline import ImportSpec

    with watch.run(folder) as observers:
        ours = replace(caller, observers=observers)
        async with opened_labels(
            source, settings, folder, token=ours.token, emit=ours.emit, stop=ours.stop
        ) as labels:
            if labels.books is not None:
                for line in account_lines(labels.books):
                    messages.say(line)
            spec = ImportSpec(
                labels.source,
                labels.settings,
                folder,
                sibling=sibling,
                neighbours=neighbours,
                books=labels.books,
            )
            return await import_opened(spec, ours)


async def _agree_on_tasks(settings: Settings, sources: Sequence[str], stop: StopSwitch) -> None:
    """Have it confirmed that tasks are completed or skipped later; a no ends the command before anything is sent.

    Raises:
        UsageError: nobody could be asked.
    """
    from bulk_importer.pipeline import Confirmation

    if settings.on_delivered == OnDelivered.LEAVE:
        return
    answer = await TasksQuestion(stop, sources, yes=settings.yes).beforehand(settings.on_delivered)
    if answer is Confirmation.UNASKED:
        raise UsageError(
            f"--on-delivered {settings.on_delivered} uses label quota, and there is no terminal to ask on. Say --yes "
            "where that is meant."
        )
    if answer is Confirmation.NO:
        stop.request(
            "Nothing was sent: that tasks are changed afterwards was not confirmed. Without --on-delivered they are "
            "left as they are.",
            ExitCode.UNFINISHED,
        )
        messages.complain(stop.reason)


async def _with_tasks(
    summaries: list[Summary], settings: Settings, caller: Caller, *, as_json: bool
) -> list[Summary]:
    """The summaries with what became of the tasks, where `--on-delivered` says that something does."""
    from bulk_importer.library.importing import complete_imported

    if settings.on_delivered == OnDelivered.LEAVE:
        return summaries
    if caller.steering is not None and caller.steering.is_paused:
        messages.say("Paused: the tasks are changed when it is resumed.")
    with progress_display() as display:
        told = await complete_imported(summaries, settings, replace(caller, observers=[display]))
    if told[-1].message != summaries[-1].message and (as_json or output_options().is_quiet):
        messages.complain(told[-1].message)
    return told


def _not_run(
    source: str, folder: Path, settings: Settings, state: RunState, code: ExitCode, why: str
) -> Summary:
    """The summary of a source of which nothing was read or sent: its checkpoint is as it was."""
    from bulk_importer.summary import Summary

    return Summary(
        state=state,
        exit_code=code,
        source=source,
        project=settings.project or "",
        server=settings.server or "",
        checkpoint=str(folder),
        message=why,
    )


def _announce(what: Announcement) -> None:
    """Say what is about to happen, before anything is sent."""
    for line in _announcement(what):
        messages.say(line)


def _announcement(what: Announcement) -> Iterator[str]:
    from bulk_importer.observe import source_called

    source = source_called(what.source)
    yield f"Importing {source} into project {what.project_name} ({what.project}) at {what.server}"
    mix = ", ".join(f"{count:,} x {_KEEP[keep]}" for keep, count in sorted(what.keep_data.items()))
    if mix:
        yield f"  keepData    {mix} (in the first part that is read)"
    yield f"  checked     {'; '.join(what.checked)}; before anything is sent"
    for each in what.unchecked:
        yield f"  unchecked   {each}"
    before = what.before
    if before.entries:
        yield (
            f"  resumes     {before.delivered:,} delivered, {before.rejected:,} rejected, {before.in_doubt:,} "
            f"unconfirmed, {before.owed:,} not sent yet, of {counted(before.entries, 'entry')} read so far"
        )
    if what.limit is not None:
        yield f"  limit       {counted(what.limit, 'entry')}"
    yield f"  checkpoint  {what.checkpoint}"
