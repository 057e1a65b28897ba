"""`import --engine dask`: plan, work and gather in one command; the same command again goes on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from bulk_importer.cli import messages
from bulk_importer.cli.event_loop import run_in_loop
from bulk_importer.cli.parsing.options import gather
from bulk_importer.cli.progress_display import progress_display
from bulk_importer.errors import BulkImporterError, ExitCode, UsageError, most_important
from bulk_importer.levels import Level
from bulk_importer.readable import counted
from bulk_importer.settings import Loaded, OnDelivered, Settings, definitions
from bulk_importer.settings.fleet import FILES_OF_A_MACHINE, OF_A_WORKER

if TYPE_CHECKING:
    from bulk_importer.distributed.engines.cluster import Cluster
    from bulk_importer.distributed.engines.fleet import FleetOptions
    from bulk_importer.distributed.places.interfaces import Place
    from bulk_importer.distributed.values import Plan
    from bulk_importer.events import Observer
    from bulk_importer.transfer.stop import StopSwitch

__all__ = ["run"]

_PROGRAM = "bulk_importer.cli.fleet.engine.child:run"
_OF_THE_WORKERS = OF_A_WORKER | FILES_OF_A_MACHINE | {"wait_for_server"}
"""Settings that a plan does not hold, and that workers are told: of files the paths, which are the same there."""
_MORE_GRACE = 5.0
"""For the signs of life of children that have stopped to arrive."""
_UNUSED = {
    each.name: "with --engine dask, whose shards are imported by 'bulk-importer work'"
    for each in definitions()
    if (each.section == "watching" and each.name not in ("report", "images"))
    or (each.section == "checkpoint" and each.name != "checkpoint")
}


def run(arguments: argparse.Namespace, sources: Sequence[str]) -> int:
    """Import one source by the workers of a Dask scheduler; returns the exit code of the whole."""
    if len(sources) > 1:
        raise UsageError(
            f"With --engine dask one source is imported at a time, and {len(sources)} are named. Give each a command "
            "of its own, and a --checkpoint of its own where one is named. Nothing was done."
        )
    (source,) = sources
    loaded = gather(arguments, unused=_UNUSED)
    settings = loaded.settings
    if settings.on_delivered != OnDelivered.LEAVE:
        raise UsageError(
            "--on-delivered has no effect with --engine dask. Leave it out, and run 'bulk-importer complete' with the "
            "checkpoints of the shards when all is delivered."
        )
    if not settings.server or not settings.project:
        raise UsageError("Say where to: --server URL and --project ID_OR_NAME are needed.")
    spec = _place_of(source, settings)
    code = run_in_loop(_import(source, spec, loaded))
    from bulk_importer.cli.fleet.gather import show_together
    from bulk_importer.distributed.places.open import open_place

    place = open_place(spec)
    whole = show_together(place, None, settings, as_json=arguments.json, by_engine=True)
    return most_important([ExitCode(whole), code])


def _place_of(source: str, settings: Settings) -> str:
    """Where the plan lies, as every worker can name it."""
    if settings.checkpoint is None and "://" in source:
        raise UsageError("Say where the plan is to lie: --checkpoint PLACE, which all workers can write.")
    named = settings.checkpoint or f"{source}.plan"
    return named if "://" in named else os.path.abspath(named)


async def _import(source: str, spec: str, loaded: Loaded) -> ExitCode:
    """Make the plan, or take the one that is there, and have it worked on; returns why it ended early, if it did."""
    from bulk_importer.cli.signals import stopping_on_signals
    from bulk_importer.distributed.engines.cluster import opened_cluster
    from bulk_importer.distributed.engines.fleet import all_complete
    from bulk_importer.distributed.places.open import open_place
    from bulk_importer.machine.aside import aside
    from bulk_importer.machine.cpu_quota import usable_cores
    from bulk_importer.transfer.stop import StopSwitch

    settings, stop, place = loaded.settings, StopSwitch(), open_place(spec)
    async with AsyncExitStack() as opened:
        opened.enter_context(stopping_on_signals(stop, grace_seconds=settings.grace))
        emit = opened.enter_context(progress_display())
        async with stop.breaking_off():
            known = await _known(source, place, settings, emit)
            if known is not None and await aside(all_complete, place, known):
                return ExitCode.DELIVERED
            cluster = await opened.enter_async_context(
                opened_cluster(
                    settings.scheduler,
                    workers=min(usable_cores(), settings.at_once or settings.max_in_flight),
                    patience=settings.wait_for_server,
                    say=messages.say,
                )
            )
            threads = await cluster.threads()
            plan = known or await _planned(
                source, place, settings, min(threads, settings.max_in_flight), emit
            )
        shards, seats = counted(len(plan.shards), "shard"), counted(len(plan.seats), "worker")
        messages.say(
            f"Importing {plan.entries:,} entries in {shards}, by {seats} at a time; the plan is {place.name}"
        )
        return await _worked_on(cluster, plan, place, loaded, stop, emit)


async def _known(source: str, place: Place, settings: Settings, emit: Observer) -> Plan | None:
    """The plan that lies there, once it is proven that it is of this source and of these settings."""
    from bulk_importer.distributed.planning.reading import read_plan
    from bulk_importer.distributed.values import PLAN
    from bulk_importer.machine.aside import aside

    if await aside(place.read, PLAN) is None:
        return None
    asked = _as_planned(settings, await aside(read_plan, place))
    return await _planned(source, place, asked, None, emit)


def _as_planned(settings: Settings, there: Plan) -> Settings:
    """The settings, with the plan's where another word does not make another plan.

    Workers are told anew what is of the machine that they run on. How many seats there are, where nobody says it, is
    the plan's to say: workers come and go between two runs of a command.
    """
    names = (_OF_THE_WORKERS - FILES_OF_A_MACHINE) | ({"at_once"} if settings.at_once is None else set())
    known = {each.name: each for each in definitions() if each.name in names}
    defaults = {name: each.default for name, each in known.items()}
    theirs = {
        name: each.read(there.settings[name], "the plan")
        for name, each in known.items()
        if name in there.settings
    }
    return replace(settings, **{**defaults, **theirs})


async def _planned(source: str, place: Place, settings: Settings, seats: int | None, emit: Observer) -> Plan:
    from bulk_importer.datagym.wire.api_token import Token
    from bulk_importer.distributed.planning.planning import make_plan

    asked = replace(settings, at_once=settings.at_once or seats)
    return await make_plan(source, asked, place, token=Token.find(settings.token_file), emit=emit)


async def _worked_on(
    cluster: Cluster, plan: Plan, place: Place, loaded: Loaded, stop: StopSwitch, emit: Observer
) -> ExitCode:
    from bulk_importer.distributed.engines.fleet import import_shards

    try:
        code = await import_shards(cluster, plan, place, _options(place, loaded), stop, emit)
    except BulkImporterError as error:
        messages.complain(str(error))
        return error.exit_code
    return most_important([code, stop.exit_code])


def _options(place: Place, loaded: Loaded) -> FleetOptions:
    from bulk_importer.distributed.engines.fleet import FleetOptions

    common = ("--log-format", "json", "--log-level", "debug", "--report", "none", *_told(loaded))
    return FleetOptions(
        program=_PROGRAM,
        arguments=lambda index: ("work", place.name, "--index", str(index), *common),
        silence_seconds=loaded.settings.lease,
        outage_seconds=loaded.settings.max_outage,
        grace_seconds=loaded.settings.grace + _MORE_GRACE,
        complain=_complaining(),
    )


def _complaining() -> Callable[[int, str], None]:
    """Says what went wrong with a shard; what was said of one already is not said of the others: there may be many."""
    said: set[str] = set()

    def complain(index: int, words: str) -> None:
        if words not in said:
            said.add(words)
            messages.say(f"Shard {index}: {words.replace('bulk-importer: ', '', 1)}", Level.WARNING)

    return complain


def _told(loaded: Loaded) -> list[str]:
    """The flags of the children, for what the plan does not say."""
    told: list[str] = []
    for each in definitions():
        if each.name in _OF_THE_WORKERS and loaded.origins[each.name] != "default":
            value = each.kind.show(getattr(loaded.settings, each.name))
            told += [each.flag, os.path.abspath(value) if each.name in FILES_OF_A_MACHINE else value]
    return told
