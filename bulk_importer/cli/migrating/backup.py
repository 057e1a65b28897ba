"""`bulk-importer backup`: reads the labels of a project into a file that `import` takes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulk_importer.cli import messages, output
from bulk_importer.cli.lookups.shared import settings_of
from bulk_importer.cli.migrating.reading_writes import warn_of_writing
from bulk_importer.cli.output_options import output_options, set_output_options
from bulk_importer.cli.parsing.options import add_settings
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import UsageError
from bulk_importer.readable import agreeing, counted

if TYPE_CHECKING:
    from bulk_importer.migration.report import BackupAnnouncement, BackupSummary
    from bulk_importer.settings import Settings

__all__ = ["configure", "run"]

_LOST = {
    "lost-branch": "further answers below one of a geometry, of which an entry has room for one",
    "lost-segmentation": "image segmentations, which no import takes",
    "lost-coordinates": "geometries whose coordinates are missing, too few or negative",
    "lost-unfit": "labels that do not fit the label configuration",
    "lost-depth": "geometries below nested ones",
    "lost-second": "second values of one classification",
    "lost-validity": "labels come back, and count as valid then",
    "lost-comment": "labels come back without their comment",
}
_LEFT_OUT = {
    "benchmark": "benchmarks, which no import takes",
    "not listed": "not in --media-list",
    "unknown": "in --media-list, and not in the project",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `backup`."""
    add_settings(parser, {"server", "migrating"}, {"media_list", "max_outage"})
    parser.set_defaults(output_help="the backup; what came of it is printed")


def run(arguments: argparse.Namespace) -> int:
    """Back a project up; 0, or 1 where the file does not hold all, or an import does not bring all of it back."""
    import asyncio

    settings = settings_of(arguments, needs_project=True)
    path = _path()
    try:
        summary = asyncio.run(_back_up(settings, path))
    finally:
        with suppress(OSError):
            if not path.stat().st_size:  # made when the command line was read
                path.unlink()
    output.print_outcome(_facts(summary), _lines(summary), as_json=arguments.json)
    return summary.exit_code


def _path() -> Path:
    """The file that `--output` names; what came of it is printed as if nothing was named."""
    options = output_options()
    if options.output is None:
        raise UsageError("Say where to: --output FILE.")
    set_output_options(replace(options, output=None))
    return options.output


async def _back_up(settings: Settings, path: Path) -> BackupSummary:
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.migration.backup import BackupCaller, back_up
    from bulk_importer.transfer.stop import StopSwitch

    stop = StopSwitch()
    token = Token.find(settings.token_file)
    with progress_display() as observer, stopping_on_signals(stop, kept="What was read is kept"):
        return await back_up(settings, path, BackupCaller(token, stop, observer, _announce))


def _announce(what: BackupAnnouncement) -> None:
    for line in _announcement(what):
        messages.say(line)
    warn_of_writing(what)


def _announcement(what: BackupAnnouncement) -> Iterator[str]:
    from bulk_importer.observe.parts import duration

    yield f"Backing up project {what.project_name} ({what.project}) at {what.server}"
    once = "read once each" + ("" if what.writes else ", by a route that writes nothing")
    seconds = what.estimated_seconds
    takes = (
        "" if seconds is None else f"; takes about {duration(max(seconds, 1.0))} if all are like the first"
    )
    yield f"  media       {what.media:,}, {once}, up to {what.at_a_time} at a time{takes}"
    for why, count in what.left_out.items():
        yield f"  left out    {counted(count, 'media')}: {_LEFT_OUT.get(why, why)}"
    if what.done:
        yield f"  resumes     {what.done:,} of {counted(what.media, 'media')} read before"
    yield f"  output      {what.output}"


def _facts(summary: BackupSummary) -> dict[str, object]:
    import msgspec

    return dict(msgspec.to_builtins(summary))


def _lines(summary: BackupSummary) -> Iterator[str]:
    from bulk_importer.observe.parts import amount

    there = summary.media - summary.gone - summary.unread
    yield f"{summary.project_name} ({summary.project}) at {summary.server} -> {summary.output}"
    yield (
        f"  {counted(summary.labels, 'label')} of {counted(summary.labelled, 'media')}, in "
        f"{counted(summary.entries, 'entry')} of {counted(there, 'media')}; {amount(summary.bytes, 'bytes')}"
    )
    for key, count in summary.values.items():
        yield f"  {count:>12,}  {key}"
    if summary.gone:
        yield f"  {counted(summary.gone, 'media', 'was')} taken out of the project meanwhile"
    if summary.unread:
        yield f"  {counted(summary.unread, 'media')} could not be read, and {agreeing(summary.unread, 'is')} not in it"
    if summary.lost:
        yield "  What an import does not bring back, and the file keeps ('bulk-importer explain CODE' says more):"
        for kind, count in summary.lost.items():
            yield f"  {count:>12,}  {kind}: {_LOST.get(kind, kind)}"
    if summary.config_changed:
        yield "  The label configuration changed meanwhile; the file holds that of the beginning."
    yield (
        f"  'bulk-importer verify {summary.output}' proves it whole; 'import' brings it back, with "
        "--replace-finished also where people have finished their work."
    )
