"""`bulk-importer serve`: a page on which a person uploads label files, sees them checked, and has them imported."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.parsing.options import add_settings, gather, refuse_flag
from bulk_importer.errors import ExitCode, Interrupted, UsageError
from bulk_importer.readable import counted
from bulk_importer.settings import Loaded, Settings

if TYPE_CHECKING:
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.receiving import Bounds
    from bulk_importer.cli.serving.work.office import Office
    from bulk_importer.cli.serving.work.target import TargetProject
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "reading", "converting", "checking", "sending", "watching"})
_NOT_SERVED = {
    "limit": "in 'serve', where a person confirms each import as a whole",
    "report": "in 'serve', where the report of each import is in its checkpoint folder",
}
_SPOOL = Path("bulk-importer-serve")


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `serve`."""
    parser.add_argument(
        "--spool",
        type=Path,
        default=_SPOOL,
        metavar="FOLDER",
        help="where uploads and their checkpoints are kept; for one project (default: %(default)s)",
    )
    parser.add_argument(
        "--max-upload",
        default="10GiB",
        metavar="SIZE",
        help="largest file that is taken (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-free",
        default="1GiB",
        metavar="SIZE",
        help="room on the disk that uploads leave free (default: %(default)s)",
    )
    add_settings(parser, _SECTIONS, refused=_NOT_SERVED)


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes; 0, or that of the signal where an import is not complete."""
    for name, why in _NOT_SERVED.items():
        refuse_flag(arguments, name, why)
    loaded = gather(arguments, assumed={"page": "0"})
    if not (loaded.settings.server and loaded.settings.project):
        raise UsageError("Say where to: --server URL and --project ID_OR_NAME are needed.")
    bounds = _bounds(arguments)
    code, facts, lines = run_in_loop(_serve(arguments.spool, loaded, bounds))
    output.print_outcome(facts, lines, as_json=arguments.json)
    return code


def _bounds(arguments: argparse.Namespace) -> Bounds:
    from bulk_importer.cli.serving.spool.receiving import Bounds
    from bulk_importer.settings.units import SIZE

    read: dict[str, int] = {}
    for flag, text in (("--max-upload", arguments.max_upload), ("--keep-free", arguments.keep_free)):
        try:
            read[flag] = SIZE.read(text)
        except ValueError as error:
            raise UsageError(f"{flag}: {text!r} is not {SIZE.wanted}: {error}.") from None
    return Bounds(max_bytes=read["--max-upload"], keep_free=read["--keep-free"])


async def _serve(folder: Path, loaded: Loaded, bounds: Bounds) -> tuple[int, dict[str, Any], list[str]]:
    from bulk_importer.cli.serving.command_line import Commands
    from bulk_importer.cli.serving.site.application import Site
    from bulk_importer.cli.serving.spool.folder import Spool
    from bulk_importer.cli.serving.spool.receiving import Reception
    from bulk_importer.cli.serving.work.office import Office
    from bulk_importer.cli.serving.work.target import TargetProject
    from bulk_importer.cli.serving.work.works import UploadWorks
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.cli.watching.browsers.opening import opened_site
    from bulk_importer.datagym.routes import server_url
    from bulk_importer.transfer.stop import StopSwitch

    settings, stop = loaded.settings, StopSwitch()
    assert settings.server is not None  # `run` has made sure of these
    assert settings.project is not None
    spool = await asyncio.to_thread(Spool, folder, server_url(settings.server), settings.project)
    async with AsyncExitStack() as opened:
        opened.callback(spool.close)
        office = Office(spool, UploadWorks(spool, _of_imports(settings)), stop, messages.say)
        reception = Reception(spool, bounds, lambda: len(office.jobs))
        stop.subscribe(reception.close)
        target = TargetProject(settings, messages.complain)
        commands = Commands(loaded, str(Path.cwd()))
        site = Site(office, spool, reception, settings, commands, missed=lambda: target.missed)
        await opened.enter_async_context(opened_site(settings, site.application()))
        messages.say(
            f"Uploads go to project {settings.project} at {settings.server}, and are kept in {spool.root}."
        )
        with stopping_on_signals(stop, grace_seconds=settings.grace):
            await _run(office, target, stop)
    code = stop.exit_code if office.unfinished else ExitCode.DELIVERED
    return code, _facts(office, spool, code), list(_lines(office, spool))


async def _run(office: Office, target: TargetProject, stop: StopSwitch) -> None:
    """Work until a signal comes. Raises what is wrong with the project, before anything is done."""
    with suppress(Interrupted):
        async with stop.breaking_off():
            await target.find()
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(target.watch())
        await office.run()
        watch.cancel()


def _of_imports(settings: Settings) -> Settings:
    """The settings of each check and import: without what is about this command, or about one source."""
    ours = replace(settings, page=None, page_tls=None, page_token_file=None, report=None)
    return replace(ours, limit=None, settled_by=None, source_grew=False)


def _facts(office: Office, spool: Spool, code: int) -> dict[str, Any]:
    """What `--json` prints at the end."""
    uploads = [
        {
            "id": job.id,
            "name": job.name,
            "state": job.state.value,
            "exit_code": job.exit_code,
            "source": str(spool.source(job)),
            "checkpoint": str(spool.checkpoint(job)),
        }
        for job in office.jobs.values()
    ]
    return {
        "exit_code": int(code),
        "spool": str(spool.root),
        "unfinished": office.unfinished,
        "uploads": uploads,
    }


def _lines(office: Office, spool: Spool) -> Iterator[str]:
    """What is left, and where."""
    uploads = counted(len(office.jobs), "upload")
    left = "nothing that was confirmed is left to be imported"
    if office.unfinished:
        left = f"{counted(office.unfinished, 'import', 'is')} to be completed"
    yield f"{uploads} in {spool.root}; {left}."
    if office.unfinished:
        yield "  The same command resumes."
    for job in office.queue():
        yield f"  {job.name}: {spool.source(job)}, with the checkpoint {spool.checkpoint(job)}"
