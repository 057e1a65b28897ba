"""A short form of the campaign against workers; the long one is `python -m benchmarks.campaigns.dask_campaign`."""

from __future__ import annotations

import os

import pytest

from benchmarks.campaigns.dask_campaign import run_campaign


@pytest.mark.slow
def test_workers_that_die_freeze_and_lose_their_scheduler_lose_and_double_no_label() -> None:
    """Whatever goes wrong, each media holds in the end what an undisturbed import leaves, and no body came twice."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BULK_IMPORTER_")}
    campaign = run_campaign(1, 5, media=400, shards=6, faults=3, environment=environment)
    assert campaign.faults


@pytest.mark.campaign
@pytest.mark.timeout(14_400)
def test_a_hundred_rounds_lose_and_double_no_label() -> None:
    """The long form: ten thousand media in sixteen shards, each time."""
    assert run_campaign(100, 1).rounds == 100
