"""A short form of the campaign against plans; the long one is `python -m benchmarks.campaigns.fleet_campaign`."""

from __future__ import annotations

import os

import pytest

from benchmarks.campaigns.fleet_campaign import run_campaign


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_workers_that_die_freeze_and_have_other_clocks_lose_and_double_no_label() -> None:
    """One plan is taken back meanwhile, and one imported: the media hold nothing, or what their entries say."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BULK_IMPORTER_")}
    campaign = run_campaign(2, 5, media=100, faults=6, environment=environment)
    assert campaign.faults


@pytest.mark.campaign
@pytest.mark.timeout(14_400)
def test_a_hundred_rounds_lose_and_double_no_label() -> None:
    """The long form."""
    assert run_campaign(100, 1).rounds == 100
