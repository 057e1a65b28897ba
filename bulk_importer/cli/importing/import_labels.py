"""`bulk-importer import`: loads labels from files or URLs into a project."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import terminal
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.watching import watched
from bulk_importer.errors import (
    BulkImporterError,
    ExitCode,
    Interrupted,
    ServerError,
    UsageError,
    most_important,
)
from bulk_importer.levels import Level
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.events import Observer
    from bulk_importer.pipeline import Announcement
    from bulk_importer.pipeline.wiped.foreseeing import Foreseen
    from bulk_importer.pipeline.wiped.mentions import Mentions
    from bulk_importer.pipeline.wiped.neighbours import Neighbours
    from bulk_importer.summary import Summary
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["SECTIONS", "configure", "expanded", "run"]

_WIPED = "earlier-entry-wiped"
_KEEP = ("keepData missing", "keepData true", "keepData false")
SECTIONS = frozenset({"server", "reading", "checking", "sending", "checkpoint"})


def configure(parser: argparse.ArgumentParser) -> None:
    """What `import` takes."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a file, - (standard input), http(s)://, s3://; a JSON array or JSON Lines, compressed or not",
    )
    add_settings(parser, SECTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Import one source after the other; returns the exit code that matters most."""
    from bulk_importer.machine.malloc import reuse_large_blocks

    settings = gather(arguments).settings
    sources = expanded(arguments.source)
    reuse_large_blocks()
    return run_in_loop(_import_all(sources, settings, as_json=arguments.json))


async def _import_all(sources: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    from bulk_importer.checkpoint.places import checkpoint_folders
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.pipeline.wiped.neighbours import Neighbours
    from bulk_importer.transfer.stop import StopSwitch

    token = Token.find(settings.token_file)
    stop = StopSwitch()
    codes: list[ExitCode] = []
    summaries: list[Summary] = []
    sibling = None
    folders = checkpoint_folders(sources, settings.checkpoint)
    neighbours = None
    with stopping_on_signals(stop, grace_seconds=settings.grace):
        if len(sources) > 1:
            neighbours = Neighbours(folders)
            settings = await _say_what_will_be_wiped(sources, folders, neighbours.mentions, settings, stop)
        for source, folder in zip(sources, folders, strict=True):
            if settings.server:
                terminal.say(f"Looking for project {settings.project} at {settings.server}")
            try:
                summary = await _import_one(source, folder, settings, token, stop, sibling, neighbours)
                sibling = folder
            except BulkImporterError as error:
                summary = _not_begun(source, folder, settings, error)
            summaries.append(summary)
            codes.append(ExitCode(summary.exit_code))
            if summary.message and (as_json or terminal.manner().is_quiet or not summary.entries):
                terminal.complain(summary.message)
            if stop.is_requested:
                break
            if summary.exit_code == ExitCode.SERVER and (left := len(sources) - len(summaries)):
                # All go to one server and one project, so each would only wait for it again.
                terminal.say(
                    f"bulk-importer: {left:,} more {'source was' if left == 1 else 'sources were'} not begun.",
                    Level.WARNING,
                )
                break
    code = stop.exit_code if stop.is_requested else ExitCode.SERVER
    for source, folder in list(zip(sources, folders, strict=True))[len(summaries) :]:
        summaries.append(_not_reached(source, folder, settings, code))
        codes.append(code)
    _report(summaries, as_json=as_json)
    return most_important(codes)


async def _import_one(
    source: str,
    folder: Path,
    settings: Settings,
    token: Token,
    stop: StopSwitch,
    sibling: Path | None,
    neighbours: Neighbours | None,
) -> Summary:
    from bulk_importer.observe import JsonLog
    from bulk_importer.pipeline import Caller, ImportSpec, import_source
    from bulk_importer.sources import open_source

    opened = await open_source(source)
    with ExitStack() as ending:
        log = JsonLog(folder / "run.log")
        ending.callback(log.close)
        observers: list[Observer] = [log, ending.enter_context(watched())]
        spec = ImportSpec(opened, settings, folder, sibling=sibling, neighbours=neighbours)
        try:
            return await import_source(spec, Caller(token, stop, observers, _announce))
        finally:
            await opened.aclose()


async def _say_what_will_be_wiped(
    sources: Sequence[str],
    folders: Sequence[Path],
    others: Mentions,
    settings: Settings,
    stop: StopSwitch,
) -> Settings:
    """Say before anything is sent what new sources will do to each other. It never ends a run: the imports go on.

    Returns:
        The settings that they go on with.
    """
    from bulk_importer.cli.importing.rulesets import ruleset_for, scratch_folder
    from bulk_importer.intake import IntakeOptions
    from bulk_importer.pipeline.wiped.foreseeing import foresee, new_among

    new = new_among(folders)
    is_only_counted = _WIPED in settings.allow and _WIPED not in settings.deny
    if len(new) < 2 or is_only_counted or not (settings.server and settings.project):
        return settings
    before = Path(settings.settled_by) if settings.settled_by else (folders[new[0] - 1] if new[0] else None)
    try:
        async with stop.breaking_off():
            with scratch_folder() as scratch, watched() as observer:
                ruleset = await ruleset_for(settings, scratch, sibling=before, observer=observer)
                foreseen = await foresee(
                    [sources[place] for place in new],
                    others,
                    ruleset.rules,
                    IntakeOptions.of(settings),
                    passed=_passed(observer),
                )
    except Interrupted:
        return settings  # the first import says so
    except ServerError:
        return replace(settings, wait_for_server=0.0)  # likewise, and it has been waited for
    except BulkImporterError as error:
        terminal.say(
            f"Whether the sources wipe labels of each other cannot be said before they are sent: {error}",
            Level.WARNING,
        )
        return settings
    for each in foreseen:
        for line in _foreseen_lines(each):
            terminal.say(line, Level.WARNING)
    return settings


def _passed(observer: Observer) -> Callable[[str, int], None]:
    """Tells how far the reading before is."""
    from bulk_importer.events import Advanced

    def passed(source: str, read_bytes: int) -> None:
        work = f"looking first whether {source.rsplit('/', 1)[-1]} wipes labels of the others"
        observer(Advanced(work=work, done=read_bytes, total=None, unit="bytes"))

    return passed


def _foreseen_lines(foreseen: Foreseen) -> Iterator[str]:
    if foreseen.first is not None:
        first = foreseen.first
        fate = "they are rejected" if first.severity == "error" else "what that brings is deleted again"
        yield (
            f"{foreseen.source}: {foreseen.count:,} x keepData false behind an entry for the same media, here or in "
            f"another source: {fate} ({first.code}). The first is at position {first.position} (byte {first.offset}), "
            f"media {first.media_id}. {first.advice}"
        )
    if foreseen.unknown:
        yield (
            f"{foreseen.source}: whether it wipes labels that other sources bring cannot be said before it is sent: "
            f"{foreseen.unknown}"
        )


def _not_begun(source: str, folder: Path, settings: Settings, error: BulkImporterError) -> Summary:
    """The summary of a run that could not begin: nothing was read or sent, and the checkpoint is as it was."""
    from bulk_importer.summary import RunState, Summary

    return Summary(
        state=RunState.FAILED,
        exit_code=error.exit_code,
        source=source,
        project=settings.project or "",
        server=settings.server or "",
        checkpoint=str(folder),
        message=str(error),
    )


def _not_reached(source: str, folder: Path, settings: Settings, code: ExitCode) -> Summary:
    """The summary of a source whose turn had not come when the run was stopped, or the server given up."""
    from bulk_importer.summary import RunState, Summary

    return Summary(
        state=RunState.FAILED if code is ExitCode.SERVER else RunState.STOPPED,
        exit_code=code,
        source=source,
        project=settings.project or "",
        server=settings.server or "",
        checkpoint=str(folder),
        message="Its turn had not come.",
    )


def _announce(what: Announcement) -> None:
    terminal.say(
        f"Importing {what.source} into project {what.project_name} ({what.project}) at {what.server}"
    )
    mix = ", ".join(f"{count:,} x {_KEEP[keep]}" for keep, count in sorted(what.keep_data.items()))
    if mix:
        terminal.say(f"  keepData    {mix} (in the first part that is read)")
    terminal.say(f"  checked     {'; '.join(what.checked)}; before anything is sent")
    for each in what.unchecked:
        terminal.say(f"  unchecked   {each}")
    before = what.before
    if before.entries:
        terminal.say(
            f"  goes on     {before.delivered:,} delivered, {before.rejected:,} rejected, "
            f"{before.in_doubt:,} in doubt, {before.owed:,} owed of {before.entries:,} entries read so far"
        )
    if what.limit is not None:
        terminal.say(f"  limit       {what.limit:,} entries")
    terminal.say(f"  checkpoint  {what.checkpoint}")


def _report(summaries: Sequence[Summary], *, as_json: bool) -> None:
    if as_json:
        from bulk_importer.summary import together

        terminal.out_json(together(summaries))
    else:
        from bulk_importer.observe import summary_text

        for summary in summaries:
            if summary.entries:
                terminal.report(summary_text(summary))


def expanded(sources: Sequence[str]) -> list[str]:
    """The sources in the order of the arguments, each pattern replaced by the files that it matches, sorted.

    Raises:
        UsageError: a pattern matches nothing, or a source is named twice.
    """
    import glob

    expanded: list[str] = []
    for source in sources:
        if not glob.has_magic(source) or Path(source).exists() or "://" in source:
            expanded.append(source)
            continue
        found = sorted(glob.glob(source, recursive=True))
        if not found:
            raise UsageError(f"No file matches {source!r}.")
        # A file of that name, and not standard input.
        expanded += ["./-" if each == "-" else each for each in found]
    if len(set(expanded)) < len(expanded):
        raise UsageError("A source is named twice; each is imported once.")
    return expanded
