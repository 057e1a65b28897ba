"""A short form of the kill campaign; the long one is `python -m benchmarks.campaigns.kill_campaign --kills 1000`."""

from __future__ import annotations

import os

import pytest

from benchmarks.campaigns.kill_campaign import run_campaign


def test_kills_and_lost_answers_lose_and_double_no_label() -> None:
    """Both processes are killed with -9, answers are lost, commits come late: all is delivered, once, in order."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BULK_IMPORTER_")}
    campaign = run_campaign(kills=12, seed=3, kills_a_round=4, environment=environment)
    assert campaign.kills >= 12


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_a_thousand_kills_lose_and_double_no_label() -> None:
    """The long form."""
    assert run_campaign(kills=1000, seed=1).kills >= 1000
