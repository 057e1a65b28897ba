"""Finds out which shard a worker is for: from its flag, or from the scheduler that started it.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from bulk_importer.errors import UsageError

__all__ = ["SCHEDULED", "asked_index"]

SCHEDULED = {
    "JOB_COMPLETION_INDEX": "an Indexed Job of Kubernetes",
    "SLURM_ARRAY_TASK_ID": "an array of Slurm",
}
"""Variables in which schedulers say which worker of several it is, and who does."""


def asked_index(given: int | None, environment: Mapping[str, str], shards: int) -> int | None:
    """The index of the shard to work on.

    Args:
        given: what `--index` says.
        shards: how many the plan has.

    Returns:
        None where a scheduler counts further than there are shards: it counts by how many were asked for, and a source
        may have too few entries for as many. There is nothing to do then.

    Raises:
        UsageError: nobody says which, several say different ones, or there is no such shard.
    """
    if given is not None:
        if not 0 <= given < shards:
            raise UsageError(f"--index {given} is not a shard of the plan: it has {_range(shards)}.")
        return given
    said = {name: environment[name] for name in SCHEDULED if environment.get(name)}
    if not said:
        names = " or ".join(SCHEDULED)
        raise UsageError(f"Say which shard: --index N ({_range(shards)}), or the variable {names}.")
    if len(set(said.values())) > 1:
        listed = " and ".join(f"{name} is {value}" for name, value in said.items())
        raise UsageError(f"{listed}, and only one can say which shard is meant. Give --index.")
    name, value = next(iter(said.items()))
    if not (value.isascii() and value.isdecimal()):
        raise UsageError(f"The variable {name} is {value!r}, and an index is a whole number from 0 on.")
    return int(value) if int(value) < shards else None


def _range(shards: int) -> str:
    return "only shard 0" if shards == 1 else f"0 to {shards - 1}"
