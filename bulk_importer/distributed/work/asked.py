"""What is asked of the worker of a shard: the settings of its import.

Pure. The plan says what is imported, how it is checked and sent; the worker, how this machine reaches the server and
what it has for the work; shard and seat, what of the limits is theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from bulk_importer.datagym.reads.project_names import id_in
from bulk_importer.datagym.routes import server_url
from bulk_importer.distributed.values import Plan, Seat, Shard
from bulk_importer.errors import CheckpointMismatch
from bulk_importer.settings import Lines, Settings, definitions
from bulk_importer.settings.fleet import OF_A_WORKER

__all__ = ["OF_THE_MACHINE", "asked_of", "require_same_target"]

_SECTIONS = frozenset({"server", "watching", "output"})
OF_THE_MACHINE = frozenset(
    {each.name for each in definitions() if each.section in _SECTIONS} | OF_A_WORKER | {"max_errors"}
) - {"server", "project"}
"""Settings in which the worker has its own way, where it says them."""


def asked_of(plan: Plan, shard: Shard, seat: Seat, own: Settings, said: Collection[str]) -> Settings:
    """The settings of the import of a shard.

    Args:
        own: what this machine says.
        said: names of those settings that it says, and does not leave at their default.

    Raises:
        UsageError: the plan holds a setting that this program cannot read.
    """
    known = {each.name: each for each in definitions()}
    planned = {
        name: known[name].read(value, "the plan")
        for name, value in plan.settings.items()
        if value is not None and name in known
    }
    mine = {name: getattr(own, name) for name in OF_THE_MACHINE.intersection(said)}
    # How soon it is killed after a signal is a matter of where it runs alone: `grace` is never the plan's.
    theirs = {**_of_the_shard(plan, shard, seat, planned), "grace": own.grace}
    return replace(Settings(**{**planned, **mine}), **{**theirs, **_in_spite(mine)})


def _in_spite(mine: dict[str, Any]) -> dict[str, Any]:
    """What a machine may say in spite of the shard: that more rejections are no reason to end."""
    return {name: value for name, value in mine.items() if name == "max_errors"}


def _of_the_shard(plan: Plan, shard: Shard, seat: Seat, planned: dict[str, Any]) -> dict[str, Any]:
    budget = next(each for each in definitions() if each.name == "max_errors")
    return {
        "server": plan.server,
        "project": plan.project,
        "path": None,
        "lines": (Lines.LINES if plan.lines else Lines.ARRAY).value,
        "checkpoint": None,
        "max_errors": budget.read(shard.max_errors, "the plan"),
        "max_in_flight": seat.max_in_flight,
        "min_in_flight": min(planned.get("min_in_flight", 1), seat.max_in_flight),
        "max_requests_per_second": seat.max_requests_per_second,
        "max_entries_per_second": seat.max_entries_per_second,
        "max_bytes_per_second": seat.max_bytes_per_second,
    }


def require_same_target(plan: Plan, own: Settings) -> None:
    """Raise `CheckpointMismatch` where a worker is told of another server or project than the plan is for."""
    for what, asked, planned in (
        ("server", own.server and server_url(own.server), (plan.server,)),
        ("project", own.project, (plan.project, plan.project_name)),
    ):
        if asked and asked not in planned and id_in(asked) not in planned:
            raise CheckpointMismatch(
                f"The plan was made for the {what} {planned[0]}, and --{what} says {asked}. Nothing was sent. Leave "
                f"--{what} out, or make a plan for it at another place."
            )
