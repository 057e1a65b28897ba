"""`bulk-importer work`: imports one shard of a plan."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk_importer.cli import messages, output
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.fleet.index import asked_index
from bulk_importer.cli.fleet.result_file import result_file, write_result_file
from bulk_importer.cli.output_options import output_options
from bulk_importer.cli.parsing.options import add_settings, gather
from bulk_importer.cli.reporting.places import with_reports
from bulk_importer.cli.watching.watch import Outcome, watching
from bulk_importer.errors import BulkImporterError, CheckpointError, ExitCode, Interrupted
from bulk_importer.settings.fleet import OF_A_WORKER

if TYPE_CHECKING:
    from bulk_importer.distributed.places.interfaces import Place
    from bulk_importer.distributed.values import Plan, Result
    from bulk_importer.distributed.work.working import Worked
    from bulk_importer.pipeline import Announcement
    from bulk_importer.settings import Loaded
    from bulk_importer.summary import Summary

__all__ = ["configure", "run"]

_SECTIONS = frozenset({"server", "watching"})
_NAMES = OF_A_WORKER | {"max_errors"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments of `work`."""
    parser.add_argument(
        "plan", metavar="PLAN", help="where the plan is; a folder that all workers share, or a bucket"
    )
    parser.add_argument(
        "--index",
        type=int,
        metavar="N",
        help="which shard, from 0; default: what JOB_COMPLETION_INDEX (Kubernetes) or SLURM_ARRAY_TASK_ID says",
    )
    parser.add_argument(
        "--source",
        metavar="SOURCE",
        help="where the source of the plan is, as this machine sees it; default: where it was when the plan was made",
    )
    parser.add_argument(
        "--result",
        type=Path,
        metavar="FILE",
        help="write what came of it to this file; a JSON object of less than 2 KiB; default: /dev/termination-log in "
        "an Indexed Job of Kubernetes, else nowhere",
    )
    parser.add_argument(
        "--rejections-exit",
        type=int,
        choices=(0, 1),
        default=1,
        metavar="0|1",
        help="the exit code where all is delivered but for rejected entries (default: 1); 0 where a scheduler takes "
        "all others for failures",
    )
    add_settings(parser, _SECTIONS, _NAMES)


def run(arguments: argparse.Namespace) -> int:
    """Work on the shard; returns the exit code of its import."""
    from bulk_importer.machine.malloc import reuse_large_blocks

    loaded = gather(arguments)
    reuse_large_blocks()
    written = result_file(arguments.result, os.environ)
    try:
        facts = run_in_loop(_work(arguments, loaded))
    except BulkImporterError as error:
        state = "stopped" if isinstance(error, Interrupted) else "failed"
        write_result_file(written, {"state": state, "exit_code": error.exit_code, "message": str(error)})
        raise
    write_result_file(written, facts)
    code = int(facts["exit_code"])
    return arguments.rejections_exit if code == ExitCode.REJECTIONS else code


async def _work(arguments: argparse.Namespace, loaded: Loaded) -> Mapping[str, Any]:
    """What came of it, in few words."""
    import asyncio

    import msgspec

    from bulk_importer.distributed.places.open import open_place
    from bulk_importer.distributed.planning.reading import read_plan

    place = open_place(arguments.plan)
    plan = await asyncio.to_thread(read_plan, place)
    index = asked_index(arguments.index, os.environ, len(plan.shards))
    if index is None:
        return _nothing_to_do(plan, as_json=arguments.json)
    worked = await _work_on(plan, index, place, loaded, arguments)
    facts: Mapping[str, Any] = msgspec.to_builtins(worked.result)
    return facts


async def _work_on(
    plan: Plan, index: int, place: Place, loaded: Loaded, arguments: argparse.Namespace
) -> Worked:
    import msgspec

    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.distributed.work.working import Worker, work_on
    from bulk_importer.pipeline import Caller
    from bulk_importer.transfer.stop import StopSwitch

    settings, stop, as_json = loaded.settings, StopSwitch(), arguments.json
    said = frozenset(name for name, origin in loaded.origins.items() if _is_said(name, origin))
    messages.say(f"Working on shard {index} of {len(plan.shards)} of {place.name}")
    async with watching("work", [place.name], settings, stop) as watch:
        with stopping_on_signals(stop, grace_seconds=settings.grace):
            worker = Worker(
                settings=settings,
                said=said,
                tell=messages.say,
                observing=watch.run,
                source=arguments.source,
            )
            token = Token.find(settings.token_file)
            caller = Caller(token, stop, announce=_announcing(plan, index, place), steering=watch.steering)
            worked = await work_on(plan, index, place, worker, caller)
        summary, folder = worked.summary, Path(worked.summary.checkpoint)
        known = {"plan": place.name, "shard": index, "epoch": worked.result.epoch}
        facts: Mapping[str, Any] = {**summary.to_builtins(), **known}
        said_of_it = await watch.ended(Outcome(exit_code=summary.exit_code, facts=facts, folders=[folder]))
        if worked.is_new:
            await _put_away(place, worked.result, folder)
        if summary.message and (as_json or output_options().is_quiet or not summary.entries):
            messages.complain(summary.message)
        facts = with_reports(facts, said_of_it.reports)
        if place.folder is None:  # what lies on this machine goes with the process
            kept = f"{place.name}/{worked.key}"
            report = facts["report"] and facts["report"].replace(str(folder), kept)
            facts = {**facts, "checkpoint": kept, "report": report}
            summary = msgspec.structs.replace(summary, checkpoint=kept)
            lines = [line.replace(str(folder), kept) for line in said_of_it.lines]
        else:
            lines = said_of_it.lines
        # What it rejected is fed by the plan, under the lease of the shard; in a bucket nobody can open its files.
        told = _lines(summary, index, place.name, is_new=worked.is_new)
        output.print_outcome(facts, [*told, *lines], as_json=as_json)
    return worked


async def _put_away(place: Place, result: Result, folder: Path) -> None:
    """Put the report where the plan is, now that it is written; the log has it all, so it may fail."""
    import asyncio
    from contextlib import suppress

    from bulk_importer.cli.reporting.writing import REPORT
    from bulk_importer.distributed.keeping.interfaces import Kept
    from bulk_importer.distributed.keeping.opening import keeping_of
    from bulk_importer.distributed.values import work_key

    with suppress(CheckpointError):
        keeping = keeping_of(place, work_key(result.index))
        await asyncio.to_thread(keeping.put_away, Kept(result.folder, folder), REPORT)


def _is_said(name: str, origin: str) -> bool:
    """Whether this machine says a setting. A budget of errors in a file, or a variable, may be that of the whole."""
    return origin.startswith("flag") if name == "max_errors" else origin != "default"


def _nothing_to_do(plan: Plan, *, as_json: bool) -> Mapping[str, Any]:
    count = len(plan.shards)
    text = f"The plan has {count:,} shard{'s' if count > 1 else ''}, and none of this index: nothing is to be done."
    facts = {"state": "complete", "exit_code": int(ExitCode.DELIVERED), "plan": plan.id, "message": text}
    output.print_outcome(facts, [text], as_json=as_json)
    return facts


def _announcing(plan: Plan, index: int, place: Place) -> Callable[[Announcement], None]:
    shard = plan.shards[index]

    def announce(what: Announcement) -> None:
        messages.say(
            f"Importing {shard.entries:,} of {plan.entries:,} entries into project {what.project_name} "
            f"({what.project}) at {what.server}"
        )
        before = what.before
        if before.entries:
            messages.say(
                f"  resumes     {before.delivered:,} delivered, {before.rejected:,} rejected, {before.in_doubt:,} "
                f"unconfirmed, {before.owed:,} not sent yet, of {before.entries:,} read so far"
            )
        if place.folder is not None:  # else it is kept below the plan
            messages.say(f"  checkpoint  {what.checkpoint}")

    return announce


def _lines(summary: Summary, index: int, plan: str, *, is_new: bool) -> Iterator[str]:
    """What came of it, for a person; `plan` as of `summary_text`."""
    from bulk_importer.observe import summary_text

    if not is_new:
        yield f"Shard {index} is finished; nothing was sent."
    if summary.entries:
        yield summary_text(summary, plan=plan)
