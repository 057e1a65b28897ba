"""`bulk-importer import`: loads labels from files or URLs into a project."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_importer.cli import terminal
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.options import add_settings, gather
from bulk_importer.cli.watching import watched
from bulk_importer.errors import BulkImporterError, ExitCode, Interrupted, UsageError, most_important
from bulk_importer.settings import Settings

if TYPE_CHECKING:
    from bulk_importer.datagym.access import Token
    from bulk_importer.events import Observer
    from bulk_importer.pipeline import Announcement
    from bulk_importer.summary import Summary
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["SECTIONS", "configure", "expanded", "run"]

_KEEP = ("keepData missing", "keepData true", "keepData false")
SECTIONS = frozenset({"server", "reading", "checking", "sending", "checkpoint"})


def configure(parser: argparse.ArgumentParser) -> None:
    """What `import` takes."""
    parser.add_argument(
        "source",
        nargs="+",
        metavar="SOURCE",
        help="a JSON array or JSON Lines, compressed or not: a file, - for standard input, http(s):// or s3://",
    )
    add_settings(parser, SECTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Import one source after the other; returns the exit code that matters most."""
    from bulk_importer.intake.allocation import reuse_large_blocks

    settings = gather(arguments).settings
    sources = expanded(arguments.source)
    reuse_large_blocks()
    return run_in_loop(_import_all(sources, settings, as_json=arguments.json))


async def _import_all(sources: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.access import Token
    from bulk_importer.transfer.stop import StopSwitch

    token = Token.find(settings.token_file)
    stop = StopSwitch()
    codes: list[ExitCode] = []
    summaries: list[Summary] = []
    sibling = None
    folders = _folders(sources, settings)
    with stopping_on_signals(stop, grace_seconds=settings.grace):
        for source, folder in zip(sources, folders, strict=True):
            if settings.server:
                terminal.say(f"Looking for project {settings.project} at {settings.server}")
            try:
                summary = await _import_one(source, folder, settings, token, stop, sibling)
                sibling = folder
            except BulkImporterError as error:
                summary = _not_begun(source, folder, settings, error)
            summaries.append(summary)
            codes.append(ExitCode(summary.exit_code))
            if summary.message and (as_json or terminal.manner().is_quiet or not summary.entries):
                terminal.complain(summary.message)
            if stop.is_requested:
                break
    for source, folder in list(zip(sources, folders, strict=True))[len(summaries) :]:
        summaries.append(_not_reached(source, folder, settings, stop))
        codes.append(stop.exit_code)
    _report(summaries, as_json=as_json)
    return most_important(codes)


async def _import_one(
    source: str,
    folder: Path,
    settings: Settings,
    token: Token,
    stop: StopSwitch,
    sibling: Path | None,
) -> Summary:
    from bulk_importer.intake import open_source
    from bulk_importer.observe import JsonLog
    from bulk_importer.pipeline import Import

    opened = await open_source(source)
    with ExitStack() as ending:
        log = JsonLog(folder / "run.log")
        ending.callback(log.close)
        observers: list[Observer] = [log, ending.enter_context(watched())]
        running = Import(
            opened,
            settings,
            token,
            folder,
            stop,
            observers=observers,
            announce=_announce,
            sibling=sibling,
        )
        try:
            return await running.run()
        finally:
            await opened.aclose()


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


def _not_reached(source: str, folder: Path, settings: Settings, stop: StopSwitch) -> Summary:
    """The summary of a source whose turn had not come when the run was stopped."""
    import msgspec

    from bulk_importer.summary import RunState

    stopped = Interrupted(stop.reason, stop.exit_code)
    return msgspec.structs.replace(
        _not_begun(source, folder, settings, stopped),
        state=RunState.STOPPED,
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
        import orjson

        from bulk_importer.summary import together

        terminal.out(orjson.dumps(together(summaries), option=orjson.OPT_INDENT_2).decode())
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
        expanded += found
    if len(set(expanded)) < len(expanded):
        raise UsageError("A source is named twice; each is imported once.")
    return expanded


def _folders(sources: Sequence[str], settings: Settings) -> list[Path]:
    """The checkpoint folder of each source.

    Raises:
        UsageError: two would share one.
    """
    folders = [_folder(source, settings, several=len(sources) > 1) for source in sources]
    by_folder: dict[Path, str] = {}
    for source, folder in zip(sources, folders, strict=True):
        other = by_folder.setdefault(folder, source)
        if other != source:
            raise UsageError(
                f"{other} and {source} would share the checkpoint {folder}. Import them one after the other, each with "
                "a --checkpoint of its own."
            )
    return folders


def _folder(source: str, settings: Settings, *, several: bool) -> Path:
    from urllib.parse import urlsplit

    from bulk_importer.pipeline import checkpoint_folder

    if several and settings.checkpoint is not None:
        # The query of an URL is no part of the name: it may be a signature.
        path = urlsplit(source).path if "://" in source else source
        return Path(settings.checkpoint) / (Path(path).name + ".checkpoint")
    return checkpoint_folder(source, settings.checkpoint)
