"""A short form of a campaign; the long one is `python -m benchmarks.campaigns.migrate_campaign --kills 200`."""

from __future__ import annotations

import os

import pytest

from benchmarks.campaigns.migrate_campaign import run_campaign


def test_kills_of_a_migration_and_of_both_servers_lose_and_double_no_label() -> None:
    """All three are killed with -9; in the end the two projects hold the same."""
    assert run_campaign(kills=4, seed=2, kills_a_round=4, environment=_environment()).kills >= 4


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_two_hundred_kills_lose_and_double_no_label() -> None:
    """The long form."""
    assert run_campaign(kills=200, seed=1, environment=_environment()).kills >= 200


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BULK_IMPORTER_")}
