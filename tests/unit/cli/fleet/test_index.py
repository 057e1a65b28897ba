"""Which shard a worker is for is said by its flag, or by one scheduler."""

from __future__ import annotations

import pytest

from bulk_importer.cli.fleet.index import asked_index
from bulk_importer.errors import UsageError


def test_the_flag_comes_before_what_schedulers_say() -> None:
    """A shell loop inside of a job of Kubernetes means what it says."""
    assert asked_index(2, {"JOB_COMPLETION_INDEX": "1"}, 3) == 2


@pytest.mark.parametrize("name", ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"])
def test_a_scheduler_says_which_shard(name: str) -> None:
    """Either variable; one that is empty says nothing."""
    others = {"JOB_COMPLETION_INDEX": "", "SLURM_ARRAY_TASK_ID": ""}
    assert asked_index(None, {**others, name: "1"}, 3) == 1


def test_two_schedulers_that_agree_are_one() -> None:
    """They say the same."""
    assert asked_index(None, {"JOB_COMPLETION_INDEX": "1", "SLURM_ARRAY_TASK_ID": "1"}, 3) == 1


def test_a_scheduler_may_count_further_than_there_are_shards() -> None:
    """A source with ten entries has no 64 shards; the workers that are left have nothing to do, which is no failure."""
    assert asked_index(None, {"JOB_COMPLETION_INDEX": "10"}, 10) is None


@pytest.mark.parametrize(
    ("given", "environment", "said"),
    [
        (None, {}, r"--index N \(0 to 9\), or the variable JOB_COMPLETION_INDEX or SLURM_ARRAY_TASK_ID"),
        (10, {}, "--index 10 is not a shard of the plan: it has 0 to 9"),
        (-1, {}, "--index -1 is not a shard"),
        (
            None,
            {"JOB_COMPLETION_INDEX": "1", "SLURM_ARRAY_TASK_ID": "2"},
            "JOB_COMPLETION_INDEX is 1 and SLURM_ARRAY_TASK_ID is 2",
        ),
        (None, {"SLURM_ARRAY_TASK_ID": "-1"}, "whole number from 0 on"),
    ],
)
def test_what_names_no_shard_is_refused_with_the_range(
    given: int | None, environment: dict[str, str], said: str
) -> None:
    """The message says what there is."""
    with pytest.raises(UsageError, match=said):
        asked_index(given, environment, 10)
